/**
 * One review as the page knows it: columns, selection, filter and unsaved edits, shared by every panel of the page.
 *
 * Each widget loads its own copy of the bundle, so sessions live on `globalThis`, one per review. Panels read the
 * public fields, listen to topics, and call the verbs; none talks to another, and selection never asks the kernel.
 */
import type { AnyModel } from "@anywidget/types";
import { AuditRate } from "./auditRate";
import { Cards } from "./cards";
import { Conflicts } from "./conflicts";
import { Dial } from "./dial";
import { type EditOptions, Edits } from "./edits";
import { Emitter } from "./emitter";
import { pageStorage, placeOf } from "./outbox";
import { Previews } from "./previews";
import { type Filter, QueueOrder } from "./queueOrder";
import { Refused } from "./refused";
import type { Notice, Topics } from "./topics";
import { CallError, Disconnected, type Push, Transport } from "./transport";
import type {
  Action,
  Card,
  Counts,
  EditReply,
  Hello,
  HelpedState,
  HistoryEntry,
  Labels,
  Layout,
  Method,
  MethodPage,
  Relations,
  Scores,
  Stage,
} from "./types";
import type { Versions } from "./versions";
import { type Cell, STATES } from "./wire";

export class Session extends Emitter<Topics> {
  hello: Hello | null = null;
  labels: Labels | null = null;
  scores: Scores | null = null;
  layout: Layout | null = null;
  stages: readonly Stage[] = [];
  counts: Counts | null = null;
  current: number | null = null;
  hovered: number | null = null;
  chosen: readonly number[] = [];
  /** Time of the last acknowledged commit, ISO 8601. */
  saved: string | null = null;
  /** The "why" typed for the next decision; it belongs to the current item and goes when that changes. */
  note = "";
  /** The reason for the next decision; like the note, it belongs to the current item. Changed by `setReason`. */
  reason = "";
  /** Decisions that were refused because somebody else was faster. */
  readonly conflicts = new Conflicts(
    () => this.emit("conflicts", this.conflicts.items),
    () => this.labels?.order ?? "",
  );
  /** How far down the ranking it is worth going; turned by `setDial`. */
  readonly dial = new Dial();
  /** How much of the queue is drawn at random; changed by `setAuditRate`. */
  readonly auditRate = new AuditRate();
  readonly transport: Transport;
  readonly previews: Previews;
  readonly cards: Cards;
  private readonly order = new QueueOrder();
  private readonly edits = new Edits(this);
  private loading: Promise<void> | null = null;
  /** Items drawn at random that were asked about by themselves: the queue does not mix them in. */
  private asked: ReadonlySet<number> = new Set();
  /** Where the reviewer was before items were queued by themselves; null while none are. */
  private before: View | null = null;

  constructor(readonly review: string) {
    super();
    this.transport = new Transport((push) => void this.heard(push));
    this.previews = new Previews((items, size) => this.transport.call("previews", { items, size }));
    this.cards = new Cards((item) => this.transport.call("card", { item }));
  }

  /** Connect a widget; the first one loads the review. */
  attach(model: AnyModel, signal: AbortSignal): void {
    this.transport.attach(model, signal);
    if (this.hello) void this.edits.flush();
    else if (!this.loading) void this.reload();
  }

  /** Class names by code. */
  get classes(): readonly string[] {
    return this.hello?.dataset.classes ?? [];
  }

  className(code: number): string {
    return code < 0 ? "unlabelled" : (this.classes[code] ?? `class ${code}`);
  }

  stateOf(item: number): (typeof STATES)[number] {
    return STATES[this.labels?.state[item] ?? 0] ?? "given";
  }

  /** Whether a person has decided on the item. */
  isReviewed(item: number): boolean {
    const state = this.stateOf(item);
    return state !== "given" && state !== "stale";
  }

  get filter(): Filter {
    return this.order.filter;
  }

  /** Items to review in order, after the filter. */
  get queue(): readonly number[] {
    return this.order.items;
  }

  /** Whether random items belong in the queue as it is filtered now. */
  get mixes(): boolean {
    return this.order.mixes;
  }

  /** Items that stand in the queue because they were drawn at random. */
  get drawn(): ReadonlySet<number> {
    return this.order.drawn;
  }

  /** Whether an item was drawn at random, for the queue or for an audit by itself. */
  isRandom(item: number): boolean {
    return this.drawn.has(item) || this.asked.has(item);
  }

  /** How many items pass the filter; random ones come on top where they do not. */
  get passing(): number {
    return this.order.passing;
  }

  /** Rank over all items, 1 = most suspicious; null without scores, and for an item that has no p_error. */
  rank(item: number): number | null {
    return this.order.rank(item);
  }

  /** Position in the queue, or -1. */
  position(item: number): number {
    return this.order.position(item);
  }

  // Selection -----------------------------------------------------------------------------------------------------

  select(item: number | null, options: { tell?: boolean } = {}): void {
    if (item === this.current) return;
    this.current = item;
    this.note = "";
    this.setReason("");
    if (item !== null) this.order.visit(item);
    this.emit("current", item);
    if (options.tell !== false) this.tell("select", { item, items: this.chosen });
  }

  hover(item: number | null): void {
    if (item === this.hovered) return;
    this.hovered = item;
    this.emit("hover", item);
  }

  /** Choose items by lasso: the queue narrows to them, by rank or in the order in which they are named. */
  choose(items: readonly number[], options: { tell?: boolean; asNamed?: boolean } = {}): void {
    this.chosen = items;
    this.emit("chosen", items);
    const back = items.length === 0 ? this.before : null;
    this.narrow({
      ...(back ? this.viewAgain(back) : {}),
      items: items.length ? new Set(items) : null,
      asNamed: options.asNamed === true,
    });
    if (back && back.current !== null) this.select(back.current, { tell: false });
    if (options.tell !== false) this.tell("select", { item: this.current, items });
  }

  /** Queue these items and no others, whatever else the filter says; letting go of them leads back to where one was. */
  present(items: readonly number[], options: { tell?: boolean } = {}): void {
    const { suspects, cut, pair } = this.filter;
    this.before ??= { suspects, cut, pair, current: this.current };
    this.narrow({ suspects: false, pair: null });
    this.choose(items, { ...options, asNamed: true });
    const first = items.find((item) => !this.isReviewed(item)) ?? items[0];
    if (first !== undefined) this.select(first, options);
  }

  /** What the filter was; from here on nothing is to be come back to. */
  private viewAgain({ suspects, cut, pair }: View): Partial<Filter> {
    this.before = null;
    if (cut === null) return { suspects, cut, pair };
    this.dial.set({ on: true });
    return this.dial.on ? { suspects, cut: this.dial.cut.count, pair } : { suspects: true, cut: null, pair };
  }

  setFilter(change: Partial<Filter>): void {
    // Whoever says what to see wants to stay there.
    if (change.suspects !== undefined || change.cut !== undefined || change.pair !== undefined)
      this.before = null;
    this.narrow(change);
  }

  private narrow(change: Partial<Filter>): void {
    // Suspects, all, or those above the cut: one of the three.
    const other = change.suspects !== undefined && change.cut === undefined;
    if (other && this.dial.on) this.dial.set({ on: false });
    this.order.filter = { ...this.filter, ...(other ? { cut: null } : {}), ...change };
    this.emit("filter", this.filter);
    this.makeQueue();
    // The queue had come to its end, or was empty: the first item left to review is the current one again.
    if (this.current === null) this.step(1, { skipReviewed: true });
  }

  /** Let the queue end where fewer than `target` per cent of its items are expected to be wrong. */
  setDial(target: number): void {
    this.dial.set({ target, on: true });
    if (this.dial.on) this.setFilter({ suspects: false, cut: this.dial.cut.count });
  }

  /** Let every so many places of the queue go to a random item; 0 = none. */
  setAuditRate(every: number): void {
    this.auditRate.set(every);
    this.makeQueue();
  }

  /** Take another sample's draws: what was asked about before is no part of it. */
  newSample(draws: Int32Array): void {
    const { asked, chosen } = this;
    if (chosen.length > 0 && chosen.every((item) => asked.has(item))) this.choose([]);
    this.asked = new Set();
    this.audit([], draws);
  }

  /** Queue random items by themselves, in the order in which they were drawn; `draws` are left to mix in. */
  audit(items: readonly number[], draws: Int32Array): void {
    if (this.scores) this.scores.draws = draws;
    this.asked = new Set([...this.asked, ...items]);
    if (items.length > 0) this.present(items);
    else this.makeQueue();
  }

  /** Go `by` places along the queue (skipping reviewed items when asked); stays put at the ends. */
  step(by: 1 | -1, options: { skipReviewed?: boolean } = {}): void {
    const skip = options.skipReviewed || this.filter.hideReviewed;
    const item = this.order.next(this.current, by, (i) => skip && this.isReviewed(i));
    if (item !== null) this.select(item);
  }

  private makeQueue(): void {
    const decided = (item: number): boolean => this.isReviewed(item);
    if (this.order.fill(this.labels, this.auditRate.every, decided)) this.emit("queue", this.queue);
  }

  // Deciding ------------------------------------------------------------------------------------------------------

  /** Relabel, keep, mark or clear items: shown at once, saved durably, taken back on refusal. */
  edit(action: Action, items: readonly number[], options: EditOptions = {}): void {
    this.edits.make(action, items, options);
  }

  /** Attach a reason to the next decision on the current item; "" takes it off. */
  setReason(reason: string): void {
    if (reason === this.reason) return;
    this.reason = reason;
    this.emit("reason", reason);
  }

  /** Take back the newest decision that has not been taken back yet. */
  undo(): Promise<void> {
    return this.edits.undo();
  }

  /** Show what a change has left that a panel had the kernel make (a merge, a revert). */
  accept(reply: EditReply): void {
    this.edits.accept(reply);
  }

  /** Send the decisions that wait; resolves when none does, or when they cannot be saved now. */
  flush(): Promise<void> {
    return this.edits.flush();
  }

  /** Number of decisions not yet acknowledged. */
  get unsaved(): number {
    return this.edits.waiting;
  }

  // Asking the kernel ---------------------------------------------------------------------------------------------

  /** Everything about one item, for the card and the neighbours; asked for once until something about it changes. */
  card(item: number): Promise<Card> {
    return this.cards.get(item);
  }

  /** What a method does, how, when to trust it and where it comes from; "p_error" has a page too. */
  method(name: string): Promise<MethodPage> {
    return this.transport.call("method", { name });
  }

  /** Every method, and how its last run went. */
  methods(): Promise<Method[]> {
    return this.transport.call("methods");
  }

  /** How every stored neighbour relates to an item, over the checkpoints of the model's training. */
  relations(item: number): Promise<Relations> {
    return this.transport.call("relations", { item });
  }

  history(limit: number): Promise<{ entries: HistoryEntry[]; total: number }> {
    return this.transport.call("history", { limit });
  }

  /** A plotly figure as JSON: "label_pairs" or "p_error". */
  figure(
    name: string,
    dark: boolean,
  ): Promise<{ data: unknown[]; layout: Record<string, unknown>; codes?: number[] }> {
    return this.transport.call("figure", { name, dark });
  }

  cancel(): void {
    this.tell("cancel", {});
  }

  rerun(embedder: string): void {
    this.tell("rerun", { embedder });
  }

  embedders(): Promise<{ name: string; about: string; installed: boolean }[]> {
    return this.transport.call("embedders");
  }

  async setRater(name: string): Promise<void> {
    try {
      await this.transport.call("rater", { name });
      if (this.hello) {
        this.hello.rater = name;
        this.emit("hello", this.hello);
      }
    } catch (error) {
      this.report(error);
    }
  }

  /** Say something to the kernel and show its refusal, without waiting for the answer. */
  private tell(call: string, args: Record<string, unknown>): void {
    this.transport.call(call, args).catch((error: unknown) => {
      if (!(error instanceof Disconnected)) this.report(error);
    });
  }

  report(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    const remedy = error instanceof CallError ? error.detail.remedy : "";
    this.emit("notice", { kind: "error", text, remedy });
  }

  // Loading -------------------------------------------------------------------------------------------------------

  private reload(): Promise<void> {
    const loading = this.load().finally(() => {
      if (this.loading === loading) this.loading = null;
    });
    this.loading = loading;
    return loading;
  }

  private async load(): Promise<void> {
    try {
      const hello = await this.transport.call<Hello>("hello");
      const { store } = this.hello ?? {};
      // Another branch or another store: what somebody else did there is no conflict here.
      if (store && (store.id !== hello.store.id || store.branch !== hello.store.branch))
        this.conflicts.clear();
      this.hello = hello;
      this.stages = hello.stages;
      this.counts = hello.counts;
      this.saved = hello.store.saved;
      this.edits.open(hello.store.id, hello.store.branch);
      this.cards.reset();
      this.previews.clear();
      await this.loadLabels();
      this.takeUpConflicts(hello);
      this.emit("hello", hello);
      this.emit("stages", this.stages);
      this.emit("counts", hello.counts);
      await Promise.all([
        hello.ready.layout ? this.loadLayout() : null,
        hello.ready.scores ? this.loadScores() : null,
      ]);
      // Edits left from before a reload are shown with the labels; here they are sent again.
      this.emit("unsaved", this.edits.waiting);
      void this.edits.flush();
    } catch (error) {
      if (!(error instanceof Disconnected)) this.report(error);
    }
  }

  /** Decisions that were refused before a reload are asked about again. */
  private takeUpConflicts(hello: Hello): void {
    const { id, branch } = hello.store;
    const kept = new Refused(placeOf(id, branch), pageStorage());
    if (this.labels) this.conflicts.takeUp(kept, this.labels, (code) => this.className(code));
  }

  /** Take the label columns anew, with the waiting edits on top. */
  async loadLabels(): Promise<void> {
    const labels = await this.transport.call<Labels>("labels");
    const moved = this.labels !== null && this.labels.order !== labels.order;
    this.labels = labels;
    if (moved) this.forgetPositions();
    this.edits.applyWaiting(null);
    this.cards.forget();
    this.emit("labels", null);
    if (!moved) return;
    this.emit("current", null);
    this.emit("hover", null);
    this.emit("chosen", this.chosen);
    this.emit("filter", this.filter);
    this.emit("queue", this.queue);
    // Seen outside a load (after a refusal): the rest has to come anew as well.
    if (!this.loading) void this.reload();
  }

  /** The dataset changed: everything that names items by their position in the order before is void. */
  private forgetPositions(): void {
    this.scores = null;
    this.dial.clear();
    this.layout = null;
    this.current = null;
    this.hovered = null;
    this.chosen = [];
    this.asked = new Set();
    this.before = null;
    this.note = "";
    this.setReason("");
    this.conflicts.clear();
    this.order.reset();
    this.cards.reset();
    this.previews.clear();
  }

  private async loadLayout(): Promise<void> {
    this.layout = await this.transport.call<Layout>("layout");
    this.emit("layout", this.layout);
  }

  private async loadScores(): Promise<void> {
    const scores = await this.transport.call<Scores>("scores");
    this.scores = scores;
    // The page greeted the kernel before anything was scored.
    if (this.hello) this.hello.calibrated = scores.calibrated;
    if (scores.asked) this.asked = new Set(scores.asked);
    this.order.rankBy(scores);
    this.dial.take(scores, this.hello?.store.id ?? "");
    this.auditRate.take(scores.audit_rate, this.hello?.store.id ?? "");
    const { filter } = this;
    if (this.dial.on) this.order.filter = { ...filter, suspects: false, cut: this.dial.cut.count };
    else if (filter.cut !== null) this.order.filter = { ...filter, suspects: true, cut: null };
    this.cards.forget();
    this.makeQueue();
    this.emit("scores", scores);
    if (this.current === null) this.step(1, { skipReviewed: true });
  }

  private async heard(push: Push): Promise<void> {
    try {
      if (push.event === "stages") {
        this.stages = push.stages as Stage[];
        this.emit("stages", this.stages);
      } else if (push.event === "layout") await this.loadLayout();
      else if (push.event === "scores") {
        // Which item comes first depends on what is decided already: not before the labels are there.
        await this.loading;
        if (this.hello) this.hello.trust = (push.trust as string | null) ?? null;
        await this.loadScores();
      } else if (push.event === "cells") {
        this.counts = push.counts as Counts;
        this.saved = push.saved as string;
        if (this.hello) this.hello.dataset.classes = push.classes as string[];
        this.edits.show(push.cells as Cell[]);
        this.emit("counts", this.counts);
      } else if (push.event === "select") {
        const items = push.items as number[] | undefined;
        if (items?.length) this.present(items, { tell: false });
        else if (items) this.choose(items, { tell: false });
        if (push.item !== undefined) this.select(push.item as number | null, { tell: false });
      } else if (push.event === "hello") await this.reload();
      else if (push.event === "versions") {
        const versions = push as unknown as Versions;
        this.emit("versions", versions);
        // Somebody switched branches and no "hello" has said so yet: every label may be another.
        await this.loading;
        if (this.hello && this.hello.store.branch !== versions.branch) await this.reload();
      } else if (push.event === "helped") this.emit("helped", push as unknown as HelpedState);
      else if (push.event === "notice") this.emit("notice", push as unknown as Notice);
    } catch (error) {
      if (!(error instanceof Disconnected)) this.report(error);
    }
  }
}

/** What the queue shows, and the item one was at. */
type View = Pick<Filter, "suspects" | "cut" | "pair"> & { current: number | null };

/** The page's sessions, shared by all copies of the bundle. */
export function sessionOf(review: string): Session {
  const key = Symbol.for("data-quality-explorer.sessions.1");
  const page = globalThis as unknown as Record<symbol, Map<string, Session> | undefined>;
  page[key] ??= new Map();
  let session = page[key].get(review);
  if (!session) {
    session = new Session(review);
    page[key].set(review, session);
  }
  return session;
}
