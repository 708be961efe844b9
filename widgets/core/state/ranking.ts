/**
 * Items by how suspicious they are: p_error falling, those without one last, items of the same p_error in their order.
 *
 * A change of some rows moves those rows only: places are found by binary search, and what lies between is shifted.
 * The shift is the one step that is not O(rows · log N): 0.1 ms for 200,000 items (state.bench.ts).
 */

type List = number[] | Int32Array;

/** A list that moves with the rows. */
export interface MovedList {
  list: number[];
  /** Whether it holds a row afterwards. */
  belongs: (item: number) => boolean;
  /** Whether an item stands before another in it; left out, as in the ranking. */
  before?: (a: number, b: number) => boolean;
}

export class Ranking {
  /** All items, worst first. */
  readonly order: Int32Array;
  /** How many items have a p_error: they come first. */
  ranked = 0;

  /** `values` is p_error by item; `move` writes into it. */
  constructor(readonly values: Float32Array) {
    this.order = sorted(values);
    for (const p of values) if (!Number.isNaN(p)) this.ranked++;
  }

  /** Place in the order over all items, 0 = worst. */
  place(item: number): number {
    return this.placeIn(this.order, item);
  }

  /** How many of a list of this order come before an item. */
  placeIn(list: ArrayLike<number>, item: number): number {
    const p = this.values[item] as number;
    return lastBefore(list.length, (at) => this.before(list[at] as number, p, item));
  }

  /** Whether an item is worse than another. */
  precedes(a: number, b: number): boolean {
    return this.before(a, this.values[b] as number, b);
  }

  /** Whether a list of this order holds an item at the place that is the item's. */
  holds(list: ArrayLike<number>, item: number): boolean {
    return list[this.placeIn(list, item)] === item;
  }

  /** Bring items into this order. */
  sort(items: number[]): number[] {
    return sort(items, (a, b) => this.precedes(a, b));
  }

  /** Write new values of rows, each named once, and move these rows, in the other lists too. `write` writes the rest. */
  move(
    rows: ArrayLike<number>,
    values: ArrayLike<number>,
    write: () => void,
    others: readonly MovedList[] = [],
  ): void {
    const items = Array.from(rows);
    const ranked = (a: number, b: number): boolean => this.precedes(a, b);
    const from = placesOf(this.order, items, ranked);
    const fromOthers = others.map(({ list, before }) => placesOf(list, items, before ?? ranked));
    items.forEach((item, i) => {
      const next = values[i] as number;
      this.ranked += Number(!Number.isNaN(next)) - Number(!Number.isNaN(this.values[item]));
      this.values[item] = next;
    });
    write();
    sort(items, ranked);
    exchange(this.order, from, items, ranked);
    others.forEach(({ list, belongs, before }, i) => {
      const held = items.filter(belongs);
      if (before) sort(held, before);
      exchange(list, fromOthers[i] as number[], held, before ?? ranked);
    });
  }

  /** Whether item `a` comes before an item with this p_error. */
  private before(a: number, p: number, item: number): boolean {
    const q = this.values[a] as number;
    if (q > p) return true;
    if (q < p) return false;
    if (q === p) return a < item;
    return Number.isNaN(q) ? Number.isNaN(p) && a < item : true;
  }
}

type Before = (a: number, b: number) => boolean;

function sort(items: number[], before: Before): number[] {
  return items.sort((a, b) => (before(a, b) ? -1 : 1));
}

/** Places of those of the items that a list holds, in ascending order. */
function placesOf(list: ArrayLike<number>, items: readonly number[], before: Before): number[] {
  const places = items.map((item) => {
    const at = lastBefore(list.length, (place) => before(list[place] as number, item));
    return [at, item] as const;
  });
  return places.flatMap(([at, item]) => (list[at] === item ? [at] : [])).sort((a, b) => a - b);
}

/** Take out what stands at some places, and put items in where they belong now; both in order. */
function exchange(list: List, out: readonly number[], items: readonly number[], before: Before): void {
  const rest = list.length - out.length;
  const gaps = out.map((place, i) => place - i);
  const left = (i: number): number =>
    list[i + lastBefore(gaps.length, (g) => (gaps[g] as number) <= i)] as number;
  const into = items.map((item) => lastBefore(rest, (at) => before(left(at), item)));
  const same = out.length === items.length;
  if (same && out.length === 0) return;
  if (Array.isArray(list)) while (list.length < rest + items.length) list.push(0);
  // Of as many as were taken out, those beyond the last change stay where they are.
  const last = items.length - 1;
  const end = same ? 1 + Math.max(out[last] as number, (into[last] as number) + last) : rest + out.length;
  for (const [i, place] of out.entries()) shift(list, place + 1, out[i + 1] ?? end, -i - 1);
  let until = end - out.length;
  for (let i = last; i >= 0; i--) {
    const at = into[i] as number;
    shift(list, at, until, i + 1);
    list[at + i] = items[i] as number;
    until = at;
  }
  if (Array.isArray(list)) list.length = rest + items.length;
}

/** How many places from the beginning pass, where those that pass come first. */
export function lastBefore(length: number, passes: (place: number) => boolean): number {
  let from = 0;
  let to = length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (passes(middle)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Move the elements from `from` to before `to` by so many places. */
function shift(list: List, from: number, to: number, by: number): void {
  if (from >= to) return;
  if (!Array.isArray(list)) list.copyWithin(from + by, from, to);
  else if (by < 0) for (let i = from; i < to; i++) list[i + by] = list[i] as number;
  else for (let i = to - 1; i >= from; i--) list[i + by] = list[i] as number;
}

/** Items in order; sorted as whole numbers made of p_error and item, which takes a tenth of a sort by comparing. */
function sorted(values: Float32Array): Int32Array {
  const n = values.length;
  // The bits of floats are in the floats' order, those of negative ones the other way round.
  const floats = new Float32Array(n);
  const bits = new Int32Array(floats.buffer);
  const keys = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const p = values[i] as number;
    floats[i] = Number.isNaN(p) ? Number.NEGATIVE_INFINITY : p + 0;
    const b = bits[i] as number;
    keys[i] = (b >= 0 ? -b : b & 0x7fffffff) * n + i;
  }
  keys.sort();
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const key = keys[i] as number;
    order[i] = key - Math.floor(key / n) * n;
  }
  return order;
}

/** The same items group by group, in the order of the groups' numbers; within each they keep their order. */
export function grouped(items: readonly number[], groupOf: (item: number) => number): number[] {
  const groups = new Map<number, number[]>();
  for (const item of items) {
    const of = groupOf(item);
    const list = groups.get(of);
    if (list) list.push(item);
    else groups.set(of, [item]);
  }
  return [...groups.keys()].sort((a, b) => a - b).flatMap((of) => groups.get(of) as number[]);
}
