/**
 * Decisions on their way: shown at once, kept until the kernel has saved them, sent one at a time in the order in
 * which they were made, and taken back where it refuses. A refusal for a reason that passes (the store is locked, the
 * disk is full) takes nothing back: the edit waits and is sent again.
 */
import { applyEdit, lastSeen, writeCells } from "./columns";
import { Outbox, pageStorage } from "./outbox";
import type { Session } from "./session";
import { CallError, Disconnected } from "./transport";
import type { Action, Edit, EditReply } from "./types";
import { type Cell, freshId, type WireError } from "./wire";

const RETRY_SECONDS = 5;
const TEACH = "Select the item again to see what stands there now.";

export interface EditOptions {
  label?: string;
  newClass?: boolean;
  reason?: string;
  why?: string;
}

export class Edits {
  private outbox: Outbox | null = null;
  private readonly outboxes = new Map<string, Outbox>();
  private retry: ReturnType<typeof setTimeout> | undefined;
  /** What has been said and need not be said again until it is over. */
  private saidDelayed = false;
  private saidHeld = false;
  private sending = false;
  private sent: Promise<void> = Promise.resolve();

  constructor(private readonly session: Session) {}

  /** Take up what was left unsent for this label store; `flush` sends it. */
  open(storeId: string): void {
    // The one of before, if there is one: it may hold edits that no storage has.
    this.outbox = this.outboxes.get(storeId) ?? new Outbox(storeId, pageStorage());
    this.outboxes.set(storeId, this.outbox);
  }

  /** Number of edits not yet acknowledged. */
  get waiting(): number {
    return this.outbox?.size ?? 0;
  }

  make(action: Action, items: readonly number[], options: EditOptions = {}): void {
    const { session } = this;
    const { labels, hello } = session;
    if (!labels || !hello || items.length === 0) return;
    const note = items.length === 1 && items[0] === session.current ? session.note.trim() : "";
    const edit: Edit = {
      op_id: freshId(),
      action,
      items: [...items],
      ids: session.cards.idsOf(items),
      order: labels.order,
      expected: lastSeen(labels, items),
      ...(note ? { why: note } : {}),
      ...options,
    };
    if (note) session.note = "";
    this.outbox?.add(edit);
    applyEdit(labels, session.classes, edit);
    session.cards.forget();
    session.emit("labels", edit.items);
    session.emit("unsaved", this.waiting);
    this.warnOfHeld();
    void this.flush();
  }

  /** Take back the newest decision that has not been taken back yet. */
  async undo(): Promise<void> {
    const { session } = this;
    await this.flush();
    if (this.waiting > 0) {
      // The kernel would take back the newest decision that it knows of, which is an older one.
      session.emit("notice", {
        kind: "info",
        text: "Nothing was undone: the newest decision is not saved yet.",
        remedy: "It is sent again by itself; undo it when it is saved.",
      });
      return;
    }
    try {
      const reply = await session.transport.call<EditReply>("undo", { op_id: freshId() });
      this.accept(reply);
      const first = reply.cells[0];
      if (first) session.select(first.item);
      else session.emit("notice", { kind: "info", text: "There is nothing to undo." });
    } catch (error) {
      session.report(error);
    }
  }

  /** Send what waits; resolves when nothing does, or when it cannot be saved now (then it tries again by itself). */
  flush(): Promise<void> {
    if (!this.sending && this.outbox) {
      this.sending = true;
      this.sent = this.sendFrom(this.outbox);
    }
    return this.sent;
  }

  /** Show cells as the kernel has them, under the edits that still wait here: those are newer. */
  show(cells: readonly Cell[]): void {
    const { labels, cards } = this.session;
    if (!labels) return;
    writeCells(labels, cells);
    const items = cells.map((cell) => cell.item);
    this.applyWaiting(new Set(items));
    if (items.length > 0) cards.forget();
    this.session.emit("labels", items);
  }

  /**
   * Put the edits that wait into the columns again; `items` limits it to edits that touch one of them. Edits made in
   * another order of the items are left out: their positions mean other items here. The kernel finds theirs by id,
   * and its answer shows them.
   */
  applyWaiting(items: ReadonlySet<number> | null): void {
    const { labels, classes } = this.session;
    if (!labels) return;
    for (const edit of this.outbox?.list() ?? [])
      if (edit.order === labels.order && (!items || edit.items.some((item) => items.has(item))))
        applyEdit(labels, classes, edit);
  }

  /** One edit at a time, in the order in which they were made. */
  private async sendFrom(outbox: Outbox): Promise<void> {
    const { session } = this;
    try {
      for (let edit = outbox.list()[0]; edit; edit = outbox.list()[0]) {
        try {
          const args = edit as unknown as Record<string, unknown>;
          const reply = await session.transport.call<EditReply>("edit", args);
          outbox.remove(edit.op_id);
          outbox.rebase(edit, reply.cells, session.labels?.order ?? edit.order);
          this.saidDelayed = false;
          if (outbox.durable) this.saidHeld = false;
          this.accept(reply);
        } catch (error) {
          const passing = error instanceof CallError && error.detail.transient === true;
          if (passing) this.warnOfDelay(error.detail);
          if (passing || error instanceof Disconnected) {
            clearTimeout(this.retry);
            this.retry = setTimeout(() => void this.flush(), RETRY_SECONDS * 1000);
            return;
          }
          // Refused for good: sending it again would be refused again. Show what stands there instead.
          outbox.remove(edit.op_id);
          await this.refused(error);
        }
        session.emit("unsaved", outbox.size);
      }
    } finally {
      this.sending = false;
    }
  }

  private warnOfDelay(detail: WireError): void {
    if (this.saidDelayed) return;
    this.saidDelayed = true;
    this.session.emit("notice", {
      kind: "error",
      text: `This decision is not saved yet: ${detail.message}`,
      remedy: [detail.remedy, `It is sent again every ${RETRY_SECONDS} seconds.`].filter(Boolean).join(" "),
    });
  }

  private warnOfHeld(): void {
    if (this.saidHeld || !this.outbox || this.outbox.durable) return;
    this.saidHeld = true;
    this.session.emit("notice", {
      kind: "error",
      text: "The browser's storage is full: decisions that are not saved yet would not survive closing this page.",
      remedy: "Keep the page open until everything is saved.",
    });
  }

  private accept(reply: EditReply): void {
    const { session } = this;
    session.saved = reply.saved;
    session.counts = reply.counts;
    if (session.hello && reply.classes.length !== session.classes.length) {
      session.hello.dataset.classes = reply.classes;
      session.emit("hello", session.hello);
    }
    this.show(reply.cells);
    session.emit("counts", reply.counts);
  }

  private async refused(error: unknown): Promise<void> {
    const { session } = this;
    const detail: WireError | null = error instanceof CallError ? error.detail : null;
    if (!detail?.cells) {
      session.report(error);
      await session.loadLabels();
      return;
    }
    this.show(detail.cells);
    session.emit("notice", {
      kind: "conflict",
      text: detail.message,
      remedy: detail.remedy || TEACH,
      items: detail.cells.map((cell) => cell.item),
    });
  }
}
