/** The label pairs as a matrix: a row for each given label, a column for each suggested one; a cell is pressed to see them. */

import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";
import { shortName } from "../core/ui/name";
import type { Pair } from "./pairs";

/** Most classes in it: beyond it, those with the most label errors. */
const CLASSES = 25;
const LONGEST = 18;
/** Shares of the colour behind the fewest and the most: more would take the contrast from the number. */
const FAINT = 8;
const STRONG = 44;

/** Make the table of some pairs; `press` hears of a cell. */
export function matrix(
  session: Session,
  pairs: readonly Pair[],
  press: (pair: readonly [number, number]) => void,
): HTMLElement {
  const shown = classesOf(session.classes.length, pairs);
  const by = new Map(pairs.map((pair) => [`${pair.given} ${pair.suggested}`, pair] as const));
  const most = Math.max(1, ...pairs.map((pair) => pair.count));
  const name = (code: number): string => shortName(session.className(code), LONGEST, session.classes);
  const head = (code: number): HTMLElement => {
    const full = session.className(code);
    return h("th", { scope: "col", title: full, aria: { label: full } }, h("span", { text: name(code) }));
  };
  const cell = (given: number, suggested: number): HTMLElement => {
    const found = by.get(`${given} ${suggested}`);
    if (!found) return h("td", { class: given === suggested ? "dqx-matrix-same" : "" });
    const active = session.filter.pair;
    const on = active !== null && active[0] === given && active[1] === suggested;
    const words = `${session.className(given)} → ${session.className(suggested)}`;
    const button = h("button", {
      class: "dqx-matrix-cell",
      type: "button",
      // The list beside it is for the keyboard.
      tabIndex: -1,
      text: count(found.count),
      title: `${words}: ${count(found.count)}, ${count(found.reviewed)} reviewed. Press to show them`,
      data: { dqx: "matrix-cell", given: String(given), suggested: String(suggested) },
      aria: { pressed: String(on), label: `${words}: ${count(found.count)}` },
      on: { click: () => press([given, suggested]) },
    });
    const share = FAINT + (STRONG - FAINT) * Math.sqrt(found.count / most);
    button.style.setProperty("--dqx-share", `${share.toFixed(0)}%`);
    return h("td", {}, button);
  };
  return h(
    "table",
    { class: "dqx-matrix-table", data: { dqx: "matrix" } },
    h("caption", { class: "dqx-muted", text: captionOf(session.classes.length, shown.length) }),
    h("thead", {}, h("tr", {}, h("td"), ...shown.map(head))),
    h(
      "tbody",
      {},
      ...shown.map((given) =>
        h(
          "tr",
          {},
          h("th", { scope: "row", title: session.className(given), text: name(given) }),
          ...shown.map((suggested) => cell(given, suggested)),
        ),
      ),
    ),
  );
}

function captionOf(all: number, shown: number): string {
  const part = shown < all ? `; the ${shown} classes with the most of ${count(all)}` : "";
  return `Rows: given label. Columns: suggested label${part}.`;
}

/** Codes of the classes to show, in their order: all, or those that stand in the most pairs. */
export function classesOf(all: number, pairs: readonly Pair[]): number[] {
  const codes = Array.from({ length: all }, (_, code) => code);
  if (all <= CLASSES) return codes;
  const errors = new Map<number, number>();
  for (const pair of pairs)
    for (const code of [pair.given, pair.suggested]) errors.set(code, (errors.get(code) ?? 0) + pair.count);
  const of = (code: number): number => errors.get(code) ?? 0;
  return codes
    .sort((a, b) => of(b) - of(a) || a - b)
    .slice(0, CLASSES)
    .sort((a, b) => a - b);
}
