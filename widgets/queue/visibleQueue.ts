/** The queue as it is shown: without the reviewed items where those are hidden, but never without the current one. */
import type { Session } from "../core/session/session";
import { lastBefore } from "../core/state/ranking";

export class VisibleQueue {
  items: readonly number[] = [];
  /** Those of the queue that are shown, where that is not all of it. */
  private some: number[] | null = null;
  private current: number | null = null;

  constructor(private readonly session: Session) {}

  /** Take the queue from the session anew. */
  fill(): void {
    const { queue, filter, current } = this.session;
    this.current = current;
    this.some = filter.hideReviewed ? queue.filter((item) => this.belongs(item)) : null;
    this.items = this.some ?? queue;
  }

  /** Other labels, or another current item: those items come or go, and the rest stays. */
  follow(items: readonly number[] = []): void {
    const { current } = this.session;
    const before = this.current;
    this.current = current;
    if (this.some === null) return;
    for (const item of [...items, before, current]) if (item !== null) this.put(item, this.some);
  }

  /** Place of an item among those shown, or -1. */
  place(item: number): number {
    const position = this.session.position(item);
    if (position < 0 || this.some === null) return position;
    const place = this.placeOf(position, this.some);
    return this.some[place] === item ? place : -1;
  }

  private put(item: number, some: number[]): void {
    const position = this.session.position(item);
    if (position < 0) return;
    const place = this.placeOf(position, some);
    const there = some[place] === item;
    if (there !== this.belongs(item)) some.splice(place, Number(there), ...(there ? [] : [item]));
  }

  private placeOf(position: number, some: readonly number[]): number {
    return lastBefore(some.length, (at) => this.session.position(some[at] as number) < position);
  }

  private belongs(item: number): boolean {
    return item === this.current || !this.session.isReviewed(item);
  }
}
