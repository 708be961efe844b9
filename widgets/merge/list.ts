/** The conflicts of a merge as rows; only those around the one that is looked at are made. */

import type { MergeConflict } from "../core/kernel/schema";
import { shortId } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";
import { thumbnail } from "../core/ui/preview";
import type { MergeDraft } from "./draft";
import { namedChip } from "./side";
import { outcome } from "./words";

const MOST = 60;

/** Make the list; it follows the merge until the signal ends. */
export function makeList(session: Session, merging: MergeDraft, signal: AbortSignal): HTMLElement {
  const list = h("div", { class: "dqx-merge-list", role: "listbox", hidden: true });
  list.setAttribute("aria-label", "Conflicts");
  let made: readonly MergeConflict[] = [];
  let from = -1;

  const fill = (): void => {
    const conflicts = merging.view?.conflicts ?? [];
    list.hidden = conflicts.length < 2;
    const first = Math.max(0, Math.min(merging.at - MOST / 2, conflicts.length - MOST));
    if (conflicts !== made || first !== from) {
      made = conflicts;
      from = first;
      const last = Math.min(conflicts.length, first + MOST);
      list.replaceChildren(
        ...(first > 0 ? [note(`${count(first)} before`)] : []),
        ...conflicts.slice(first, last).map((each, i) => row(each, first + i)),
        ...(last < conflicts.length ? [note(`${count(conflicts.length - last)} more`)] : []),
      );
    }
    for (const each of list.querySelectorAll<HTMLElement>("[role=option]")) {
      const on = Number(each.dataset.place) === merging.at;
      each.setAttribute("aria-selected", String(on));
      if (on) reveal(list, each);
    }
  };

  const row = (conflict: MergeConflict, place: number): HTMLElement =>
    h(
      "div",
      {
        class: "dqx-merge-row",
        role: "option",
        data: {
          dqx: "merge-conflict",
          place: String(place),
          item: conflict.itemId,
          pick: conflict.pick ?? "",
        },
        on: { click: () => merging.look(place) },
      },
      h("span", {
        class: conflict.pick === null ? "dqx-warn" : "dqx-merge-good",
        text: conflict.pick === null ? "○" : "✓",
        role: "img",
        aria: { label: conflict.pick === null ? "open" : "resolved" },
      }),
      ...what(conflict),
      h(
        "span",
        { class: "dqx-merge-row-labels" },
        half(conflict, "ours"),
        h("span", { class: "dqx-muted", text: "or" }),
        half(conflict, "theirs"),
      ),
      h(
        "span",
        { class: "dqx-merge-row-pick" },
        conflict.pick === "value" ? namedChip(session, outcome(conflict)) : (conflict.pick ?? ""),
      ),
    );

  /** The item: a picture beside its id, or a line of its words. */
  const what = (conflict: MergeConflict): HTMLElement[] => {
    const shown = conflict.item === null ? null : thumbnail(session, conflict.item);
    const id = { text: shortId(conflict.itemId), title: conflict.itemId };
    const box = h("span", { class: "dqx-merge-row-thumb" });
    if (shown && session.hello?.dataset.kind !== "image")
      return [box, h("span", { class: "dqx-merge-row-words", title: conflict.itemId }, shown)];
    if (shown) box.append(shown);
    return [box, h("span", { class: "dqx-cut dqx-muted", ...id })];
  };

  const half = (conflict: MergeConflict, side: "ours" | "theirs"): HTMLElement => {
    const chip = namedChip(session, conflict[side].label);
    if (conflict.pick !== null && conflict.pick !== side) chip.classList.add("dqx-merge-out");
    return chip;
  };

  merging.on("view", fill, signal);
  return list;
}

function note(text: string): HTMLElement {
  return h("div", { class: "dqx-muted dqx-merge-note", text });
}

/** Scroll the list, and only the list, to a row: the page must not jump. */
function reveal(list: HTMLElement, row: HTMLElement): void {
  const top = row.offsetTop - list.offsetTop;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + row.offsetHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = top + row.offsetHeight - list.clientHeight;
}
