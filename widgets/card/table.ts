/** A row of a table on the card: its most telling columns, beside the medians of the classes that it may have. */
import type { Card, Columns } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import type { ItemView } from "./view";

/** Columns where nothing says how many fit. */
const FEW = 8;
const FEWEST = 3;

/** What the reader has asked for, which stays from item to item. */
export interface TableWish {
  all: boolean;
}

export function tableView(session: Session, card: Card, columns: Columns, wish: TableWish): ItemView {
  const pair = card.suggested >= 0 && card.suggested !== card.given;
  const classes = [...(card.given >= 0 ? [card.given] : []), ...(pair ? [card.suggested] : [])];
  const head = h(
    "tr",
    {},
    h("th", { scope: "col", text: `most telling columns (of ${columns.total})` }),
    h("th", { scope: "col", class: "dqx-columns-number", text: "this row" }),
    ...classes.map((code) =>
      h(
        "th",
        {
          scope: "col",
          class: "dqx-columns-number",
          title: `Median of the rows labelled ${session.className(code)}`,
        },
        `${session.className(code)} (median)`,
      ),
    ),
    pair ? h("th", { scope: "col", text: "nearer to" }) : null,
  );
  const rows = columns.columns.map((column) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", text: column.name, title: column.name }),
      h("td", { class: "dqx-columns-number dqx-columns-own", text: column.value, title: column.exact }),
      ...classes.map((code) =>
        h("td", { class: "dqx-columns-number", text: code === card.given ? column.given : column.suggested }),
      ),
      pair
        ? h("td", {
            class: column.nearer === card.suggested ? "dqx-columns-against" : "",
            text: column.nearer < 0 ? "neither" : session.className(column.nearer),
          })
        : null,
    ),
  );
  const body = h("tbody", {}, ...rows);
  const element = h(
    "div",
    {
      class: "dqx-columns",
      tabIndex: 0,
      role: "group",
      data: { dqx: "columns" },
      aria: { label: "columns of the item" },
    },
    h("table", { class: "dqx-columns-table" }, h("thead", {}, head), body),
  );
  const all = h("button", {
    class: "dqx-link",
    type: "button",
    data: { dqx: "all-columns" },
    on: {
      click: () => {
        wish.all = !wish.all;
        measure();
      },
    },
  });

  const measure = (): void => {
    const n = columns.columns.length;
    for (const row of rows) row.hidden = false;
    element.classList.toggle("dqx-columns-all", wish.all);
    const [first] = rows;
    const height = first?.offsetHeight ?? 0;
    // In a place of its own height the table takes that; elsewhere the place is as high as the table.
    const fixed = element.closest(".dqx-explorer") !== null;
    const fits = fixed && height > 0 ? Math.floor((element.clientHeight - head.offsetHeight) / height) : FEW;
    const seen = wish.all ? n : Math.max(FEWEST, fits);
    rows.forEach((row, i) => {
      row.hidden = i >= seen;
    });
    all.hidden = n <= seen && !wish.all;
    const sent = n < columns.total ? `${n} of ${columns.total}` : `all ${n}`;
    all.textContent = wish.all ? "fewer columns" : `${sent} columns`;
    all.setAttribute("aria-expanded", String(wish.all));
    if (!wish.all) element.scrollTop = 0;
  };
  return { element, release() {}, fit: measure, doors: [all] };
}
