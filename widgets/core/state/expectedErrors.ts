/**
 * Sums of p_error from the largest down, kept while single values change: two Fenwick trees over so many steps of
 * p_error, one of counts and one of sums. A change and a question take the logarithm of the steps.
 */

/** Steps of p_error from 1 down to 0. */
const STEPS = 1 << 16;

export class ExpectedErrors {
  /** How many values there are. */
  count = 0;
  /** Expected number of wrong labels among all. */
  sum = 0;
  private readonly counts = new Int32Array(STEPS + 1);
  private readonly sums = new Float64Array(STEPS + 1);

  /** Begin with these values; NaN counts as none. */
  constructor(values: ArrayLike<number> = []) {
    for (let i = 0; i < values.length; i++) {
      const p = values[i] as number;
      if (Number.isNaN(p)) continue;
      this.put(stepOf(p) + 1, 1, p);
      this.count++;
      this.sum += p;
    }
    for (let at = 1; at <= STEPS; at++) {
      const over = at + (at & -at);
      if (over <= STEPS) this.put(over, this.counts[at] as number, this.sums[at] as number);
    }
  }

  /** Add a value; NaN counts as none. */
  add(p: number): void {
    this.change(p, 1);
  }

  /** Take a value away that was added. */
  remove(p: number): void {
    this.change(p, -1);
  }

  /** Of the values from the largest down, as many whole steps as have a mean of at least `least`. */
  above(least: number): { count: number; sum: number } {
    let at = 0;
    let count = 0;
    let sum = 0;
    for (let step = STEPS; step > 0; step >>= 1) {
      if (at + step > STEPS) continue;
      const n = count + (this.counts[at + step] as number);
      const s = sum + (this.sums[at + step] as number);
      // The mean falls from the largest on.
      if (s < least * n) continue;
      at += step;
      count = n;
      sum = s;
    }
    return { count, sum };
  }

  private change(p: number, by: 1 | -1): void {
    if (Number.isNaN(p)) return;
    this.count += by;
    this.sum += by * p;
    for (let at = stepOf(p) + 1; at <= STEPS; at += at & -at) this.put(at, by, by * p);
  }

  private put(at: number, n: number, sum: number): void {
    this.counts[at] = (this.counts[at] as number) + n;
    this.sums[at] = (this.sums[at] as number) + sum;
  }
}

function stepOf(p: number): number {
  return Math.min(STEPS - 1, Math.max(0, Math.floor((1 - p) * STEPS)));
}
