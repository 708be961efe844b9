/** The order of review: every item's rank, the queue that the filter leaves of it, and the way along that queue. */

import type { Labels, Scores } from "../kernel/schema";
import { mixed, type Place, unmixed } from "./mixedQueue";
import { lastBefore, Ranking } from "./ranking";

/** What a search in the explorer was for, and the items that it found. */
export interface Found {
  text: string;
  items: ReadonlySet<number>;
}

export interface Filter {
  /** Only items that the ranking calls label issues. */
  suspects: boolean;
  /** Only the first so many of the ranking; null = no such cut. It takes the place of `suspects`. */
  cut: number | null;
  /** Only this given → suggested pair of class codes. */
  pair: readonly [number, number] | null;
  /** Only these items (a lasso); null = all. */
  items: ReadonlySet<number> | null;
  /** Only what a search has found; null = all. */
  found?: Found | null;
  /** Those items in the order in which they were named (random ones, as they were drawn), not by rank. */
  asNamed?: boolean;
  /** Pass over items that a person has decided on. They keep their place in the queue, so nothing jumps. */
  hideReviewed: boolean;
}

/** What the queue asks of the review. */
export interface Reviewed {
  labels: Labels | null;
  /** Every so many places of the queue go to a random item; 0 = none. */
  every: number;
  isReviewed(item: number): boolean;
}

const NOBODY: Reviewed = { labels: null, every: 0, isReviewed: () => false };

export class QueueOrder {
  filter: Filter = { suspects: true, cut: null, pair: null, items: null, hideReviewed: false };
  /** Items to review in order, after the filter. */
  items: readonly number[] = [];
  /** Those of them that stand where they do because they were drawn at random, in their order. */
  drawn: ReadonlySet<number> = new Set();
  /** How many items of the queue a person has decided on. */
  reviewed = 0;
  private ranking = new Ranking(new Float32Array());
  private scores: Scores | null = null;
  /** The items that the ranking calls label issues, worst first. */
  private issues: number[] = [];
  /** The items that pass the filter, before random ones are mixed in. */
  private passed: number[] = [];
  /** Places in `passed`, where that stands as its items were named and not by rank. */
  private named: ReadonlyMap<number, number> | null = null;
  /** How many items of `passed` stand before each drawn one, in their order; and which places of `passed` they left. */
  private before: readonly number[] = [];
  private gone: readonly number[] = [];
  private drawnAt: ReadonlyMap<number, number> = new Map();
  /** Where random items stood in the queue before; null where there was none. */
  private stood: ReadonlyMap<number, Place> | null = null;
  /** The item of the queue that was current last: a look at an item outside the queue comes back to it. */
  private anchor: number | null = null;
  /** Items that somebody has seen and walked past undecided: they come again after the others. */
  private readonly walkedPast = new Set<number>();

  /** The items stand in another order: no position of before means the same any more. */
  reset(): void {
    this.filter = { ...this.filter, items: null, pair: null, found: null };
    this.scores = null;
    this.ranking = new Ranking(new Float32Array());
    this.issues = [];
    this.passed = [];
    this.named = null;
    this.items = [];
    this.reviewed = 0;
    this.stand([], new Map());
    this.stood = null;
    this.begin();
  }

  /** Another scope: nobody has been anywhere in it. */
  begin(): void {
    this.anchor = null;
    this.walkedPast.clear();
  }

  /** Take new scores; `fill` makes the queue of them. */
  rankBy(scores: Scores): void {
    this.scores = scores;
    this.ranking = new Ranking(scores.p_error);
    this.issues = Array.from(this.ranking.order).filter((item) => scores.is_label_issue[item] === 1);
  }

  /** How many items pass the filter; random ones come on top where they do not. */
  get passing(): number {
    return this.passed.length;
  }

  /** How many items the ranking calls label issues, decided on or not. */
  get suspects(): number {
    return this.issues.length;
  }

  /** How many items have a rank. */
  get ranked(): number {
    return this.ranking.ranked;
  }

  /** All items, worst first. */
  get order(): Int32Array {
    return this.ranking.order;
  }

  /** Whether random items belong in the queue: in the suspects or those above the cut, as nothing else narrows them. */
  get mixes(): boolean {
    const { suspects, cut, pair, items, found } = this.filter;
    return (suspects || cut !== null) && !pair && !items && !found && (this.scores?.draws.length ?? 0) > 0;
  }

  /** Make the queue anew from scores, filter and given labels; false while there are no scores. */
  fill(review: Reviewed = NOBODY): boolean {
    if (!this.scores) return false;
    const { suspects, cut, pair, items, asNamed, found } = this.filter;
    const { order, ranked } = this.ranking;
    const passes = (item: number): boolean => this.passes(item, review.labels);
    if (items && asNamed) {
      this.passed = [...items].filter(passes);
      this.named = new Map(this.passed.map((item, place) => [item, place]));
    } else {
      const first = Math.min(cut ?? 0, ranked);
      const all = cut === null ? (suspects ? this.issues : order) : order.subarray(0, first);
      const among = items ? this.ranking.sort([...items].filter(passes)) : Array.from(all);
      this.passed = pair || found ? among.filter(passes) : among;
      this.named = null;
    }
    this.mix(review);
    this.count(review);
    return true;
  }

  /**
   * Write new values of rows into the scores, and move these rows. `write` writes the columns other than p_error.
   * The rows take O(rows · log N), and one shift of the order; where random items are mixed in, the queue is passed
   * through once, since each of their places follows from those before: 2 ms for 20,000 suspects (state.bench.ts).
   *
   * False where the queue has to be filled anew: a cut is a number of places, and named items are few.
   */
  update(rows: ArrayLike<number>, values: ArrayLike<number>, write: () => void, review: Reviewed): boolean {
    const { scores, passed } = this;
    if (!scores) return false;
    const lists = [{ list: this.issues, belongs: (item: number) => scores.is_label_issue[item] === 1 }];
    if (this.named || this.filter.cut !== null) {
      this.ranking.move(rows, values, write, lists);
      return false;
    }
    const counts = (belongs: (item: number) => boolean): number =>
      Array.prototype.filter.call(rows, (item: number) => belongs(item) && review.isReviewed(item)).length;
    const belongs = (item: number): boolean => this.passes(item, review.labels);
    const before = counts((item) => this.ranking.holds(passed, item));
    this.ranking.move(rows, values, write, [...lists, { list: passed, belongs }]);
    this.reviewed += counts(belongs) - before;
    if (this.mix(review)) this.count(review);
    return true;
  }

  /** A person has decided on an item of the queue, or taken that back. */
  decided(item: number, was: boolean, is: boolean): void {
    if (was !== is && this.position(item) >= 0) this.reviewed += is ? 1 : -1;
  }

  /** Count anew how many items of the queue a person has decided on. */
  count(review: Reviewed): void {
    this.reviewed = 0;
    for (const item of this.items) if (review.isReviewed(item)) this.reviewed++;
  }

  /** Rank over all items, 1 = most suspicious; null without scores, and for an item that has no p_error. */
  rank(item: number): number | null {
    if (!this.scores || Number.isNaN(this.scores.p_error[item] ?? Number.NaN)) return null;
    return this.ranking.place(item) + 1;
  }

  /** Place among the suspects, 1 = most suspicious; null for an item that is none. */
  suspectPlace(item: number): number | null {
    return this.scores?.is_label_issue[item] === 1 ? this.ranking.placeIn(this.issues, item) + 1 : null;
  }

  /** Place among the items that pass the filter, 1 = the first; null for one that does not. */
  placeAmong(item: number): number | null {
    const place = this.named ? (this.named.get(item) ?? -1) : this.ranking.placeIn(this.passed, item);
    return this.passed[place] === item ? place + 1 : null;
  }

  /** Position in the queue, or -1. */
  position(item: number): number {
    const random = this.drawnAt.get(item);
    if (random !== undefined) return (this.before[random] as number) + random;
    const place = this.named ? (this.named.get(item) ?? -1) : this.ranking.placeIn(this.passed, item);
    if (this.passed[place] !== item) return -1;
    const { before, gone } = this;
    const ahead = place - lastBefore(gone.length, (i) => (gone[i] as number) < place);
    return ahead + lastBefore(before.length, (i) => (before[i] as number) <= ahead);
  }

  /** An item has become current. */
  visit(item: number): void {
    this.walkedPast.delete(item);
    if (this.position(item) >= 0) this.anchor = item;
  }

  /** Somebody walks on from an item without a decision. */
  walkPast(item: number): void {
    if (this.position(item) >= 0) this.walkedPast.add(item);
  }

  /**
   * The first `count` items of the order as it is now that are open, wherever somebody stands: what ranks higher since
   * comes first. Those that were walked past come after the others, but for those that do not wait.
   */
  upcoming(count: number, open: (item: number) => boolean, waits: (item: number) => boolean): number[] {
    const found: number[] = [];
    const later: number[] = [];
    for (const item of this.items) {
      if (found.length === count) break;
      if (!open(item)) continue;
      if (this.walkedPast.has(item) && waits(item)) later.push(item);
      else found.push(item);
    }
    return [...found, ...later].slice(0, count);
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

  private passes(item: number, labels: Labels | null): boolean {
    const { scores, filter } = this;
    if (!scores || item >= scores.p_error.length) return false;
    const { suspects, cut, pair, items, found } = filter;
    return (
      (cut === null
        ? !suspects || scores.is_label_issue[item] === 1
        : (this.rank(item) ?? Number.POSITIVE_INFINITY) <= cut) &&
      (!items || items.has(item)) &&
      (!found || found.items.has(item)) &&
      (!pair || (labels?.given[item] === pair[0] && scores.suggested[item] === pair[1]))
    );
  }

  /** Mix random items into what passes the filter; whether there are, or were, any. */
  private mix(review: Reviewed): boolean {
    const draws = this.scores?.draws ?? [];
    const n = this.ranking.order.length;
    const decided = (item: number): boolean => review.isReviewed(item);
    const were = this.drawn.size > 0;
    if (this.mixes && review.every > 0) {
      const { items, drawn, places } = mixed(this.passed, draws, review.every, decided, this.stood, n);
      this.stood = places;
      this.items = drawn.size > 0 ? items : this.passed;
      this.stand([...drawn], places);
    } else {
      this.stood = unmixed(draws, decided, this.stood, n);
      this.items = this.passed;
      this.stand([], this.stood);
    }
    return were || this.drawn.size > 0;
  }

  private stand(drawn: readonly number[], places: ReadonlyMap<number, Place>): void {
    this.drawn = new Set(drawn);
    this.drawnAt = new Map(drawn.map((item, i) => [item, i]));
    this.before = drawn.map((item) => (places.get(item) as Place).before);
    this.gone = drawn
      .flatMap((item) => {
        const place = this.ranking.placeIn(this.passed, item);
        return this.passed[place] === item ? [place] : [];
      })
      .sort((a, b) => a - b);
  }
}
