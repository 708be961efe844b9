/**
 * What is queued: the filter, the end that the dial sets, items chosen or presented by themselves, and random ones.
 * Every change makes the queue once and tells of it; the order itself is `queueOrder.ts`.
 */
import type { Scores, ScoresRowsPush } from "../kernel/schema";
import type { Filter } from "../state/queueOrder";
import type { ReviewState, TellOptions } from "../state/state";

/** What the queue shows, and the item one was at. */
type View = Pick<Filter, "suspects" | "cut" | "pair"> & { current: number | null };

/** What makes another scope of the queue: to hide reviewed items does not. */
const SCOPE = ["suspects", "cut", "pair", "items", "found"] as const;

export class Queue {
  /** Where the reviewer was before items were queued by themselves; null while none are. */
  private before: View | null = null;

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
    const { suspects, cut, pair } = this.state.order.filter;
    this.before ??= { suspects, cut, pair, current: state.current };
    this.take(items, { suspects: false, pair: null, found: null, asNamed: true });
    if (state.scores) this.begin({ tell: false });
    else state.select(items.find((item) => !state.isReviewed(item)) ?? items[0] ?? null, { tell: false });
    if (options.tell !== false || state.current !== items[0])
      state.tell("select", { item: state.current, items: [...items] });
  }

  setFilter(change: Partial<Filter>): void {
    const { filter } = this.state;
    // Whoever says what to see wants to stay there.
    if (change.suspects !== undefined || change.cut !== undefined || change.pair !== undefined)
      this.before = null;
    this.narrow(change);
    const now = this.state.filter;
    if (SCOPE.some((name) => filter[name] !== now[name])) this.begin();
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
    this.narrow({ suspects: false, cut: dial.cut.count });
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
  }

  /** Take whole score columns, and the sample with them. */
  takeScores(scores: Scores): void {
    const { state } = this;
    const over = scores.asked !== undefined && this.takeAsked(scores.asked);
    state.takeScores(scores);
    state.auditRate.take(scores.audit_rate, state.hello?.store.id ?? "");
    this.followDial();
    if (over) this.choose([]);
    else this.make();
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
  }

  /** The dataset changed: positions of before mean nothing any more. */
  forget(): void {
    this.before = null;
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
    if (dial.on) order.filter = { ...filter, suspects: false, cut: dial.cut.count };
    else if (filter.cut !== null) order.filter = { ...filter, suspects: true, cut: null };
  }

  private take(items: readonly number[], change: Partial<Filter>): void {
    const { state } = this;
    state.chosen = items;
    state.emit("chosen", items);
    this.narrow({ ...change, items: items.length > 0 ? new Set(items) : null });
  }

  private narrow(change: Partial<Filter>): void {
    const { state } = this;
    const { order } = state;
    // Suspects, all, or those above the cut: one of the three.
    const other = change.suspects !== undefined && change.cut === undefined;
    if (other && state.dial.on) state.dial.set({ on: false });
    order.filter = { ...order.filter, ...(other ? { cut: null } : {}), ...change };
    state.emit("filter", order.filter);
    this.make();
  }

  /** What the filter was; from here on nothing is to be come back to. */
  private viewAgain({ suspects, cut, pair }: View): Partial<Filter> {
    const { dial } = this.state;
    this.before = null;
    if (cut === null) return { suspects, cut, pair };
    dial.set({ on: true });
    return dial.on ? { suspects, cut: dial.cut.count, pair } : { suspects: true, cut: null, pair };
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
