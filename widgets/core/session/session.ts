/**
 * What a panel sees of one review: the state to read, topics to listen to, and the verbs. A front: each is one line.
 *
 * None of the panels talks to another, and selection never waits for the kernel.
 */
import type { AnyModel } from "@anywidget/types";
import type { EditOptions } from "../kernel/outbox";
import type {
  Action,
  Calls,
  Card,
  Counts,
  EditReply,
  Hello,
  ItemState,
  Labels,
  Layout,
  LeftReply,
  Scores,
  Stage,
} from "../kernel/schema";
import { type CallArgs, Transport } from "../kernel/transport";
import type { AuditRate } from "../state/auditRate";
import type { Conflicts } from "../state/conflicts";
import type { Dial } from "../state/dial";
import { Estimate } from "../state/estimate";
import type { Filter } from "../state/filter";
import type { Picks } from "../state/picks";
import type { Previews } from "../state/previews";
import { ReviewState, type TellOptions } from "../state/state";
import type { Topics } from "../state/topics";
import { Edits } from "./edits";
import { Loader } from "./loader";
import { Queue } from "./queue";
import { QueueView } from "./queueView";
import { Sight } from "./sight";
import type { Unsaved } from "./waiting";

export class Session extends QueueView {
  readonly transport: Transport;
  /** What the person can see; see `actions.ts`. */
  readonly sight: Sight;
  protected readonly state: ReviewState;
  private readonly estimate: Estimate;
  private readonly edits: Edits;
  private readonly reviewQueue: Queue;
  private readonly loader: Loader;

  constructor(readonly review: string) {
    super();
    this.transport = new Transport(
      (push) => void this.loader.heard(push),
      (link) => this.state.emit("kernel", link),
    );
    this.sight = new Sight(this.transport);
    this.state = new ReviewState(this.transport);
    this.estimate = new Estimate(this.state, this.transport);
    this.reviewQueue = new Queue(this.state);
    this.edits = new Edits(this.state, this.transport, () => this.loader.labels());
    this.loader = new Loader(this.state, this.transport, this.edits, this.reviewQueue);
    this.loader.follow();
  }

  /** Connect a widget; the first one loads the review. */
  attach(model: AnyModel, signal: AbortSignal): void {
    this.transport.attach(model, signal);
    if (this.hello) void this.edits.flush();
    else this.loader.begin();
  }

  /** Call a listener at each change of a topic, until the signal ends. */
  on<T extends keyof Topics>(topic: T, listener: (detail: Topics[T]) => void, signal?: AbortSignal): void {
    this.state.on(topic, listener, signal);
  }

  emit<T extends keyof Topics>(topic: T, detail: Topics[T]): void {
    this.state.emit(topic, detail);
  }

  // What is known -------------------------------------------------------------------------------------------------

  get hello(): Hello | null {
    return this.state.hello;
  }

  get labels(): Labels | null {
    return this.state.labels;
  }

  get scores(): Scores | null {
    return this.state.scores;
  }

  get layout(): Layout | null {
    return this.state.layout;
  }

  get stages(): readonly Stage[] {
    return this.state.stages;
  }

  get counts(): Counts | null {
    return this.state.counts;
  }

  /** How many wrong labels are left, as the kernel last said: the one estimate that is shown. */
  get left(): LeftReply | null {
    return this.estimate.left;
  }

  /** Why the estimate could not be made; "" where it was. */
  get leftError(): string {
    return this.estimate.error;
  }

  /** Somebody sees the estimate in one more place, or there no more: it is asked for only while somebody does. */
  seeEstimate(viewer: object, sees: boolean): void {
    this.estimate.see(viewer, sees);
  }

  /** The item that the card shows. */
  get current(): number | null {
    return this.state.current;
  }

  /** The item that the cursor stays on after a decision, since nothing comes after it. */
  get ended(): number | null {
    return this.state.ended;
  }

  get hovered(): number | null {
    return this.state.hovered;
  }

  /** Items chosen by lasso, or queued by themselves. */
  get chosen(): readonly number[] {
    return this.state.chosen;
  }

  /** Items picked in the queue, for one decision on all of them. */
  get picked(): ReadonlySet<number> {
    return this.state.picks.items;
  }

  get picks(): Picks {
    return this.state.picks;
  }

  /** Time of the last acknowledged commit, ISO 8601. */
  get saved(): string | null {
    return this.state.saved;
  }

  /** The reason for the next decision on the current item; "" = none. */
  get reason(): string {
    return this.state.reason;
  }

  /** The "why" typed for the next decision on the current item; it goes when that changes. */
  get note(): string {
    return this.state.note;
  }

  set note(text: string) {
    this.state.note = text;
  }

  /** Decisions that were refused because somebody else was faster. */
  get conflicts(): Conflicts {
    return this.state.conflicts;
  }

  /** How far down the ranking it is worth going; turned by `setDial`. */
  get dial(): Dial {
    return this.state.dial;
  }

  /** How much of the queue is drawn at random; changed by `setAuditRate`. */
  get auditRate(): AuditRate {
    return this.state.auditRate;
  }

  get previews(): Previews {
    return this.state.previews;
  }

  /** Class names by code. */
  get classes(): readonly string[] {
    return this.state.classes;
  }

  className(code: number): string {
    return this.state.className(code);
  }

  stateOf(item: number): ItemState {
    return this.state.stateOf(item);
  }

  /** Whether a person has decided on the item, or has here and that waits to be saved. */
  isReviewed(item: number): boolean {
    return this.state.isReviewed(item);
  }

  /** Whether the newest decision on the item is not on disk yet. */
  isWaiting(item: number): boolean {
    return this.state.unsaved.has(item);
  }

  /** Number of decisions not yet acknowledged. */
  get unsaved(): number {
    return this.edits.waiting;
  }

  /** The decisions that are not on disk yet. */
  get waiting(): Unsaved {
    return this.edits.unsaved;
  }

  // Selection -----------------------------------------------------------------------------------------------------

  select(item: number | null, options: TellOptions = {}): void {
    this.state.select(item, options);
  }

  /** The queue has come to its end with the current item. */
  end(): void {
    this.state.ended = this.state.current;
  }

  hover(item: number | null): void {
    this.state.hover(item);
  }

  /** Choose items by lasso: the queue narrows to them, by rank. */
  choose(items: readonly number[], options: TellOptions = {}): void {
    this.reviewQueue.choose(items, options);
  }

  /** Queue these items and no others, whatever else the filter says; letting go of them leads back to where one was. */
  present(items: readonly number[], options: TellOptions = {}): void {
    this.reviewQueue.present(items, options);
  }

  /** Change what is queued: `setFilter({ scope: "outlier" })`. A scope that is not here yet comes a moment later. */
  setFilter(change: Partial<Filter>): void {
    this.reviewQueue.setFilter(change);
  }

  /** Take away what narrowed the queue last, then what stands out on the map; whether there was anything. */
  peel(): boolean {
    if (this.reviewQueue.peel()) return true;
    if (this.highlighted.size === 0) return false;
    this.highlight([]);
    return true;
  }

  /** Let these items stand out on the map, the others grey; none = all are shown alike. */
  highlight(items: readonly number[]): void {
    this.state.highlight(items);
    this.tell("highlight", { items: [...items] });
  }

  /** Ask how many items each scope holds; says so as the topic `scopes`. */
  countScopes(): Promise<void> {
    return this.loader.countScopes();
  }

  /** Let the queue end where fewer than `target` per cent of its items are expected to be wrong. */
  setDial(target: number): void {
    this.reviewQueue.setDial(target);
  }

  /** Let every so many places of the queue go to a random item; 0 = none. */
  setAuditRate(every: number): void {
    this.reviewQueue.setAuditRate(every);
  }

  /** Queue random items by themselves, in the order in which they were drawn; `draws` are left to mix in. */
  audit(items: readonly number[], draws: Int32Array): void {
    this.reviewQueue.audit(items, draws);
  }

  /** Take a random sample as the kernel has it: what is left to mix in, and every item that was asked about by itself. */
  takeSample(draws: Int32Array, asked: Iterable<number>): void {
    this.reviewQueue.takeSample(draws, asked);
  }

  /** Go `by` places along the queue (skipping reviewed items when asked); stays put at the ends. */
  step(by: 1 | -1, options: { skipReviewed?: boolean } = {}): void {
    this.state.step(by, options);
  }

  /** A decision on an item has led on to another, or to none: the way back leads along decisions. */
  goOn(decided: number, next: number | null): void {
    this.state.order.goOn(decided, next);
  }

  /** The first items left to decide on, besides the current one, in the order in which they come after decisions. */
  upcoming(count: number): number[] {
    return this.state.upcoming(count);
  }

  // Deciding ------------------------------------------------------------------------------------------------------

  /** Relabel, keep, mark or clear items: shown at once, saved durably, taken back on refusal. */
  edit(action: Action, items: readonly number[], options: EditOptions = {}): void {
    this.edits.make(action, items, options);
  }

  /** Attach a reason to the next decision on the current item; "" takes it off. */
  setReason(reason: string): void {
    this.state.setReason(reason);
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

  // Asking the kernel ---------------------------------------------------------------------------------------------

  /** Everything about one item, for the card and the neighbours; asked for once until something about it changes. */
  card(item: number): Promise<Card> {
    return this.state.cards.get(item);
  }

  /** Ask for larger pictures on cards; whether they are larger than before. */
  wantPictures = (pixels: number): boolean => this.state.wantPictures(pixels);

  /** The card as it was last answered, unless it suggests another label than the ranking does now; null = none. */
  lastCard(item: number): Card | null {
    const card = this.state.cards.last(item);
    const suggested = this.state.scores?.suggested[item] ?? card?.suggested;
    return card !== null && (this.isFresh(item) || card.suggested === suggested) ? card : null;
  }

  /** Whether the card is here as it is now. */
  isFresh(item: number): boolean {
    return this.state.cards.isFresh(item);
  }

  cancel(): void {
    this.tell("cancel", {});
  }

  rerun(embedder: string): void {
    this.tell("rerun", { embedder });
  }

  setRater(name: string): Promise<void> {
    return this.loader.setRater(name);
  }

  /** Say something to the kernel and show its refusal, without waiting for the answer. */
  tell<N extends keyof Calls>(call: N, ...args: CallArgs<N>): void {
    this.state.tell(call, ...args);
  }

  report(error: unknown): void {
    this.state.report(error);
  }
}
