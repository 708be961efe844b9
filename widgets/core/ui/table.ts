/** A small table that scrolls by itself: the first column names its rows; texts come from data and stay texts. */

import { h } from "./dom";

/** Make it; a cell may be an element. */
export function makeTable(
  label: string,
  head: readonly string[],
  rows: readonly (readonly (string | Node)[])[],
  hook = "",
): HTMLElement {
  const cell = (tag: "th" | "td", content: string | Node): HTMLElement => {
    const text = typeof content === "string" ? content : "";
    return h(
      tag,
      { ...(text ? { title: text } : {}), ...(tag === "th" ? { scope: "row" } : {}) },
      content === "" ? null : content,
    );
  };
  return h(
    "div",
    {
      class: "dqx-table",
      tabIndex: 0,
      role: "group",
      aria: { label },
      ...(hook ? { data: { dqx: hook } } : {}),
    },
    h(
      "table",
      {},
      // A column of buttons has no heading.
      h("thead", {}, h("tr", {}, ...head.map((text) => (text ? h("th", { text, scope: "col" }) : h("td"))))),
      h(
        "tbody",
        {},
        ...rows.map((row) => h("tr", {}, ...row.map((each, i) => cell(i === 0 ? "th" : "td", each)))),
      ),
    ),
  );
}
