/**
 * The expected-precision dial: how far down the ranking one may go before fewer than so many of the items passed are
 * expected to be wrong. Of the first n items, p_error adds up to the number expected to be wrong: that sum over n is
 * the expected precision, and that sum over the sum of all is the expected recall.
 */
import { MemoryStorage } from "../kernel/outbox";
import type { Scores } from "../kernel/schema";
import { ExpectedErrors } from "./expectedErrors";

export interface Cut {
  /** How many items of the ranking lie above it. */
  count: number;
  /** Expected share of wrong labels among them; NaN above the first item. */
  precision: number;
  /** Expected share of all wrong labels that is among them. */
  recall: number;
}

/** p_error by item and the items worst first, both as they stand now. */
export interface DialRanking {
  order: ArrayLike<number>;
  p_error: Float32Array;
}

const NOTHING: DialRanking = { order: [], p_error: new Float32Array() };

/** Ends of the dial, in per cent. */
export const LEAST = 10;
export const MOST = 99;

export class Dial {
  /** Least expected precision, in whole per cent. */
  target = 80;
  /** Whether the queue ends at the cut. */
  on = false;
  /** Where the cut lies now. */
  cut: Cut = { count: 0, precision: Number.NaN, recall: 0 };
  private expected = new ExpectedErrors();
  private ranking: DialRanking | null = null;
  private place = "";

  constructor(private readonly storage: Storage = tabStorage()) {}

  /** Whether there is a cut to speak of. */
  get ready(): boolean {
    return this.expected.count > 0;
  }

  /** Take new scores; with those of another store comes what the dial was set to there. */
  take(scores: DialRanking & Pick<Scores, "calibrated">, store: string): void {
    this.ranking = scores.calibrated ? scores : null;
    this.expected = new ExpectedErrors(this.ranking?.p_error);
    if (this.place !== store) {
      this.place = store;
      this.recall();
    }
    this.cut = this.at(this.target);
    if (!this.ready) this.on = false;
  }

  /** Some values have changed, and the ranking with them. */
  change(before: ArrayLike<number>, after: ArrayLike<number>): void {
    if (!this.ranking) return;
    for (let i = 0; i < before.length; i++) {
      this.expected.remove(before[i] as number);
      this.expected.add(after[i] as number);
    }
    this.cut = this.at(this.target);
  }

  /** The items were others. */
  clear(): void {
    this.expected = new ExpectedErrors();
    this.ranking = null;
    this.cut = this.at(this.target);
  }

  /** Turn the dial, or only switch it on and off. */
  set(change: { target?: number; on: boolean }): void {
    this.on = change.on && this.ready;
    if (change.target !== undefined) this.target = clamp(change.target);
    this.cut = this.at(this.target);
    try {
      this.storage.setItem(this.key, JSON.stringify({ target: this.target, on: this.on }));
    } catch {
      // No room: the dial is remembered as long as the page.
    }
  }

  /** The farthest cut above which at least `target` per cent are expected to be wrong. */
  at(target: number): Cut {
    // Columns are float32: .9 comes as .8999999.
    const least = target / 100 - 1e-6;
    let { count, sum: above } = this.expected.above(least);
    const { order, p_error } = this.ranking ?? NOTHING;
    for (; count < this.expected.count; count++) {
      const next = above + (p_error[order[count] as number] as number);
      if (next < least * (count + 1)) break;
      above = next;
    }
    const all = this.expected.sum;
    return { count, precision: count > 0 ? above / count : Number.NaN, recall: all > 0 ? above / all : 0 };
  }

  private get key(): string {
    return `data-quality-explorer:dial:${this.place}`;
  }

  private recall(): void {
    try {
      const kept = JSON.parse(this.storage.getItem(this.key) ?? "{}") as { target?: unknown; on?: unknown };
      if (typeof kept.target === "number") this.target = clamp(kept.target);
      this.on = kept.on === true;
    } catch {
      // Another program's or a half-written entry: the dial stays as it is.
    }
  }
}

function clamp(target: number): number {
  return Math.min(MOST, Math.max(LEAST, Math.round(target)));
}

/** What lasts as long as the tab: it outlives a reload, and the next visit begins anew. */
export function tabStorage(): Storage {
  try {
    const storage = globalThis.sessionStorage;
    storage.getItem("data-quality-explorer:probe");
    return storage;
  } catch {
    return new MemoryStorage();
  }
}
