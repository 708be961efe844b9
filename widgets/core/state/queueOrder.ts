/** The order of review: every item's rank, the queue that the filter leaves of it, and the way along that queue. */

import type { Labels, Scores } from "../kernel/schema";
import { type Filter, WHOLE } from "./filter";
import { mixed, type Place, unmixed } from "./mixedQueue";
import { grouped, lastBefore, type MovedList, Ranking } from "./ranking";
import type { Members } from "./scopes";
import { Trail } from "./trail";

/** What the queue asks of the review. */
export interface Reviewed {
  labels: Labels | null;
  /** Every so many places of the queue go to a random item; 0 = none. */
  every: number;
  isReviewed(item: number): boolean;
}

const NOBODY: Reviewed = { labels: null, every: 0, isReviewed: () => false };

export class QueueOrder {
  filter: Filter = { scope: "label", cut: null, ...WHOLE, sort: "suspicion", hideReviewed: false };
  /** Items to review in order, after the filter. */
  items: readonly number[] = [];
  /** Those of them that stand where they do because they were drawn at random, in their order. */
  drawn: ReadonlySet<number> = new Set();
  /** How many items of the queue a person has decided on. */
  reviewed = 0;
  /** How many of those that pass the filter a person has decided on. */
  private closed = 0;
  private ranking = new Ranking(new Float32Array());
  private scores: Scores | null = null;
  /** The items that the ranking calls label issues, worst first. */
  private issues: number[] = [];
  /** The items that pass the filter, before random ones are mixed in. */
  private passed: number[] = [];
  /** Places of the items, where they stand as they were named. */
  private named: ReadonlyMap<number, number> | null = null;
  /** How much each item misleads; null until the kernel has said so, and by damage is by suspicion. */
  private harm: Float32Array | null = null;
  /** The items of the scope, where the kernel has made it. */
  private members: Members | null = null;
  /** As the queue was filled with. */
  private given: Int32Array | null = null;
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
  private readonly trail = new Trail();

  /** The items stand in another order: no position of before means the same any more. */
  reset(): void {
    this.filter = { ...this.filter, ...WHOLE };
    this.scores = null;
    this.ranking = new Ranking(new Float32Array());
    this.issues = [];
    this.passed = [];
    this.named = null;
    this.members = null;
    this.harm = null;
    this.given = null;
    this.items = [];
    this.reviewed = 0;
    this.closed = 0;
    this.stand([], new Map());
    this.stood = null;
    this.begin();
  }

  /** Another scope: nobody has been anywhere in it. */
  begin(): void {
    this.anchor = null;
    this.walkedPast.clear();
    this.trail.clear();
  }

  /** Take new scores; `fill` makes the queue of them. */
  rankBy(scores: Scores): void {
    this.scores = scores;
    this.ranking = new Ranking(scores.p_error);
    this.issues = Array.from(this.ranking.order).filter((item) => scores.is_label_issue[item] === 1);
  }

  /** Take the items of the scope that is queued; null for one that the page makes of the columns. `fill` queues them. */
  enter(members: Members | null): void {
    this.members = members;
  }

  /** Take how much each item misleads; `fill` sorts by it. Says whether it was not known before. */
  weigh(harm: Float32Array): boolean {
    const first = this.harm === null;
    this.harm = harm;
    return first;
  }

  /** How many items pass the filter; random ones come on top where they do not. */
  get passing(): number {
    return this.passed.length;
  }

  /** How many of those nobody has decided on. */
  get open(): number {
    return this.passed.length - this.closed;
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

  /** Whether anything narrows the queue besides the scope. */
  get narrowed(): boolean {
    const { pair, label, items, found } = this.filter;
    return pair !== null || label !== null || items !== null || found !== null;
  }

  /** Whether random items belong in the queue: in the label errors, worst first, where nothing else narrows them. */
  get mixes(): boolean {
    const { scope, sort } = this.filter;
    return (
      scope === "label" && sort === "suspicion" && !this.narrowed && (this.scores?.draws.length ?? 0) > 0
    );
  }

  /** Make the queue anew from scores, filter and given labels; false while there are no scores. */
  fill(review: Reviewed = NOBODY): boolean {
    if (!this.scores) return false;
    const { pair, label, items, asNamed, found, sort } = this.filter;
    const passes = (item: number): boolean => this.passes(item, review.labels);
    this.given = review.labels?.given ?? null;
    this.named = items && asNamed ? new Map([...items].map((item, at) => [item, at])) : null;
    const few =
      items && found ? (items.size < found.items.size ? items : found.items) : (items ?? found?.items);
    let passed: number[];
    if (few) {
      passed = [...few].filter(passes);
      passed.sort((a, b) => (this.comesBefore(a, b) ? -1 : 1));
    } else {
      const all = this.inScope();
      passed = pair || label !== null ? Array.prototype.filter.call(all, passes) : Array.from(all);
      if (sort === "row") passed = Array.from(Int32Array.from(passed).sort());
      else if (sort === "class") passed = grouped(passed, (item) => this.classOf(item));
      else if (sort === "damage") passed.sort((a, b) => this.damageOf(b) - this.damageOf(a));
    }
    this.passed = passed;
    this.mix(review);
    this.count(review);
    return true;
  }

  /**
   * Write new values of rows into the scores, and move these rows. `write` writes the columns other than p_error.
   * The rows take O(rows · log N), and one shift of the order; where random items are mixed in, the queue is passed
   * through once, since each of their places follows from those before: 2 ms for 20,000 suspects (state.bench.ts).
   *
   * False where the queue has to be filled anew: a cut is a number of places.
   */
  update(rows: ArrayLike<number>, values: ArrayLike<number>, write: () => void, review: Reviewed): boolean {
    const { scores, passed } = this;
    if (!scores) return false;
    const lists: MovedList[] = [
      { list: this.issues, belongs: (item: number) => scores.is_label_issue[item] === 1 },
    ];
    if (this.filter.cut !== null) {
      this.ranking.move(rows, values, write, lists);
      return false;
    }
    const counts = (belongs: (item: number) => boolean): number =>
      Array.prototype.filter.call(rows, (item: number) => belongs(item) && review.isReviewed(item)).length;
    const belongs = (item: number): boolean => this.passes(item, review.labels);
    const before = counts((item) => passed[this.placeOf(item)] === item);
    lists.push({ list: passed, belongs, before: (a, b) => this.comesBefore(a, b) });
    this.ranking.move(rows, values, write, lists);
    const more = counts(belongs) - before;
    this.reviewed += more;
    this.closed += more;
    if (this.mix(review)) this.count(review);
    return true;
  }

  /** A person has decided on an item of the queue, or taken that back. */
  decided(item: number, was: boolean, is: boolean): void {
    if (was === is) return;
    if (this.position(item) >= 0) this.reviewed += is ? 1 : -1;
    if (this.placeAmong(item) !== null) this.closed += is ? 1 : -1;
  }

  /** Count anew how many items of the queue a person has decided on. */
  count(review: Reviewed): void {
    const decided = (items: readonly number[]): number => {
      let n = 0;
      for (const item of items) if (review.isReviewed(item)) n++;
      return n;
    };
    this.reviewed = decided(this.items);
    this.closed = this.items === this.passed ? this.reviewed : decided(this.passed);
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
    const place = this.placeOf(item);
    return this.passed[place] === item ? place + 1 : null;
  }

  /** Position in the queue, or -1. */
  position(item: number): number {
    const random = this.drawnAt.get(item);
    if (random !== undefined) return (this.before[random] as number) + random;
    const place = this.placeOf(item);
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

  /** A decision on an item led on to another, or to none. */
  goOn(item: number, next: number | null): void {
    this.trail.add(item, next);
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

  /**
   * Walk to the item `by` places from `current` that `pass` does not pass over, along what was decided on where that has
   * led to `current`, else along the queue; null beyond the ends.
   */
  next(current: number | null, by: 1 | -1, pass: (item: number) => boolean): number | null {
    const beside = this.trail.beside(current, by);
    if (beside !== null && this.position(beside) >= 0 && !pass(beside)) {
      this.trail.go(beside);
      return beside;
    }
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

  /** Whether an item passes scope and filter. */
  passes(item: number, labels: Labels | null): boolean {
    const { scores, filter } = this;
    if (!scores || item >= scores.p_error.length) return false;
    const { pair, label, items, found } = filter;
    return (
      this.holds(item, scores) &&
      (!items || items.has(item)) &&
      (!found || found.items.has(item)) &&
      (label === null || labels?.given[item] === label) &&
      (!pair || (labels?.given[item] === pair[0] && scores.suggested[item] === pair[1]))
    );
  }

  /** Whether the scope holds an item. */
  private holds(item: number, scores: Scores): boolean {
    const { scope, cut } = this.filter;
    if (scope === "all") return true;
    if (scope !== "label") return (this.members?.place[item] ?? -1) >= 0;
    if (cut === null) return scores.is_label_issue[item] === 1;
    const { order, ranked } = this.ranking;
    const end = order[Math.min(cut, ranked)];
    return end === undefined || this.ranking.precedes(item, end);
  }

  /** All items of the scope, in its own order. */
  private inScope(): ArrayLike<number> {
    const { scope, cut } = this.filter;
    const { order, ranked } = this.ranking;
    if (scope === "all") return order;
    if (scope !== "label") return this.members?.items ?? [];
    return cut === null ? this.issues : order.subarray(0, Math.min(cut, ranked));
  }

  /** How many items of the queue, without random ones, come before an item. */
  private placeOf(item: number): number {
    const { passed } = this;
    return lastBefore(passed.length, (at) => this.comesBefore(passed[at] as number, item));
  }

  /** Whether an item stands before another as the queue is sorted. */
  private comesBefore(a: number, b: number): boolean {
    const { named, members, filter } = this;
    if (filter.sort === "row") return a < b;
    if (filter.sort === "class") {
      const [one, other] = [this.classOf(a), this.classOf(b)];
      if (one !== other) return one < other;
    }
    if (filter.sort === "damage") {
      const [one, other] = [this.damageOf(a), this.damageOf(b)];
      if (one !== other) return one > other;
    }
    if (named) return (named.get(a) ?? -1) < (named.get(b) ?? -1);
    if (members) return (members.place[a] as number) < (members.place[b] as number);
    return this.ranking.precedes(a, b);
  }

  /** p_error times how much the item misleads; 0 where either is not known. */
  private damageOf(item: number): number {
    return (this.scores?.p_error[item] || 0) * (this.harm?.[item] ?? 0);
  }

  /** Class of the given label; items without one come last. */
  private classOf(item: number): number {
    const code = this.given?.[item] ?? -1;
    return code < 0 ? Number.POSITIVE_INFINITY : code;
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
        const place = this.placeOf(item);
        return this.passed[place] === item ? [place] : [];
      })
      .sort((a, b) => a - b);
  }
}
