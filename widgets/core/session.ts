/**
 * One review as the page knows it: columns, selection, filter and unsaved edits, shared by every panel of the page.
 *
 * Each widget loads its own copy of the bundle, so sessions live on `globalThis`, one per review. Panels read the
 * public fields, listen to topics, and call the verbs; none talks to another, and selection never asks the kernel.
 */
import type { AnyModel } from "@anywidget/types";
import { Emitter } from "./emitter";
import { Outbox, pageStorage } from "./outbox";
import { Previews } from "./previews";
import { CallError, Disconnected, type Push, Transport } from "./transport";
import type {
  Action,
  Card,
  Counts,
  Edit,
  EditReply,
  Hello,
  HistoryEntry,
  Labels,
  Layout,
  Scores,
  Stage,
} from "./types";
import { type Cell, freshId, STATES, type WireError } from "./wire";

export interface Filter {
  /** Only items that the ranking calls label issues. */
  suspects: boolean;
  /** Only this given → suggested pair of class codes. */
  pair: readonly [number, number] | null;
  /** Only these items (a lasso); null = all. */
  items: ReadonlySet<number> | null;
  /** Pass over items that a person has decided on. They keep their place in the queue, so nothing jumps. */
  hideReviewed: boolean;
}

export interface Notice {
  kind: "info" | "error" | "conflict";
  text: string;
  remedy?: string;
  /** Items to look at, for a conflict. */
  items?: number[];
}

export interface Topics {
  /** Another dataset, class list, rater or store: redraw everything. */
  hello: Hello;
  labels: readonly number[] | null; // items whose label changed; null = all
  scores: Scores;
  layout: Layout;
  stages: readonly Stage[];
  counts: Counts;
  /** The current item changed (null = none). */
  current: number | null;
  hover: number | null;
  /** The lasso selection changed. */
  chosen: readonly number[];
  filter: Filter;
  /** The queue's order or membership changed. */
  queue: readonly number[];
  /** Number of edits not yet acknowledged. */
  unsaved: number;
  notice: Notice;
  /** A key asked for something that only panels can do (lasso, help, …); see core/keys.ts. */
  command: PanelCommand;
}

/** A key's wish, and where it was pressed: panels inside or around that element take it. */
export interface PanelCommand {
  name: string;
  from: Node;
  /** Set by the panel that did something about it. */
  taken: boolean;
}

const RETRY_SECONDS = 5;
const TEACH = "Select the item again to see what stands there now.";

export class Session extends Emitter<Topics> {
  hello: Hello | null = null;
  labels: Labels | null = null;
  scores: Scores | null = null;
  layout: Layout | null = null;
  stages: readonly Stage[] = [];
  counts: Counts | null = null;
  filter: Filter = { suspects: true, pair: null, items: null, hideReviewed: false };
  current: number | null = null;
  hovered: number | null = null;
  chosen: readonly number[] = [];
  /** Items to review in order, after the filter. */
  queue: readonly number[] = [];
  /** Time of the last acknowledged commit, ISO 8601. */
  saved: string | null = null;
  /** The "why" typed for the next decision; it belongs to the current item and goes when that changes. */
  note = "";
  readonly previews: Previews;
  readonly transport: Transport;
  private outbox: Outbox | null = null;
  private placeInQueue = new Map<number, number>();
  private ranks = new Int32Array(0);
  /** The item of the queue that was current last: a look at an item outside the queue comes back to it. */
  private anchor: number | null = null;
  private sending = false;
  private sent: Promise<void> = Promise.resolve();
  private cards = new Map<number, Promise<Card>>();
  private idOf = new Map<number, string>();
  private loading: Promise<void> | null = null;

  constructor(readonly review: string) {
    super();
    this.transport = new Transport((push) => void this.heard(push));
    this.previews = new Previews((items, size) => this.transport.call("previews", { items, size }));
  }

  /** Connect a widget; the first one loads the review. */
  attach(model: AnyModel, signal: AbortSignal): void {
    this.transport.attach(model, signal);
    if (this.hello) void this.flush();
    else this.loading ??= this.load().finally(() => (this.loading = null));
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
    return state === "relabelled" || state === "kept" || state === "flagged";
  }

  /** Rank over all items, 1 = most suspicious; null without scores, and for an item that has no p_error. */
  rank(item: number): number | null {
    if (!this.scores || Number.isNaN(this.scores.p_error[item] ?? Number.NaN)) return null;
    return this.ranks[item] ?? null;
  }

  /** Position in the queue, or -1. */
  position(item: number): number {
    return this.placeInQueue.get(item) ?? -1;
  }

  // Selection -----------------------------------------------------------------------------------------------------

  select(item: number | null, options: { tell?: boolean } = {}): void {
    if (item === this.current) return;
    this.current = item;
    this.note = "";
    if (item !== null && this.position(item) >= 0) this.anchor = item;
    this.emit("current", item);
    if (options.tell !== false) this.tell("select", { item, items: this.chosen });
  }

  hover(item: number | null): void {
    if (item === this.hovered) return;
    this.hovered = item;
    this.emit("hover", item);
  }

  /** Choose items by lasso: the queue narrows to them. */
  choose(items: readonly number[], options: { tell?: boolean } = {}): void {
    this.chosen = items;
    this.emit("chosen", items);
    this.setFilter({ items: items.length ? new Set(items) : null });
    if (options.tell !== false) this.tell("select", { item: this.current, items });
  }

  setFilter(change: Partial<Filter>): void {
    this.filter = { ...this.filter, ...change };
    this.emit("filter", this.filter);
    this.makeQueue();
  }

  /** Go `by` places along the queue (skipping reviewed items when asked); stays put at the ends. */
  step(by: 1 | -1, options: { skipReviewed?: boolean } = {}): void {
    if (this.queue.length === 0) return;
    let place = this.current === null ? -1 : this.position(this.current);
    const anchor = this.anchor === null ? -1 : this.position(this.anchor);
    if (place < 0 && anchor >= 0) place = anchor - by;
    else if (place < 0 && by < 0) return;
    const skip = options.skipReviewed || this.filter.hideReviewed;
    for (;;) {
      place += by;
      const item = this.queue[place];
      if (item === undefined) return;
      if (skip && this.isReviewed(item)) continue;
      this.select(item);
      return;
    }
  }

  // Edits ---------------------------------------------------------------------------------------------------------

  /** Relabel, keep, mark or clear items: shown at once, saved durably, undone on refusal. */
  edit(
    action: Action,
    items: readonly number[],
    options: { label?: string; newClass?: boolean; reason?: string; why?: string } = {},
  ): void {
    const { labels, hello } = this;
    if (!labels || !hello || items.length === 0) return;
    const note = items.length === 1 && items[0] === this.current ? this.note.trim() : "";
    const edit: Edit = {
      op_id: freshId(),
      action,
      items: [...items],
      ids: items.every((i) => this.idOf.has(i)) ? items.map((i) => this.idOf.get(i) as string) : null,
      order: labels.order,
      expected: Object.fromEntries(
        items.map((i) => [String(i), labels.seen.events[String(i)] ?? labels.seen.base]),
      ),
      ...(note ? { why: note } : {}),
      ...options,
    };
    if (note) this.note = "";
    this.outbox?.add(edit);
    this.apply(edit);
    this.forget(edit.items);
    this.emit("labels", edit.items);
    this.emit("unsaved", this.outbox?.size ?? 0);
    void this.flush();
  }

  /** Take back the newest decision that has not been taken back yet. */
  async undo(): Promise<void> {
    await this.flush();
    try {
      const reply = await this.transport.call<EditReply>("undo", { op_id: freshId() });
      this.accept(reply);
      const first = reply.cells[0];
      if (first) this.select(first.item);
      else this.emit("notice", { kind: "info", text: "There is nothing to undo." });
    } catch (error) {
      this.report(error);
    }
  }

  /** Send what waits; resolves when nothing does, or when the kernel is away (then it tries again by itself). */
  private flush(): Promise<void> {
    if (!this.sending && this.outbox) {
      this.sending = true;
      this.sent = this.sendFrom(this.outbox);
    }
    return this.sent;
  }

  /** One edit at a time, in the order in which they were made. */
  private async sendFrom(outbox: Outbox): Promise<void> {
    try {
      for (let edit = outbox.list()[0]; edit; edit = outbox.list()[0]) {
        try {
          const reply = await this.transport.call<EditReply>(
            "edit",
            edit as unknown as Record<string, unknown>,
          );
          outbox.remove(edit.op_id);
          outbox.rebase(edit.expected, reply.cells);
          this.accept(reply);
        } catch (error) {
          if (error instanceof Disconnected) {
            setTimeout(() => void this.flush(), RETRY_SECONDS * 1000);
            return;
          }
          // Refused for good: sending it again would be refused again. Show what stands there instead.
          outbox.remove(edit.op_id);
          await this.refused(edit, error);
        }
        this.emit("unsaved", outbox.size);
      }
    } finally {
      this.sending = false;
    }
  }

  /** Put an edit that is not acknowledged yet into the columns. */
  private apply(edit: Edit): void {
    const labels = this.labels;
    if (!labels) return;
    const state = { relabel: 1, keep: 2, mark: 3, clear: 0 }[edit.action];
    for (const item of edit.items) {
      labels.state[item] = state;
      const code = edit.label === undefined ? -1 : this.classes.indexOf(edit.label);
      if (edit.action === "relabel" && code >= 0) labels.current[item] = code;
      if (edit.action === "keep" || edit.action === "clear") labels.current[item] = labels.given[item] ?? -1;
    }
  }

  /** What the kernel says is older than what still waits here: put the waiting edits on top again. */
  private applyWaiting(items: ReadonlySet<number> | null): void {
    for (const edit of this.outbox?.list() ?? [])
      if (!items || edit.items.some((item) => items.has(item))) this.apply(edit);
  }

  private accept(reply: EditReply): void {
    this.saved = reply.saved;
    if (this.hello && reply.classes.length !== this.classes.length) {
      this.hello.dataset.classes = reply.classes;
      this.emit("hello", this.hello);
    }
    this.counts = reply.counts;
    this.showCells(reply.cells);
    this.emit("counts", reply.counts);
  }

  private showCells(cells: readonly Cell[]): void {
    const labels = this.labels;
    if (!labels) return;
    for (const cell of cells) {
      labels.current[cell.item] = cell.label;
      labels.state[cell.item] = Math.max(0, STATES.indexOf(cell.state));
      labels.seen.events[String(cell.item)] = cell.event;
    }
    const items = cells.map((c) => c.item);
    this.applyWaiting(new Set(items));
    this.forget(items);
    this.emit("labels", items);
  }

  private async refused(edit: Edit, error: unknown): Promise<void> {
    const detail: WireError | null = error instanceof CallError ? error.detail : null;
    if (detail?.cells) {
      this.showCells(detail.cells);
      this.emit("notice", {
        kind: "conflict",
        text: detail.message,
        remedy: detail.remedy || TEACH,
        items: edit.items,
      });
    } else {
      this.report(error);
      await this.loadLabels();
    }
  }

  // Asking the kernel ---------------------------------------------------------------------------------------------

  /** Everything about one item, for the card and the neighbours; asked for once until something about it changes. */
  card(item: number): Promise<Card> {
    let card = this.cards.get(item);
    if (!card) {
      card = this.transport.call<Card>("card", { item });
      card.then(
        (c) => this.idOf.set(item, c.id),
        () => this.cards.delete(item),
      );
      this.cards.set(item, card);
      if (this.cards.size > 200) this.cards.delete(this.cards.keys().next().value as number);
    }
    return card;
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

  private forget(items: readonly number[]): void {
    // A changed label changes the neighbours' evidence too, so every card that might show it is asked for anew.
    if (items.length > 0) this.cards.clear();
  }

  private async load(): Promise<void> {
    try {
      const hello = await this.transport.call<Hello>("hello");
      this.hello = hello;
      this.stages = hello.stages;
      this.counts = hello.counts;
      this.saved = hello.store.saved;
      this.outbox = new Outbox(hello.store.id, pageStorage());
      this.cards.clear();
      this.idOf.clear();
      this.previews.clear();
      await this.loadLabels();
      this.emit("hello", hello);
      this.emit("stages", this.stages);
      this.emit("counts", hello.counts);
      await Promise.all([
        hello.ready.layout ? this.loadLayout() : null,
        hello.ready.scores ? this.loadScores() : null,
      ]);
      this.resend();
    } catch (error) {
      if (!(error instanceof Disconnected)) this.report(error);
    }
  }

  /** Edits left from before a reload are shown with the labels; here they are sent again. */
  private resend(): void {
    this.emit("unsaved", this.outbox?.size ?? 0);
    void this.flush();
  }

  private async loadLabels(): Promise<void> {
    this.labels = await this.transport.call<Labels>("labels");
    this.applyWaiting(null);
    this.cards.clear();
    this.emit("labels", null);
  }

  private async loadLayout(): Promise<void> {
    this.layout = await this.transport.call<Layout>("layout");
    this.emit("layout", this.layout);
  }

  private async loadScores(): Promise<void> {
    const scores = await this.transport.call<Scores>("scores");
    this.scores = scores;
    this.ranks = new Int32Array(scores.order.length);
    scores.order.forEach((item, place) => {
      this.ranks[item] = place + 1;
    });
    this.cards.clear();
    this.makeQueue();
    this.emit("scores", this.scores);
    if (this.current === null) this.step(1, { skipReviewed: true });
  }

  private makeQueue(): void {
    const { scores, filter } = this;
    if (!scores) return;
    const keep = (item: number): boolean =>
      (!filter.suspects || scores.is_label_issue[item] === 1) &&
      (!filter.items || filter.items.has(item)) &&
      (!filter.pair ||
        (this.labels?.given[item] === filter.pair[0] && scores.suggested[item] === filter.pair[1]));
    this.queue = Array.from(scores.order).filter(keep);
    this.placeInQueue = new Map(this.queue.map((item, place) => [item, place]));
    this.emit("queue", this.queue);
  }

  private async heard(push: Push): Promise<void> {
    try {
      if (push.event === "stages") {
        this.stages = push.stages as Stage[];
        this.emit("stages", this.stages);
      } else if (push.event === "layout") await this.loadLayout();
      else if (push.event === "scores") {
        if (this.hello) this.hello.trust = (push.trust as string | null) ?? null;
        await this.loadScores();
      } else if (push.event === "cells") {
        this.counts = push.counts as Counts;
        this.saved = push.saved as string;
        if (this.hello) this.hello.dataset.classes = push.classes as string[];
        this.showCells(push.cells as Cell[]);
        this.emit("counts", this.counts);
      } else if (push.event === "select") {
        if (push.items) this.choose(push.items as number[], { tell: false });
        if (push.item !== undefined) this.select(push.item as number | null, { tell: false });
      } else if (push.event === "hello") await this.load();
      else if (push.event === "notice") this.emit("notice", push as unknown as Notice);
    } catch (error) {
      if (!(error instanceof Disconnected)) this.report(error);
    }
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
