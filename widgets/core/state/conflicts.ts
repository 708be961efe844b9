/**
 * Decisions that were refused because somebody else was faster, kept by item until the person has looked at both.
 *
 * Nothing of one's own is written while a conflict is open. It ends when the person takes one's own again (on top of
 * what stands there now), lets the other's stand, or decides in any other way about the item; until then it is kept
 * in the browser's storage, so that it is there again after a reload.
 */

import type { EditOptions } from "../kernel/outbox";
import type { LiveConflict, Refused } from "../kernel/refusals";
import { type Action, type Cell, type Labels, STATES } from "../kernel/schema";
import { clock } from "../kernel/words";

export class Conflicts {
  private readonly open = new Map<number, LiveConflict>();

  private kept: Refused | null = null;

  /** `order` says in which order of the items positions count now. */
  constructor(
    private readonly changed: () => void,
    private readonly order: () => string,
  ) {}

  /** Take up what was left open for this label store and branch, beside what stands there now. */
  takeUp(kept: Refused, labels: Labels, className: (code: number) => string): void {
    this.kept = kept;
    const left = kept.list(labels.order).filter(({ item }) => !this.open.has(item));
    const now = left.map((each) => ({ ...each, theirs: standing(each.theirs, labels) }));
    const same = now.filter(({ theirs, mine }) => saysTheSame(theirs, mine, className));
    kept.remove(
      same.map(({ item }) => item),
      labels.order,
    );
    for (const each of now) if (!same.includes(each)) this.open.set(each.item, each);
    if (now.length > same.length) this.changed();
  }

  /** Items with an open conflict, the oldest first. */
  get items(): readonly number[] {
    return [...this.open.keys()];
  }

  of(item: number | null): LiveConflict | null {
    return (item === null ? undefined : this.open.get(item)) ?? null;
  }

  add(conflicts: readonly LiveConflict[]): void {
    if (conflicts.length === 0) return;
    for (const conflict of conflicts) this.open.set(conflict.item, conflict);
    this.kept?.put(conflicts, this.order());
    this.changed();
  }

  /** The person has decided about these items. */
  close(items: readonly number[]): void {
    const closed = items.filter((item) => this.open.delete(item));
    if (closed.length === 0) return;
    this.kept?.remove(closed, this.order());
    this.changed();
  }

  /** Other items or another branch: what is open waits, where it is kept, for those of before to come back. */
  clear(): void {
    this.kept = null;
    if (this.open.size === 0) return;
    this.open.clear();
    this.changed();
  }

  /** The items changed once more: what the person is asked about is what stands there now. */
  update(cells: readonly Cell[], className: (code: number) => string): void {
    const fresh = cells.filter((cell) => {
      const known = this.open.get(cell.item);
      return known !== undefined && known.theirs.event !== cell.event;
    });
    for (const theirs of fresh) {
      const { mine } = this.open.get(theirs.item) as LiveConflict;
      if (saysTheSame(theirs, mine, className)) {
        this.open.delete(theirs.item);
        this.kept?.remove([theirs.item], this.order());
        continue;
      }
      const conflict = { item: theirs.item, theirs, mine };
      this.open.set(theirs.item, conflict);
      this.kept?.put([conflict], this.order());
    }
    if (fresh.length > 0) this.changed();
  }
}

/** The cell as it was kept, or as the columns have it where it has changed since: who did that they do not tell. */
function standing(kept: Cell, labels: Labels): Cell {
  const { item } = kept;
  const event = labels.seen.events[String(item)] ?? labels.seen.base;
  if (event === kept.event) return kept;
  return {
    item,
    event,
    label: labels.current[item] ?? -1,
    state: STATES[labels.state[item] ?? 0] ?? "given",
  };
}

/** Whether a cell already is what a decision would have made of it: then there is nothing to choose between. */
export function saysTheSame(
  cell: Cell,
  mine: { action: Action } & EditOptions,
  className: (code: number) => string,
): boolean {
  if (mine.action === "relabel") return cell.state === "relabelled" && className(cell.label) === mine.label;
  // Marks may have other reasons, which the cell does not tell.
  return (
    (mine.action === "keep" && cell.state === "kept") ||
    (mine.action === "leave_out" && cell.state === "left out")
  );
}

/** "ann relabelled it to Sneaker at 10:32 (“it has laces”)". */
export function theirsInWords(theirs: Cell, className: (code: number) => string, it = "it"): string {
  const who = theirs.rater || "somebody";
  const when = theirs.time ? ` at ${clock(theirs.time)}` : "";
  const why = theirs.why ? ` (“${theirs.why}”)` : "";
  const label = className(theirs.label);
  const did = {
    relabelled: `relabelled ${it} to ${label}`,
    kept: `kept ${label} for ${it}`,
    flagged: `marked ${it} for a closer look`,
    "left out": `left ${it} out`,
    given: `took the decision about ${it} back: ${label} again`,
    stale: `decided on ${it} when it had other content: ${label}`,
    conflict: `decided on ${it} before its given label changed: ${label}`,
  }[theirs.state];
  return `${who} ${did}${when}${why}`;
}

/** "chose Sandal", "kept the given label", "marked it ambiguous". */
export function mineInWords(mine: LiveConflict["mine"]): string {
  switch (mine.action) {
    case "relabel":
      return `chose ${mine.label}`;
    case "keep":
      return "kept the given label";
    case "mark":
      return `marked it ${mine.reason || "for a closer look"}`;
    case "leave_out":
      return "left it out";
    case "clear":
      return "took the decision back";
  }
}
