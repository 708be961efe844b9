/** The order of review: every item's rank, the queue that the filter leaves of it, and the way along that queue. */

import type { Labels, Scores } from "../kernel/types";
import { mixed, type Place } from "./mixing";

export interface Filter {
  /** Only items that the ranking calls label issues. */
  suspects: boolean;
  /** Only the first so many of the ranking; null = no such cut. It takes the place of `suspects`. */
  cut: number | null;
  /** Only this given → suggested pair of class codes. */
  pair: readonly [number, number] | null;
  /** Only these items (a lasso); null = all. */
  items: ReadonlySet<number> | null;
  /** Those items in the order in which they were named (random ones, as they were drawn), not by rank. */
  asNamed?: boolean;
  /** Pass over items that a person has decided on. They keep their place in the queue, so nothing jumps. */
  hideReviewed: boolean;
}

export class QueueOrder {
  filter: Filter = { suspects: true, cut: null, pair: null, items: null, hideReviewed: false };
  /** Items to review in order, after the filter. */
  items: readonly number[] = [];
  /** Those of them that stand where they do because they were drawn at random. */
  drawn: ReadonlySet<number> = new Set();
  /** How many items pass the filter; random ones come on top where they do not. */
  passing = 0;
  /** How many items the ranking calls label issues, decided on or not. */
  suspects = 0;
  /** How many items have a rank. */
  ranked = 0;
  private places = new Map<number, number>();
  /** Where random items stood in the queue before; null where there was none. */
  private stood: ReadonlyMap<number, Place> | null = null;
  private scores: Scores | null = null;
  private ranks = new Int32Array(0);
  /** By item: its place among the suspects, 0 for none. */
  private suspectPlaces = new Int32Array(0);
  /** The item of the queue that was current last: a look at an item outside the queue comes back to it. */
  private anchor: number | null = null;

  /** The items stand in another order: no position of before means the same any more. */
  reset(): void {
    this.filter = { ...this.filter, items: null, pair: null };
    this.items = [];
    this.drawn = new Set();
    this.passing = 0;
    this.places.clear();
    this.stood = null;
    this.scores = null;
    this.ranks = new Int32Array(0);
    this.suspectPlaces = new Int32Array(0);
    this.suspects = 0;
    this.ranked = 0;
    this.anchor = null;
  }

  /** Take new scores; `fill` makes the queue of them. */
  rankBy(scores: Scores): void {
    this.scores = scores;
    this.ranks = new Int32Array(scores.order.length);
    this.suspectPlaces = new Int32Array(scores.order.length);
    this.suspects = 0;
    this.ranked = 0;
    scores.order.forEach((item, place) => {
      this.ranks[item] = place + 1;
      if (scores.is_label_issue[item] === 1) this.suspectPlaces[item] = ++this.suspects;
      if (!Number.isNaN(scores.p_error[item])) this.ranked++;
    });
  }

  /** Whether random items belong in the queue: in the suspects or those above the cut, as nothing else narrows them. */
  get mixes(): boolean {
    const { suspects, cut, pair, items } = this.filter;
    return (suspects || cut !== null) && !pair && !items && (this.scores?.draws.length ?? 0) > 0;
  }

  /**
   * Make the queue anew from scores, filter and given labels, with a random item at every so many places (0 = none);
   * false while there are no scores.
   */
  fill(labels: Labels | null, every = 0, decided: (item: number) => boolean = () => false): boolean {
    const { scores, filter } = this;
    if (!scores) return false;
    const { cut } = filter;
    const keep = (item: number): boolean =>
      (cut === null
        ? !filter.suspects || scores.is_label_issue[item] === 1
        : (this.rank(item) ?? Infinity) <= cut) &&
      (!filter.items || filter.items.has(item)) &&
      (!filter.pair || (labels?.given[item] === filter.pair[0] && scores.suggested[item] === filter.pair[1]));
    const all = filter.items && filter.asNamed ? [...filter.items] : Array.from(scores.order);
    const ranked = all.filter(keep);
    const { items, drawn, places } = mixed(ranked, scores.draws, this.mixes ? every : 0, decided, this.stood);
    this.stood = places;
    this.items = items;
    this.drawn = drawn;
    this.passing = ranked.length;
    this.places = new Map(this.items.map((item, place) => [item, place]));
    return true;
  }

  /** Rank over all items, 1 = most suspicious; null without scores, and for an item that has no p_error. */
  rank(item: number): number | null {
    if (!this.scores || Number.isNaN(this.scores.p_error[item] ?? Number.NaN)) return null;
    return this.ranks[item] ?? null;
  }

  /** Place among the suspects, 1 = most suspicious; null for an item that is none. */
  suspectPlace(item: number): number | null {
    return this.suspectPlaces[item] || null;
  }

  /** Position in the queue, or -1. */
  position(item: number): number {
    return this.places.get(item) ?? -1;
  }

  /** An item has become current. */
  visit(item: number): void {
    if (this.position(item) >= 0) this.anchor = item;
  }

  /** The item `by` places from `current` that `pass` does not pass over; null beyond the ends. */
  next(current: number | null, by: 1 | -1, pass: (item: number) => boolean): number | null {
    let place = current === null ? -1 : this.position(current);
    const anchor = this.anchor === null ? -1 : this.position(this.anchor);
    if (place < 0 && anchor >= 0) place = anchor - by;
    else if (place < 0 && by < 0) return null;
    for (;;) {
      place += by;
      const item = this.items[place];
      if (item === undefined) return null;
      if (!pass(item)) return item;
    }
  }
}
