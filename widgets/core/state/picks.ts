/**
 * Items picked in the queue, for one decision on all of them. They belong to what is queued: another scope lets go of them,
 * and so does an item that leaves the queue, so that nothing is decided on that is not there.
 */
import type { Filter } from "./filter";

/** What narrows the queue; to hide reviewed items, or to sort, does not. */
const BESIDE: ReadonlySet<string> = new Set<keyof Filter | "sort">(["hideReviewed", "sort"]);

export class Picks {
  private readonly picked = new Set<number>();
  /** The item that was picked last by itself: a range begins there. */
  private anchor: number | null = null;
  /** The items that the newest range added: another range from the same place takes its place. */
  private ranged: readonly number[] = [];
  private filter: Filter | null = null;

  /** `changed` hears of every change, after it. */
  constructor(private readonly changed: () => void) {}

  get items(): ReadonlySet<number> {
    return this.picked;
  }

  /** Where a range begins; null = at the current item. */
  get from(): number | null {
    return this.anchor;
  }

  /** Pick an item, or let go of it. */
  toggle(item: number): void {
    const drops = this.picked.delete(item);
    if (!drops) this.picked.add(item);
    this.begin(drops ? null : item);
    this.changed();
  }

  /** Pick the items from one place of a list to another, both included, instead of the range before. */
  range(list: readonly number[], from: number, to: number): void {
    for (const item of this.ranged) this.picked.delete(item);
    const range = list.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.anchor = list[from] ?? null;
    this.ranged = range.filter((item) => !this.picked.has(item) || item === this.anchor);
    for (const item of range) this.picked.add(item);
    this.changed();
  }

  /** Pick these and no others. */
  set(items: Iterable<number>): void {
    const before = this.picked.size;
    this.picked.clear();
    for (const item of items) this.picked.add(item);
    this.begin(null);
    if (before + this.picked.size > 0) this.changed();
  }

  clear(): void {
    this.set([]);
  }

  /** The queue is another, or stands in another order: let go of what is not in it. */
  keep(isQueued: (item: number) => boolean): void {
    let fewer = false;
    for (const item of this.picked)
      if (!isQueued(item)) {
        this.picked.delete(item);
        fewer = true;
      }
    if (fewer) this.changed();
  }

  /** The filter is another: let go of all, unless the same items pass it. */
  follow(filter: Filter): void {
    const before = this.filter;
    this.filter = filter;
    if (before === null || this.picked.size === 0) return;
    const names = new Set([...Object.keys(before), ...Object.keys(filter)]);
    const other = [...names].some(
      (name) => !BESIDE.has(name) && before[name as keyof Filter] !== filter[name as keyof Filter],
    );
    if (other) this.clear();
  }

  private begin(anchor: number | null): void {
    this.anchor = anchor;
    this.ranged = [];
  }
}
