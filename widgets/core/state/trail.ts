/** The way that decisions have taken: scores learn from each of them, so that its item may stand elsewhere in the queue at once. */

/** Steps back that are kept. */
const LONGEST = 200;

export class Trail {
  /** Items that somebody has decided on, in the order of the last decision on each. */
  private items: number[] = [];
  /** The item that came after the last of them; null where nothing did. */
  private head: number | null = null;

  /** A decision on an item led on to another. */
  add(item: number, next: number | null): void {
    this.items = [...this.items.filter((other) => other !== item && other !== next), item].slice(-LONGEST);
    this.head = next;
  }

  /** The item decided on before this one, or the one that came after it; null where the trail ends or does not pass. */
  beside(item: number | null, by: 1 | -1): number | null {
    if (item === null) return null;
    const at = this.items.indexOf(item);
    if (at >= 0) return this.items[at + by] ?? (by > 0 ? this.head : null);
    return item === this.head && by < 0 ? (this.items.at(-1) ?? null) : null;
  }

  clear(): void {
    this.items = [];
    this.head = null;
  }
}
