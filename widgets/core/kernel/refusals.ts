/**
 * Decisions that were refused and that nobody has looked at yet, kept in the browser's own storage beside the outbox.
 *
 * A reload must not lose what somebody decided. They are kept with the order of the items that their positions count
 * in: while the dataset has another order they wait, since the same position means another item there.
 */

import { type EditOptions, upgraded } from "./outbox";
import type { Action, Cell } from "./schema";

/** The oldest beyond so many are let go. */
export const MOST_REFUSED = 200;

/** A decision that was refused because somebody else was faster. */
export interface LiveConflict {
  item: number;
  /** What stands there now, and whose it is. */
  theirs: Cell;
  /** The decision that was refused, with its reason and its why. */
  mine: { action: Action } & EditOptions;
}

type Kept = LiveConflict & { order: string };

export class Refused {
  private readonly key: string;

  /** `place` is the label store and branch, as the outbox names them. */
  constructor(
    place: string,
    private readonly storage: Storage,
  ) {
    this.key = `data-quality-explorer:refused:${place}`;
  }

  /** Those that count in this order of the items, the oldest first. */
  list(order: string): LiveConflict[] {
    return this.stored()
      .filter((each) => each.order === order)
      .map(({ item, theirs, mine }) => ({ item, theirs, mine: upgraded(mine) }));
  }

  /** Keep these; an item has one, the newest. */
  put(conflicts: readonly LiveConflict[], order: string): void {
    const items = new Set(conflicts.map(({ item }) => item));
    const others = this.stored().filter((each) => each.order !== order || !items.has(each.item));
    this.write([...others, ...conflicts.map((each) => ({ ...each, order }))]);
  }

  /** The person has settled these. */
  remove(items: readonly number[], order: string): void {
    const all = this.stored();
    const left = all.filter((each) => each.order !== order || !items.includes(each.item));
    if (left.length < all.length) this.write(left);
  }

  private stored(): Kept[] {
    const text = this.storage.getItem(this.key);
    if (!text) return [];
    try {
      const kept: unknown = JSON.parse(text);
      return Array.isArray(kept) ? (kept as Kept[]).filter((each) => each?.mine && each.theirs) : [];
    } catch {
      // Another program's or a half-written entry: there is nothing to show of it.
      return [];
    }
  }

  /** Store the newest that there is room for; the page itself still shows the others. */
  private write(kept: Kept[]): void {
    for (let n = Math.min(kept.length, MOST_REFUSED); n > 0; n = Math.floor(n / 2))
      try {
        this.storage.setItem(this.key, JSON.stringify(kept.slice(-n)));
        return;
      } catch {
        // No room for so many (QuotaExceededError): try with half of them.
      }
    this.storage.removeItem(this.key);
  }
}
