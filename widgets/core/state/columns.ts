/** Writing into the label columns: an edit that is not acknowledged yet, and what the kernel says stands there. */
import {
  type Action,
  type Cell,
  DECIDED,
  type Edit,
  type ItemState,
  type Labels,
  STATES,
} from "../kernel/schema";

/** By number of the state: whether a person has decided on an item in it. */
export const IS_DECIDED: readonly boolean[] = STATES.map((state) => DECIDED.includes(state));

/** The state that an action leaves. */
const AFTER: Record<Action, ItemState> = {
  relabel: "relabelled",
  keep: "kept",
  mark: "flagged",
  clear: "given",
  leave_out: "left out",
};

/** Show an edit as if it had been saved. */
export function applyEdit(labels: Labels, classes: readonly string[], edit: Edit): void {
  const codes = codesOf(classes, edit);
  const done = actionOn(edit);
  for (const [i, item] of edit.items.entries()) {
    const action = done(item);
    labels.state[item] = STATES.indexOf(AFTER[action]);
    const code = codes(i);
    if (action === "relabel" && code >= 0) labels.current[item] = code;
    if (action === "keep" || action === "clear") labels.current[item] = labels.given[item] ?? -1;
  }
}

/** What an edit does to each of its items: some may be kept while the others are relabelled or left out. */
export function actionOn({ action, kept }: Pick<Edit, "action" | "kept">): (item: number) => Action {
  const keeps = new Set(kept);
  return (item) => (keeps.has(item) ? "keep" : action);
}

/** The class code that an edit gives its i-th item; -1 where that is no class here. */
function codesOf(classes: readonly string[], { label, labels }: Edit): (i: number) => number {
  if (!labels) {
    const code = label === undefined ? -1 : classes.indexOf(label);
    return () => code;
  }
  const code = new Map(classes.map((name, i) => [name, i]));
  return (i) => code.get(labels[i] ?? "") ?? -1;
}

/** Show cells as the kernel has them. */
export function writeCells(labels: Labels, cells: readonly Cell[]): void {
  for (const cell of cells) {
    labels.current[cell.item] = cell.label;
    labels.state[cell.item] = Math.max(0, STATES.indexOf(cell.state));
    labels.seen.events[String(cell.item)] = cell.event;
  }
}

/** What an edit of so many items expects: of those without an event, all by one word. */
export function seenTogether(labels: Labels, items: readonly number[]): Pick<Edit, "expected" | "base"> {
  const { base, events } = labels.seen;
  const expected: Record<string, string> = {};
  for (const item of items) {
    const event = events[String(item)];
    if (event !== undefined) expected[String(item)] = event;
  }
  return { expected, base };
}

/** The event that each item's label was last seen to rest on: an edit names it, and is refused if it is not the last. */
export function lastSeen(labels: Labels, items: readonly number[]): Record<string, string> {
  return Object.fromEntries(
    items.map((item) => [String(item), labels.seen.events[String(item)] ?? labels.seen.base]),
  );
}
