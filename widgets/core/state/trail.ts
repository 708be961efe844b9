/** The way that decisions have taken: scores learn from each of them, so that its item may stand elsewhere in the queue at once. */

/** Steps back that are kept. */
const LONGEST = 200;

export class Trail {
  /** Items that somebody has decided on, in the order of the last decision on each. */
  private items: number[] = [];
  /** The item that came after the last of them; null where nothing did. */
  private head: number | null = null;
  /** The item to which a decision, or a step along the trail, led last: at any other one the queue's order holds. */
  private at: number | null = null;

  /** A decision on an item led on to another. */
  add(item: number, next: number | null): void {
    this.items = [...this.items.filter((other) => other !== item && other !== next), item].slice(-LONGEST);
    this.head = next;
    this.at = next ?? item;
  }

  /** The item decided on before this one, or the one that came after it; null where the trail ends or does not pass. */
  beside(item: number | null, by: 1 | -1): number | null {
    if (item === null || item !== this.at) return null;
    if (item === this.head) return by < 0 ? (this.items.at(-1) ?? null) : null;
    return this.items[this.items.indexOf(item) + by] ?? (by > 0 ? this.head : null);
  }

  /** Somebody went along it, to an item beside the last. */
  go(item: number): void {
    this.at = item;
  }

  clear(): void {
    this.items = [];
    this.head = null;
    this.at = null;
  }
}
