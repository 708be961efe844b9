/**
 * What is queued: the filter, the end that the dial sets, items chosen or presented by themselves, and random ones.
 * Every change makes the queue once and tells of it; the order itself is `queueOrder.ts`.
 */
import type { LevelPush, Opened, ScopeName, Scores, ScoresRowsPush } from "../kernel/schema";
import { Disconnected } from "../kernel/transport";
import type { Filter } from "../state/filter";
import type { Place } from "../state/scopePlace";
import type { ReviewState, TellOptions } from "../state/state";

/** What the queue shows, and the item one was at. */
type View = Pick<Filter, "scope" | "cut" | "pair" | "label" | "found"> & { current: number | null };

/** What narrows a scope; each is taken away by itself. */
const NARROWINGS = ["pair", "label", "items", "found"] as const;
export type Narrowing = (typeof NARROWINGS)[number];

/** What makes another queue, which is begun at its first open item: to hide reviewed items does not. */
const OTHER = ["scope", "cut", "sort", ...NARROWINGS] as const;

/** The scope in use is asked for anew when scores have not changed for so long. */
const QUIET_MS = 1000;

export class Queue {
  /** Where the reviewer was before items were queued by themselves; null while none are. */
  private before: View | null = null;
  /** What narrows the queue, the newest last. */
  private narrowings: Narrowing[] = [];
  /** Number of the newest choice of a scope: what comes for another is too late. */
  private turn = 0;
  /** Where to begin when scores come. */
  private wish: Place | null = null;
  private refreshing: ReturnType<typeof setTimeout> | undefined;
  private weighing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly state: ReviewState) {}

  /** Narrow the queue to these items, by rank; none of them leads back to where one was before they were presented. */
  choose(items: readonly number[], { tell = true }: TellOptions = {}): void {
    const { state } = this;
    const back = items.length === 0 ? this.before : null;
    const other = items.length > 0 || state.filter.items !== null;
    this.take(items, { ...(back ? this.viewAgain(back) : {}), asNamed: false });
    if (back && back.current !== null && !state.isReviewed(back.current))
      state.select(back.current, { tell: false });
    else if (other) this.begin({ tell: false });
    if (tell) state.tell("select", { item: state.current, items: [...items] });
  }

  /** Queue these items in the order in which they are named, and no others. */
  present(items: readonly number[], options: TellOptions = {}): void {
    if (items.length === 0) {
      this.choose(items, options);
      return;
    }
    const { state } = this;
    const { scope, cut, pair, label, found } = this.state.order.filter;
    this.before ??= { scope, cut, pair, label, found, current: state.current };
    this.take(items, { scope: "all", pair: null, label: null, found: null, asNamed: true });
    if (state.scores) this.begin({ tell: false });
    else state.select(items.find((item) => !state.isReviewed(item)) ?? items[0] ?? null, { tell: false });
    if (options.tell !== false || state.current !== items[0])
      state.tell("select", { item: state.current, items: [...items] });
  }

  /** Change some of what is queued. A scope that is not here yet is asked for, and everything stays until it is. */
  setFilter(change: Partial<Filter>): void {
    const { scope } = change;
    if (scope === undefined) {
      this.apply(change);
      return;
    }
    this.turn++;
    this.want(null);
    if (this.state.scopes.isReady(scope)) this.apply(change);
    else void this.fetch(scope, change);
  }

  /** Take the newest narrowing away; whether there was one. */
  peel(): boolean {
    const last = this.narrowings.at(-1);
    if (last === undefined) return false;
    if (last === "items") this.choose([]);
    else this.setFilter({ [last]: null });
    return true;
  }

  /** Show a scope that somebody has opened from Python, all of it. */
  open(opened: Opened): void {
    const { scopePlace, hello } = this.state;
    if (hello) scopePlace.take(hello.store.id, undefined);
    if (!scopePlace.isNew(opened)) return;
    scopePlace.keep({ scope: opened.scope, sort: this.state.filter.sort });
    this.setFilter({ scope: opened.scope, pair: null, label: null, items: null, found: null });
  }

  /**
   * The first item left to decide on is the current one; where all are decided on the first, and in an empty queue none:
   * no decision must be about an item of another scope.
   */
  begin(options: TellOptions = {}): void {
    const { state } = this;
    // Before there are scores there is no queue that an item could be outside of.
    if (!state.scores) return;
    const { order } = state;
    order.begin();
    const first = order.items.find((item) => !state.isReviewed(item)) ?? order.items[0] ?? null;
    if (first === state.current && first !== null) order.visit(first);
    state.select(first, options);
  }

  setDial(target: number): void {
    const { dial } = this.state;
    dial.set({ target, on: true });
    if (!dial.on) return;
    this.narrow({ scope: "label", cut: dial.cut.count });
    this.before = null;
    // Whoever turns the dial back and forth stays with an item that is among them all the while.
    const { current, order } = this.state;
    if (current === null || order.position(current) < 0) this.begin();
  }

  setAuditRate(every: number): void {
    this.state.auditRate.set(every);
    this.make();
  }

  /** Queue random items by themselves; `draws` are left to mix in. */
  audit(items: readonly number[], draws: Int32Array): void {
    if (this.state.scores) this.state.scores.draws = draws;
    this.state.asked = new Set([...this.state.asked, ...items]);
    if (items.length > 0) this.present(items);
    else this.make();
    this.state.emit("sample", null);
  }

  /** Take a random sample as the kernel has it: its draws, and all that it has asked about by themselves. */
  takeSample(draws: Int32Array, asked: Iterable<number>): void {
    const { state } = this;
    // Without scores there is no queue yet, and they bring the sample with them.
    if (!state.scores) return;
    state.scores.draws = draws;
    if (this.takeAsked(asked)) this.choose([]);
    else this.make();
    state.emit("sample", null);
    this.refresh();
  }

  /**
   * Ask for the items of the scope to be shown, before the scores are: the one in use, the one that the tab was left at,
   * or one that somebody wishes for in Python.
   */
  async prepare(): Promise<void> {
    const { scopes, scopePlace, hello, filter } = this.state;
    const wish = hello ? scopePlace.take(hello.store.id, hello.opened) : null;
    const scope = wish?.scope ?? filter.scope;
    scopes.stale();
    this.wish = wish ?? this.wish;
    if (scopes.isOwn(scope)) return;
    try {
      await scopes.load(scope);
    } catch (error) {
      if (error instanceof Disconnected) throw error;
      this.state.report(error);
      this.wish = { scope: "label", sort: wish?.sort ?? filter.sort };
    }
  }

  /** Take whole score columns, and the sample with them. */
  takeScores(scores: Scores): void {
    const { state } = this;
    const { order, dial, scopes } = state;
    const over = scores.asked !== undefined && this.takeAsked(scores.asked);
    state.takeScores(scores);
    state.auditRate.take(scores.audit_rate, state.hello?.store.id ?? "");
    const { wish } = this;
    this.wish = null;
    if (wish) {
      if (wish.scope !== "label" && dial.on) dial.set({ on: false });
      order.filter = { ...order.filter, ...wish, cut: null };
    }
    order.enter(scopes.get(order.filter.scope));
    this.followDial();
    if (wish) state.emit("filter", order.filter);
    if (over) this.choose([]);
    else this.make();
    if (order.filter.sort === "damage") void this.weigh();
  }

  /** Take another level: all that is open moves, and who is a suspect is another. */
  takeLevel(change: LevelPush): void {
    const { state } = this;
    state.applyLevel(change);
    state.order.enter(state.scopes.get(state.order.filter.scope));
    this.followDial();
    this.make();
  }

  /** Take the scores of some rows: these rows move, and the rest of the queue stays where it is. */
  takeRows(change: ScoresRowsPush): void {
    const { state } = this;
    const moved = state.applyScores(change);
    if (!moved) {
      this.followDial();
      this.make();
    } else state.emit("queue", state.queue);
    if (change.draws && change.asked) this.takeSample(change.draws, change.asked);
    this.refresh();
  }

  /** The dataset changed: positions of before mean nothing any more. */
  forget(): void {
    this.before = null;
    this.narrowings = [];
    this.turn++;
    this.state.scopes.wanted = null;
    clearTimeout(this.refreshing);
    clearTimeout(this.weighing);
  }

  /** Make the queue anew and tell of it. */
  private make(): void {
    const { order } = this.state;
    if (order.fill(this.state)) this.state.emit("queue", order.items);
  }

  /** Let the queue end where the dial says; where it has nothing to say any more, the suspects are back. */
  private followDial(): void {
    const { dial, order } = this.state;
    const { filter } = order;
    if (dial.on) order.filter = { ...filter, cut: dial.cut.count };
    else if (filter.cut !== null) order.filter = { ...filter, cut: null };
  }

  private take(items: readonly number[], change: Partial<Filter>): void {
    const { state } = this;
    state.chosen = items;
    state.emit("chosen", items);
    this.narrow({ ...change, items: items.length > 0 ? new Set(items) : null });
  }

  private apply(change: Partial<Filter>): void {
    const { state } = this;
    const { filter } = state;
    // Whoever says what to see wants to stay there, and not only with those that were named.
    if (OTHER.some((name) => name !== "sort" && change[name] !== undefined)) this.before = null;
    const whole = change.scope !== undefined && filter.asNamed === true && change.items === undefined;
    const all = whole ? { items: null, ...change } : change;
    const lets = all.items === null && state.chosen.length > 0;
    if (lets) {
      state.chosen = [];
      state.emit("chosen", []);
    }
    this.narrow(all.items === null ? { ...all, asNamed: false } : all);
    const now = state.filter;
    if (change.scope !== undefined || change.sort !== undefined)
      state.scopePlace.keep({ scope: now.scope, sort: now.sort });
    if (OTHER.some((name) => filter[name] !== now[name])) this.begin({ tell: !lets });
    if (lets) state.tell("select", { item: state.current, items: [] });
    if (change.sort === "damage") void this.weigh();
    // What was shown at once is of before the last scores.
    if (change.scope !== undefined && !state.scopes.isFresh(change.scope)) void this.reload(change.scope);
  }

  private narrow(change: Partial<Filter>): void {
    const { state } = this;
    const { order } = state;
    const before = order.filter;
    // A scope as a whole, or the label errors above the cut.
    const other = change.scope !== undefined && change.cut === undefined;
    if (other && state.dial.on) state.dial.set({ on: false });
    order.filter = { ...before, ...(other ? { cut: null } : {}), ...change };
    order.enter(state.scopes.get(order.filter.scope));
    const now = order.filter;
    const news = NARROWINGS.filter((name) => now[name] !== null && now[name] !== before[name]);
    this.narrowings = [
      ...this.narrowings.filter((name) => now[name] !== null && !news.includes(name)),
      ...news,
    ];
    state.emit("filter", now);
    this.make();
  }

  /** Ask for a scope, and show it when it is here, unless another is chosen meanwhile. */
  private async fetch(scope: ScopeName, change: Partial<Filter>): Promise<void> {
    const { turn, state } = this;
    this.want(scope);
    try {
      await state.scopes.load(scope);
    } catch (error) {
      if (turn === this.turn) this.want(null);
      if (!(error instanceof Disconnected)) state.report(error);
      return;
    }
    if (turn !== this.turn) return;
    this.want(null);
    this.apply(change);
  }

  private want(scope: ScopeName | null): void {
    const { scopes } = this.state;
    if (scopes.wanted === scope) return;
    scopes.wanted = scope;
    this.state.emit("scopes", null);
  }

  /** Scopes may hold other items: where the one in use is the kernel's, it is asked for anew, once things rest. */
  refresh(): void {
    const { scopes } = this.state;
    scopes.stale();
    clearTimeout(this.refreshing);
    clearTimeout(this.weighing);
    if (this.state.filter.sort === "damage") this.weighing = setTimeout(() => void this.weigh(), QUIET_MS);
    if (!scopes.isOwn(this.state.filter.scope))
      this.refreshing = setTimeout(() => void this.reload(this.state.filter.scope), QUIET_MS);
  }

  /** Ask how much each item misleads, and sort by it; where nobody can say, the worst come first again. */
  private async weigh(): Promise<void> {
    const { state } = this;
    const of = state.labels?.order;
    try {
      const { harm, why } = await state.damage();
      if (of !== state.labels?.order || state.filter.sort !== "damage") return;
      if (why) {
        state.emit("notice", { kind: "info", text: why });
        this.setFilter({ sort: "suspicion" });
        return;
      }
      const first = state.order.weigh(harm);
      this.make();
      if (first) this.begin();
    } catch (error) {
      if (!(error instanceof Disconnected)) state.report(error);
    }
  }

  private async reload(scope: ScopeName): Promise<void> {
    const { state } = this;
    // Somebody has gone on to a scope that the page makes meanwhile.
    if (state.scopes.isOwn(scope)) return;
    const before = state.scopes.get(scope);
    try {
      const now = await state.scopes.load(scope);
      const same = before !== null && sameItems(before.items, now.items);
      if (state.filter.scope !== scope) return;
      state.order.enter(now);
      if (!same) this.make();
    } catch (error) {
      if (!(error instanceof Disconnected)) state.report(error);
    }
  }

  /** What the filter was; from here on nothing is to be come back to. */
  private viewAgain({ scope, cut, pair, label, found }: View): Partial<Filter> {
    const { dial } = this.state;
    this.before = null;
    const view = { scope, pair, label, found, cut: null };
    if (cut === null) return view;
    dial.set({ on: true });
    return { ...view, cut: dial.on ? dial.cut.count : null };
  }

  /** Note what was asked about; says whether the queue holds an audit of a sample that has ended. */
  private takeAsked(asked: Iterable<number>): boolean {
    const { chosen } = this.state;
    const before = this.state.asked;
    this.state.asked = new Set(asked);
    return (
      chosen.length > 0 &&
      chosen.every((item) => before.has(item)) &&
      !chosen.some((item) => this.state.asked.has(item))
    );
  }
}

function sameItems(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}
