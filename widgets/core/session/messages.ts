/** What the newest action did, in one line, and how to take it back. */
import type { Edit, EditReply } from "../kernel/schema";
import { countOf } from "../kernel/words";
import type { ReviewState } from "../state/state";

/** "cat → dog, U to undo": of a decision on one item, before it is shown. */
export function oneInWords(state: ReviewState, edit: Edit): string {
  const item = edit.items[0] as number;
  const before = state.className(state.labels?.current[item] ?? -1);
  const given = state.className(state.labels?.given[item] ?? -1);
  const did = {
    relabel: `${before} → ${edit.label ?? edit.labels?.[0] ?? ""}`,
    keep: `${given} kept`,
    mark: `marked ${edit.reason || "for a closer look"}`,
    clear: "decision taken back",
    leave_out: `${before} left out`,
  }[edit.action];
  return `${did}, U to undo`;
}

/** "34 labels changed to ship. U takes it back." */
export function manyInWords({ action, items, label, labels, reason, kept = [] }: Edit): string {
  if (kept.length > 0)
    return `${someInWords(action, items.length - kept.length, kept.length, label)}. U takes it back.`;
  const many = countOf(items.length, "label");
  const one = labels && new Set(labels).size === 1 ? labels[0] : label;
  const did = {
    relabel:
      one === undefined ? `${countOf(items.length, "suggestion")} accepted` : `${many} changed to ${one}`,
    keep: `${many} kept`,
    mark: `${countOf(items.length, "item")} marked ${reason || "for a closer look"}`,
    clear: `${countOf(items.length, "decision")} taken back`,
    leave_out: `${countOf(items.length, "item")} left out`,
  }[action];
  return `${did}. U takes it back.`;
}

/** "1 kept, 2 left out", "2 changed to cat, 1 kept": of copies that are decided on together. */
function someInWords(action: Edit["action"], others: number, kept: number, label = ""): string {
  if (action === "relabel") return `${others} changed to ${label}, ${kept} kept`;
  return `${kept} kept, ${others} left out`;
}

/** "dog → cat: taken back", of what an undo has left, before it is shown. */
export function undoneInWords(state: ReviewState, { cells, changed }: EditReply): string {
  const cell = cells[0];
  if (cells.length === 1 && cell) {
    const before = state.className(state.labels?.current[cell.item] ?? -1);
    const after = state.className(cell.label);
    return before === after ? `Taken back: the decision on ${after}.` : `Taken back: ${before} → ${after}.`;
  }
  return `Taken back: ${countOf(changed ?? cells.length, "decision")}.`;
}
