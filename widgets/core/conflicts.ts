/**
 * Decisions that were refused because somebody else was faster, kept by item until the person has looked at both.
 *
 * Nothing of one's own is written while a conflict is open. It ends when the person takes one's own again (on top of
 * what stands there now), lets the other's stand, or decides in any other way about the item.
 */
import type { EditOptions } from "./edits";
import type { Action } from "./types";
import type { Cell } from "./wire";
import { clock } from "./words";

export interface LiveConflict {
  item: number;
  /** What stands there now, and whose it is. */
  theirs: Cell;
  /** The decision that was refused, with its reason and its why. */
  mine: { action: Action } & EditOptions;
}

export class Conflicts {
  private readonly open = new Map<number, LiveConflict>();

  constructor(private readonly changed: () => void) {}

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
    this.changed();
  }

  /** The person has decided about these items. */
  close(items: readonly number[]): void {
    const closed = items.filter((item) => this.open.delete(item));
    if (closed.length > 0) this.changed();
  }

  clear(): void {
    this.close(this.items);
  }

  /** The items changed once more: what the person is asked about is what stands there now. */
  update(cells: readonly Cell[], className: (code: number) => string): void {
    const fresh = cells.filter((cell) => {
      const known = this.open.get(cell.item);
      return known !== undefined && known.theirs.event !== cell.event;
    });
    for (const theirs of fresh) {
      const { mine } = this.open.get(theirs.item) as LiveConflict;
      if (saysTheSame(theirs, mine, className)) this.open.delete(theirs.item);
      else this.open.set(theirs.item, { item: theirs.item, theirs, mine });
    }
    if (fresh.length > 0) this.changed();
  }
}

/** Whether a cell already is what a decision would have made of it: then there is nothing to choose between. */
export function saysTheSame(
  cell: Cell,
  mine: { action: Action } & EditOptions,
  className: (code: number) => string,
): boolean {
  if (mine.action === "relabel") return cell.state === "relabelled" && className(cell.label) === mine.label;
  // Marks may have other reasons, which the cell does not tell.
  return mine.action === "keep" && cell.state === "kept";
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
    case "clear":
      return "took the decision back";
  }
}
