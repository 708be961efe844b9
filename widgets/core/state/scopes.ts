/**
 * The scopes of a review as the page knows them: how many items each holds, and which, of those that were looked at.
 *
 * "label" and "all" are made in the page, of the score columns; the others are asked for once, kept until scores change,
 * and then asked for anew where they are in use. What was answered last is shown until the new answer is here.
 */
import type { ScopeInfo, ScopeItems, ScopeName } from "../kernel/schema";

export interface Members extends ScopeItems {
  /** Place in the scope's own order, by item; -1 = not in it. */
  place: Int32Array;
}

export interface ScopeQuestions {
  items(name: ScopeName): Promise<ScopeItems>;
  counts(): Promise<ScopeInfo[]>;
  /** How many items there are. */
  size(): number;
}

export class Scopes {
  /** Every scope with its counts, as the kernel last said; empty before that. */
  list: readonly ScopeInfo[] = [];
  /** The scope that somebody has chosen and whose items are on their way. */
  wanted: ScopeName | null = null;
  private readonly known = new Map<ScopeName, Members>();
  private readonly fresh = new Set<ScopeName>();
  private readonly asking = new Map<ScopeName, Promise<Members>>();
  /** Other items since: answers of before name other ones. */
  private era = 0;
  /** How often scores have changed. */
  private turn = 0;

  constructor(private readonly ask: ScopeQuestions) {}

  /** Whether the page makes a scope of its own columns. */
  isOwn(name: ScopeName): boolean {
    return name === "label" || name === "all";
  }

  /** Whether a scope can be shown at once. */
  isReady(name: ScopeName): boolean {
    return this.isOwn(name) || this.known.has(name);
  }

  /** The items of a scope as they were last answered; null = never, and for those that the page makes. */
  get(name: ScopeName): Members | null {
    return this.known.get(name) ?? null;
  }

  /** Whether what is known of a scope is of the scores as they stand. */
  isFresh(name: ScopeName): boolean {
    return this.isOwn(name) || this.fresh.has(name);
  }

  /** What is said of a scope; null before the kernel has said it. */
  info(name: ScopeName): ScopeInfo | null {
    return this.list.find((each) => each.name === name) ?? null;
  }

  /** The items that an item is decided on with in a scope, itself among them, in order; empty where it stands alone. */
  setOf(name: ScopeName, item: number): number[] {
    const { items, sets, place } = this.known.get(name) ?? { items: [], sets: null, place: [] };
    const at = place[item] ?? -1;
    if (!sets || at < 0) return [];
    const set = sets[at];
    let from = at;
    let to = at + 1;
    while (from > 0 && sets[from - 1] === set) from--;
    while (to < sets.length && sets[to] === set) to++;
    return to - from > 1 ? Array.from(items.slice(from, to)) : [];
  }

  /** Ask for the items of a scope, unless they are here as they are now. */
  load(name: ScopeName): Promise<Members> {
    const known = this.known.get(name);
    if (known && this.fresh.has(name)) return Promise.resolve(known);
    let asking = this.asking.get(name);
    if (!asking) {
      asking = this.answer(name).finally(() => {
        if (this.asking.get(name) === asking) this.asking.delete(name);
      });
      this.asking.set(name, asking);
    }
    return asking;
  }

  /** Ask how many items each scope holds. */
  async count(): Promise<void> {
    this.list = await this.ask.counts();
  }

  /** Scores have changed: what is known is of before. */
  stale(): void {
    this.turn++;
    this.fresh.clear();
    this.asking.clear();
  }

  /** Other items, or the same in another order. */
  clear(): void {
    this.era++;
    this.stale();
    this.known.clear();
    this.list = [];
  }

  private async answer(name: ScopeName): Promise<Members> {
    const { era, turn } = this;
    const answer = await this.ask.items(name);
    if (era !== this.era) return this.load(name);
    const members = { ...answer, place: placesOf(answer.items, this.ask.size()) };
    this.known.set(name, members);
    // Where scores have changed meanwhile, the answer may be of before.
    if (turn === this.turn) this.fresh.add(name);
    return members;
  }
}

function placesOf(items: Int32Array, size: number): Int32Array {
  const place = new Int32Array(size).fill(-1);
  items.forEach((item, at) => {
    place[item] = at;
  });
  return place;
}
