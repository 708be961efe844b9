/** One decision as a line: the item, old → new, why; a click shows the item everywhere. */

import type { HistoryEntry } from "../core/kernel/schema";
import { shortId } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { thumbnail } from "../core/ui/preview";
import { ARROW, change } from "./words";

/** A sentence in which each half of "old → new" is cut for itself: the new label must not vanish behind a long old one. */
export function changeElement(text: string, halves = true): HTMLElement {
  // Of many items, how many they are and the first change say most.
  const cut = halves ? text.split(ARROW) : [text];
  return h(
    "span",
    { class: "dqx-history-change", title: text },
    ...cut.flatMap((part, i) => [
      i > 0 ? h("span", { text: ARROW }) : null,
      h("span", { class: "dqx-cut", text: part }),
    ]),
  );
}

/** The item's picture; nothing where items have none, or the dataset does not hold it any more. */
export function picture(session: Session, item: number | null): HTMLElement | null {
  if (session.hello?.dataset.kind !== "image") return null;
  return h("span", { class: "dqx-history-thumb" }, item === null ? null : thumbnail(session, item));
}

/** The item as one line: how its text begins where it has one, else its id. */
export function itemElement(session: Session, item: number | null, itemId: string): HTMLElement {
  const id = shortId(itemId);
  const element = h("span", {
    class: "dqx-history-item dqx-muted dqx-cut",
    title: itemId,
    text: item === null ? `${id} (not in this dataset)` : id,
  });
  const kind = session.hello?.dataset.kind;
  if (item !== null && (kind === "text" || kind === "table"))
    session.previews.get(item).then(
      (preview) => {
        if (preview.kind === "text") element.textContent = preview.text;
        else if (preview.kind === "table") element.textContent = preview.cells.map((c) => c[1]).join(" · ");
      },
      () => {}, // The id stands there already.
    );
  return element;
}

/** What selecting and hovering an item's line do. */
export function itemEvents(session: Session, item: number) {
  return {
    pointerenter: () => session.hover(item),
    pointerleave: () => session.hover(null),
  };
}

/** A button that selects the entry's item; plain text where the dataset does not hold it any more. */
export function makeEntry(session: Session, entry: HistoryEntry, said: string): HTMLElement {
  const { item } = entry;
  const reason = entry.op === "flag" ? "" : entry.reason;
  const why = [reason, entry.why && `“${entry.why}”`].filter(Boolean).join(" · ");
  const cells = [
    picture(session, item),
    changeElement(change(entry)),
    itemElement(session, item, entry.itemId),
    h("span", {
      class: "dqx-history-why dqx-muted dqx-cut",
      // What was said of the whole commit stands above already.
      text: why === said ? "" : why,
      title: entry.why,
    }),
  ];
  if (item === null)
    return h("div", { class: "dqx-history-entry", data: { dqx: "history-entry" } }, ...cells);
  return h(
    "button",
    {
      class: "dqx-history-entry",
      type: "button",
      tabIndex: -1,
      data: { dqx: "history-entry", item: String(item), op: entry.op },
      on: { click: () => session.select(item), ...itemEvents(session, item) },
    },
    ...cells,
  );
}
