/**
 * One review as the page knows it: columns, selection, filter and unsaved edits, shared by every panel of the page.
 *
 * Each widget loads its own copy of the bundle, so sessions live on `globalThis`, one per review. Panels read the
 * public fields, listen to topics, and call the verbs; none talks to another, and selection never asks the kernel.
 */
import type { AnyModel } from "@anywidget/types";
import { CallError, Disconnected, Transport } from "../kernel/transport";
import type {
  Action,
  Card,
  Counts,
  EditReply,
  Hello,
  HistoryEntry,
  Labels,
  Layout,
  Method,
  MethodPage,
  Relations,
  Scores,
  Stage,
} from "../kernel/types";
import { STATES } from "../kernel/wire";
import { AuditRate } from "../state/auditRate";
import { Cards } from "../state/cards";
import { Conflicts } from "../state/conflicts";
import { Dial } from "../state/dial";
import { Emitter } from "../state/emitter";
import { Previews } from "../state/previews";
import type { Filter } from "../state/queueOrder";
import type { Topics } from "../state/topics";
import { type EditOptions, Edits } from "./edits";
import { Loading } from "./loading";
import { Queueing, type Telling } from "./queue";

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
  /** For what loads and edits; panels call the verbs below. */
  readonly queueing = new Queueing(this);
  readonly edits = new Edits(this);
  private readonly loading = new Loading(this);

  constructor(readonly review: string) {
    super();
    this.transport = new Transport((push) => void this.loading.heard(push));
    this.previews = new Previews((items, size) => this.transport.call("previews", { items, size }));
    this.cards = new Cards((item) => this.transport.call("card", { item }));
  }

  /** Connect a widget; the first one loads the review. */
  attach(model: AnyModel, signal: AbortSignal): void {
    this.transport.attach(model, signal);
    if (this.hello) void this.edits.flush();
    else this.loading.begin();
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
    return this.queueing.order.filter;
  }

  /** Items to review in order, after the filter. */
  get queue(): readonly number[] {
    return this.queueing.order.items;
  }

  /** Whether random items belong in the queue as it is filtered now. */
  get mixes(): boolean {
    return this.queueing.order.mixes;
  }

  /** Items that stand in the queue because they were drawn at random. */
  get drawn(): ReadonlySet<number> {
    return this.queueing.order.drawn;
  }

  /** Whether an item was drawn at random, for the queue or for an audit by itself. */
  isRandom(item: number): boolean {
    return this.drawn.has(item) || this.queueing.asked.has(item);
  }

  /** How many items pass the filter; random ones come on top where they do not. */
  get passing(): number {
    return this.queueing.order.passing;
  }

  /** Rank over all items, 1 = most suspicious; null without scores, and for an item that has no p_error. */
  rank(item: number): number | null {
    return this.queueing.order.rank(item);
  }

  /** How many items the ranking calls label issues, decided on or not: the one count of suspects that is shown. */
  get suspects(): number {
    return this.queueing.order.suspects;
  }

  /** An item's place among the suspects, 1 = most suspicious; null where it is none. */
  suspectPlace(item: number): number | null {
    return this.queueing.order.suspectPlace(item);
  }

  /** How many items have a rank. */
  get ranked(): number {
    return this.queueing.order.ranked;
  }

  /** Position in the queue, or -1. */
  position(item: number): number {
    return this.queueing.order.position(item);
  }

  // Selection -----------------------------------------------------------------------------------------------------

  select(item: number | null, options: Telling = {}): void {
    if (item === this.current) return;
    this.current = item;
    this.note = "";
    this.setReason("");
    if (item !== null) this.queueing.order.visit(item);
    this.emit("current", item);
    if (options.tell !== false) this.tell("select", { item, items: this.chosen });
  }

  hover(item: number | null): void {
    if (item === this.hovered) return;
    this.hovered = item;
    this.emit("hover", item);
  }

  /** Choose items by lasso: the queue narrows to them, by rank. */
  choose(items: readonly number[], options: Telling = {}): void {
    this.queueing.choose(items, options);
  }

  /** Queue these items and no others, whatever else the filter says; letting go of them leads back to where one was. */
  present(items: readonly number[], options: Telling = {}): void {
    this.queueing.present(items, options);
  }

  setFilter(change: Partial<Filter>): void {
    this.queueing.setFilter(change);
  }

  /** Let the queue end where fewer than `target` per cent of its items are expected to be wrong. */
  setDial(target: number): void {
    this.queueing.setDial(target);
  }

  /** Let every so many places of the queue go to a random item; 0 = none. */
  setAuditRate(every: number): void {
    this.queueing.setAuditRate(every);
  }

  /** Queue random items by themselves, in the order in which they were drawn; `draws` are left to mix in. */
  audit(items: readonly number[], draws: Int32Array): void {
    this.queueing.audit(items, draws);
  }

  /** Take a random sample as the kernel has it: what is left to mix in, and every item that was asked about by itself. */
  takeSample(draws: Int32Array, asked: Iterable<number>): void {
    this.queueing.takeSample(draws, asked);
  }

  /** Go `by` places along the queue (skipping reviewed items when asked); stays put at the ends. */
  step(by: 1 | -1, options: { skipReviewed?: boolean } = {}): void {
    const skip = options.skipReviewed || this.filter.hideReviewed;
    const item = this.queueing.order.next(this.current, by, (i) => skip && this.isReviewed(i));
    if (item !== null) this.select(item);
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

  /** Take the label columns anew, as the kernel has them. */
  loadLabels(): Promise<void> {
    return this.loading.labels();
  }

  /** Say something to the kernel and show its refusal, without waiting for the answer. */
  tell(call: string, args: Record<string, unknown>): void {
    this.transport.call(call, args).catch((error: unknown) => {
      if (!(error instanceof Disconnected)) this.report(error);
    });
  }

  report(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    const remedy = error instanceof CallError ? error.detail.remedy : "";
    this.emit("notice", { kind: "error", text, remedy });
  }
}

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
