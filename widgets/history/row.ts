/** One decision of the history as a row. */
import { h } from "../core/dom";
import { thumbnail } from "../core/preview";
import type { Session } from "../core/session";
import type { HistoryEntry } from "../core/types";
import { clock, shortId } from "../core/words";

const ARROW = " → ";

/** What an entry did, in words. */
export function change(entry: HistoryEntry): string {
  const was = entry.old ?? "unlabelled";
  const undone = entry.kind === "revert" ? "undone: " : "";
  switch (entry.op) {
    case "keep":
      return `${undone}${entry.new ?? entry.old ?? "label"} kept`;
    case "flag":
      return `${undone}marked ${entry.reason || "for a closer look"}`;
    case "clear":
      return `${undone}${entry.new === null ? "decision taken back" : `back to ${entry.new}`}`;
    case "set":
      return `${undone}${was}${ARROW}${entry.new ?? "unlabelled"}`;
  }
}

/** A button that selects the entry's item; plain text where the dataset does not hold it any more. */
export function makeRow(session: Session, entry: HistoryEntry): HTMLElement {
  const reason = entry.op === "flag" ? "" : entry.reason;
  const item = entry.item;
  const cells = [
    h("time", { class: "dqx-muted", dateTime: entry.time, title: entry.time, text: clock(entry.time) }),
    h("span", { class: "dqx-history-thumb" }, item === null ? null : thumbnail(session, item)),
    h(
      "span",
      { class: "dqx-history-change", title: change(entry) },
      // Each half is cut for itself: the new label must not vanish behind a long old one.
      ...change(entry)
        .split(ARROW)
        .flatMap((part, i) => [
          i > 0 ? h("span", { text: ARROW }) : null,
          h("span", { class: "dqx-cut", text: part }),
        ]),
    ),
    h("span", {
      class: "dqx-history-why dqx-muted dqx-cut",
      text: [reason, entry.why && `“${entry.why}”`].filter(Boolean).join(" · "),
      title: entry.why,
    }),
    h("span", {
      class: "dqx-history-item dqx-muted dqx-cut",
      text: item === null ? `${shortId(entry.itemId)} (not in this dataset)` : shortId(entry.itemId),
      title: entry.itemId,
    }),
    h("span", { class: "dqx-history-rater dqx-muted dqx-cut", text: entry.rater, title: entry.rater }),
  ];
  if (item === null) return h("div", { class: "dqx-history-row", data: { dqx: "history-row" } }, ...cells);
  return h(
    "button",
    {
      class: "dqx-history-row",
      type: "button",
      data: { dqx: "history-row", item: String(item), op: entry.op },
      on: {
        click: () => session.select(item),
        pointerenter: () => session.hover(item),
        pointerleave: () => session.hover(null),
      },
    },
    ...cells,
  );
}
