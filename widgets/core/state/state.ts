/**
 * One review as the page knows it: columns, counts, selection, filter and queue, and the topics that tell of changes.
 *
 * Whoever changes a field emits its topic. The kernel is told of a selection and nothing else from here.
 */

import {
  type Calls,
  type Cell,
  type Counts,
  type Edit,
  type Hello,
  type ItemState,
  type Labels,
  type Layout,
  type LevelPush,
  type Scores,
  type ScoresRowsPush,
  STATES,
  type Stage,
} from "../kernel/schema";
import { type CallArgs, CallError, Disconnected, type Transport } from "../kernel/transport";
import { AuditRate } from "./auditRate";
import { Cards } from "./cards";
import { applyEdit, IS_DECIDED, writeCells } from "./columns";
import { Conflicts } from "./conflicts";
import { Dial } from "./dial";
import { Emitter } from "./emitter";
import type { Filter } from "./filter";
import { atLevel } from "./level";
import { Picks } from "./picks";
import { Previews } from "./previews";
import { QueueOrder } from "./queueOrder";
import { ScopePlace } from "./scopePlace";
import { Scopes } from "./scopes";
import { toldScope } from "./told";
import type { Topics } from "./topics";

export interface TellOptions {
  /** Whether the kernel is told; left out, it is. */
  tell?: boolean;
}

/** The kernel is told of picks when nobody has picked for so long: many of them are one message. */
const TELL_MS = 100;

export class ReviewState extends Emitter<Topics> {
  hello: Hello | null = null;
  labels: Labels | null = null;
  scores: Scores | null = null;
  /** p_error by item before it is levelled. */
  private levelless = new Float32Array();
  /** The class that fits best, where there are two; the other than the label is suggested for all above the cut. */
  private fits: Int32Array | null = null;
  layout: Layout | null = null;
  stages: readonly Stage[] = [];
  counts: Counts | null = null;
  current: number | null = null;
  /** The item that the cursor stays on after a decision, since nothing comes after it; until somebody chooses one. */
  ended: number | null = null;
  hovered: number | null = null;
  chosen: readonly number[] = [];
  /** Items that stand out on the map; none = all are shown alike. */
  highlighted: ReadonlySet<number> = new Set();
  /** Items drawn at random that were asked about by themselves: the queue does not mix them in. */
  asked: ReadonlySet<number> = new Set();
  /** Time of the last acknowledged commit, ISO 8601. */
  saved: string | null = null;
  /** Items whose newest decision here is not on disk yet. */
  unsaved: ReadonlySet<number> = new Set();
  /** The "why" typed for the next decision; it belongs to the current item and goes when that changes. */
  note = "";
  /** The reason for the next decision; like the note, it belongs to the current item. Changed by `setReason`. */
  reason = "";
  /** Decisions that were refused because somebody else was faster. */
  readonly conflicts = new Conflicts(
    () => this.emit("conflicts", this.conflicts.items),
    () => this.labels?.order ?? "",
  );
  /** How far down the ranking it is worth going. */
  readonly dial = new Dial();
  /** How much of the queue is drawn at random. */
  readonly auditRate = new AuditRate();
  readonly order = new QueueOrder();
  readonly scopes: Scopes;
  readonly scopePlace = new ScopePlace();
  readonly cards: Cards;
  /** Pixels a side of a card's picture; nothing for the kernel's own choice. */
  private pictureSize: { size?: number } = {};
  readonly previews: Previews;
  /** Items picked in the queue for one decision on all of them. */
  readonly picks = new Picks(() => this.pickedOthers());
  private telling: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly transport: Transport) {
    super();
    this.picks.follow(this.order.filter);
    this.on("filter", (filter) => this.picks.follow(filter));
    this.on("queue", () => this.picks.keep((item) => this.order.position(item) >= 0));
    this.cards = new Cards(
      (item, scope) =>
        transport.call("card", { item, ...(scope === null ? {} : { scope }), ...this.pictureSize }),
      () => toldScope(this.filter),
    );
    this.previews = new Previews((items, size) => transport.call("previews", { items, size }));
    this.scopes = new Scopes({
      items: (name) => transport.call("scope", { name }),
      counts: () => transport.call("scopes"),
      size: () => this.labels?.given.length ?? 0,
    });
  }

  /** Ask for cards whose pictures have so many pixels a side; whether that is more than before. */
  wantPictures(pixels: number): boolean {
    if (pixels <= (this.pictureSize.size ?? 320)) return false;
    this.pictureSize = { size: pixels };
    this.cards.forget();
    return true;
  }

  /** Class names by code. */
  get classes(): readonly string[] {
    return this.hello?.dataset.classes ?? [];
  }

  className(code: number): string {
    return code < 0 ? "unlabelled" : (this.classes[code] ?? `class ${code}`);
  }

  stateOf(item: number): ItemState {
    return STATES[this.labels?.state[item] ?? 0] ?? "given";
  }

  /** Whether a person has decided on the item, or has here and that waits to be saved. */
  isReviewed(item: number): boolean {
    return IS_DECIDED[this.labels?.state[item] ?? 0] === true;
  }

  /** Of the items in the queue, how many wait to be saved, and how many of those would be decided on then. */
  get waitingInQueue(): { all: number; decided: number } {
    const items = [...this.unsaved].filter((item) => this.order.position(item) >= 0);
    return { all: items.length, decided: items.filter((item) => this.isReviewed(item)).length };
  }

  /** Every so many places of the queue go to a random item; 0 = none. */
  get every(): number {
    return this.auditRate.every;
  }

  /** Take whole label columns. */
  takeLabels(labels: Labels): void {
    this.labels = labels;
    this.order.count(this);
  }

  /** Show an edit as if it had been saved. */
  applyEdit(edit: Edit): void {
    const { labels } = this;
    if (labels) this.relabel(edit.items, () => applyEdit(labels, this.classes, edit));
  }

  /** Whether a cell says something else than the page shows. */
  isNews({ item, label, state }: Cell): boolean {
    return this.labels?.current[item] !== label || this.stateOf(item) !== state;
  }

  /** Show cells as the kernel has them. */
  writeCells(cells: readonly Cell[]): void {
    const { labels } = this;
    const items = cells.map((cell) => cell.item);
    if (labels) this.relabel(items, () => writeCells(labels, cells));
  }

  /** Take whole score columns. */
  takeScores(scores: Scores): void {
    this.levelless = (scores.levelless ?? scores.p_error).slice();
    this.fits = scores.fits?.slice() ?? null;
    this.rank(scores);
  }

  /** Bring everything that is open to another level; what was decided on keeps what was seen. */
  applyLevel({ level, version }: LevelPush): void {
    const { scores, labels, levelless } = this;
    if (!scores) return;
    scores.version = version;
    // The kernel compares numbers of this size.
    const cut = Math.fround(level.cut);
    for (let item = 0; item < levelless.length; item++) {
      if (this.isReviewed(item)) continue;
      scores.p_error[item] = atLevel(levelless[item] as number, level);
      const label = labels?.current[item] ?? -1;
      const over = (scores.p_error[item] as number) > cut;
      if (this.fits) scores.suggested[item] = over ? 1 - label : (this.fits[item] as number);
      scores.is_label_issue[item] = Number(over && scores.suggested[item] !== label);
    }
    this.rank(scores);
  }

  private rank(scores: Scores): void {
    this.scores = scores;
    this.order.rankBy(scores);
    const { order } = this.order;
    this.dial.take(
      { calibrated: scores.calibrated, p_error: scores.p_error, order },
      this.hello?.store.id ?? "",
    );
  }

  /**
   * Write the scores of some rows into the columns, and move these rows in the order and in the queue; false where the
   * queue has to be filled anew.
   */
  applyScores({
    rows,
    p_error,
    levelless = p_error,
    suggested,
    fits,
    suspect,
    flags = {},
    version,
  }: ScoresRowsPush): boolean {
    const { scores } = this;
    if (!scores) return false;
    scores.version = version;
    const before = Float32Array.from(rows, (item) => scores.p_error[item] as number);
    const write = (): void => {
      rows.forEach((item, i) => {
        this.levelless[item] = levelless[i] as number;
        scores.suggested[item] = suggested[i] as number;
        if (fits && this.fits) this.fits[item] = fits[i] as number;
        scores.is_label_issue[item] = suspect[i] as number;
      });
      for (const [name, flag] of Object.entries(flags)) {
        const column = scores[name as keyof Scores];
        if (column instanceof Uint8Array)
          flag.rows.forEach((item, i) => {
            column[item] = flag.values[i] as number;
          });
      }
    };
    const moved = this.order.update(rows, p_error, write, this);
    this.dial.change(before, p_error);
    return moved;
  }

  /** Ask the kernel how much each item misleads. */
  damage(): Promise<Calls["damage"]["answer"]> {
    return this.transport.call("damage");
  }

  get filter(): Filter {
    return this.order.filter;
  }

  /** Items to review in order, after the filter. */
  get queue(): readonly number[] {
    return this.order.items;
  }

  /** Whether an item was drawn at random, for the queue or for an audit by itself. */
  isRandom(item: number): boolean {
    return this.order.drawn.has(item) || this.asked.has(item);
  }

  /** Let these items stand out on the map; none = all are shown alike. */
  highlight(items: Iterable<number>): void {
    this.highlighted = new Set(items);
    this.emit("highlight", this.highlighted);
  }

  select(item: number | null, { tell = true }: TellOptions = {}): void {
    this.ended = null;
    if (item === this.current) return;
    this.current = item;
    this.note = "";
    this.setReason("");
    if (item !== null) this.order.visit(item);
    this.emit("current", item);
    // What is chosen or picked has been told, and may be very many.
    if (tell) this.tell("select", { item });
  }

  hover(item: number | null): void {
    if (item === this.hovered) return;
    this.hovered = item;
    this.emit("hover", item);
  }

  /** Attach a reason to the next decision on the current item; "" takes it off. */
  setReason(reason: string): void {
    if (reason === this.reason) return;
    this.reason = reason;
    this.emit("reason", reason);
  }

  /** Go `by` places along the queue (skipping reviewed items when asked); stays put at the ends. */
  step(by: 1 | -1, { skipReviewed = false }: { skipReviewed?: boolean } = {}): void {
    const { current } = this;
    const skip = skipReviewed || this.filter.hideReviewed;
    const item = this.order.next(current, by, (i) => skip && this.isReviewed(i));
    if (item === null) return;
    if (by > 0 && current !== null && !this.isReviewed(current)) this.order.walkPast(current);
    this.select(item);
  }

  /** The first items left to decide on, besides the current one, in the order in which they come after decisions. */
  upcoming(count: number): number[] {
    const open = (item: number): boolean => item !== this.current && !this.isReviewed(item);
    // Draws of the random sample count in their order: those after it wait for this one.
    return this.order.upcoming(count, open, (item) => !this.isRandom(item));
  }

  /** The dataset changed: everything that names items by their position in the order before is void. */
  forgetPositions(): void {
    this.scores = null;
    this.dial.clear();
    this.layout = null;
    this.current = null;
    this.hovered = null;
    this.chosen = [];
    this.picks.clear();
    this.highlighted = new Set();
    this.scopes.clear();
    this.asked = new Set();
    this.note = "";
    this.setReason("");
    this.conflicts.clear();
    this.order.reset();
    this.cards.reset();
    this.previews.clear();
  }

  private pickedOthers(): void {
    const { items } = this.picks;
    this.emit("picked", items);
    clearTimeout(this.telling);
    this.telling = setTimeout(
      () => this.tell("select", { item: this.current, items: [...(items.size > 0 ? items : this.chosen)] }),
      TELL_MS,
    );
  }

  private relabel(items: readonly number[], write: () => void): void {
    const was = new Map(items.map((item) => [item, this.isReviewed(item)]));
    write();
    for (const [item, before] of was) this.order.decided(item, before, this.isReviewed(item));
  }

  /** Say something to the kernel and show its refusal, without waiting for the answer. */
  tell<N extends keyof Calls>(call: N, ...args: CallArgs<N>): void {
    this.transport.call(call, ...args).catch((error: unknown) => {
      if (!(error instanceof Disconnected)) this.report(error);
    });
  }

  report(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    const remedy = error instanceof CallError ? error.detail.remedy : "";
    this.emit("notice", { kind: "error", text, remedy });
  }
}
