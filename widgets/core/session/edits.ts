/**
 * Decisions on their way: shown at once as waiting, kept until the kernel has saved them, sent one at a time in the
 * order in which they were made, and taken back where it refuses. A refusal for a reason that passes (the store is
 * locked, the disk is full) takes nothing back: the edit waits and is sent again. Without a kernel nothing is decided.
 */

import { type EditOptions, type Outbox, placeOf } from "../kernel/outbox";
import type { LiveConflict } from "../kernel/refusals";
import type { Action, Cell, Edit, EditReply, WireError } from "../kernel/schema";
import { CallError, Disconnected, type Transport } from "../kernel/transport";
import { freshId } from "../kernel/wire";
import { shortId } from "../kernel/words";
import { actionOn, lastSeen, seenTogether } from "../state/columns";
import { mineInWords, saysTheSame, theirsInWords } from "../state/conflicts";
import type { ReviewState } from "../state/state";
import { manyInWords, oneInWords, undoneInWords } from "./messages";
import { type Unsaved, Waiting } from "./waiting";

const RETRY_SECONDS = 5;
/** An edit of more items than this names those without an event together. */
const ONE_BY_ONE = 2000;
/** Of a refused edit of many items, so many are named. */
const NAMED = 3;
const TEACH = "Look at both on its card: let theirs stand, or use yours after all.";

export class Edits {
  private readonly outbox: Waiting;
  private retry: ReturnType<typeof setTimeout> | undefined;
  /** What has been said and need not be said again until it is over. */
  private saidDelayed = false;
  private saidHeld = false;
  private sending = false;
  /** Id of the newest decision made here, and whether it was refused for good without the person having undone since. */
  private newest = "";
  private newestRefused = false;
  private sent: Promise<void> = Promise.resolve();

  /** `reload` takes the label columns anew: what an edit was refused for without saying where. */
  constructor(
    private readonly state: ReviewState,
    private readonly transport: Transport,
    private readonly reload: () => Promise<void>,
  ) {
    this.outbox = new Waiting(state);
  }

  /**
   * Take up what was left unsent for this label store and branch; `flush` sends it. What was decided on one branch
   * waits for that branch: it must not be written to another.
   */
  open(storeId: string, branch = "main"): void {
    const before = this.outbox.open(placeOf(storeId, branch));
    if (before === null) return;
    this.newest = "";
    this.newestRefused = false;
    if (before.size > 0)
      this.state.emit("notice", {
        kind: "error",
        text: `${before.size === 1 ? "One decision was" : `${before.size} decisions were`} not saved before the branch changed.`,
        remedy: "They wait, and are sent when you switch back.",
      });
  }

  /** Number of edits not yet acknowledged. */
  get waiting(): number {
    return this.outbox.edits.length;
  }

  /** What is not acknowledged yet. */
  get unsaved(): Unsaved {
    return this.outbox.unsaved;
  }

  make(action: Action, items: readonly number[], options: EditOptions = {}): void {
    const { state } = this;
    const { labels, hello } = state;
    if (!labels || !hello || items.length === 0) return;
    if (this.transport.gone) {
      state.emit("kernel", "gone");
      return;
    }
    const current = items.length === 1 && items[0] === state.current;
    const note = current ? state.note.trim() : "";
    const reason = current && (action === "relabel" || action === "keep") ? state.reason : "";
    const edit: Edit = {
      op_id: freshId(),
      action,
      items: [...items],
      ids: state.cards.idsOf(items),
      order: labels.order,
      ...(items.length > ONE_BY_ONE ? seenTogether(labels, items) : { expected: lastSeen(labels, items) }),
      ...(note ? { why: note } : {}),
      ...(reason ? { reason } : {}),
      ...options,
    };
    if (note) state.note = "";
    if (current) state.setReason("");
    this.newest = edit.op_id;
    this.newestRefused = false;
    state.conflicts.close(items);
    this.outbox.change((box) => box.add(edit));
    // What is done to many is said when it is saved.
    state.emit("said", items.length === 1 ? oneInWords(state, edit) : "");
    state.applyEdit(edit);
    state.cards.forget();
    state.emit("labels", edit.items);
    state.emit("unsaved", this.waiting);
    this.warnOfHeld();
    void this.flush();
  }

  /** Take back the newest decision that has not been taken back yet. */
  async undo(): Promise<void> {
    const { state, newest } = this;
    await this.flush();
    if (this.newest !== newest) {
      // The kernel would take back what was decided after the key.
      state.emit("notice", {
        kind: "info",
        text: "Nothing was undone: you have decided on something else since.",
        remedy: "Undo again to take back the newest decision.",
      });
      return;
    }
    if (this.waiting > 0) {
      // The kernel would take back the newest decision that it knows of, which is an older one.
      state.emit("notice", {
        kind: "info",
        text: "Nothing was undone: the newest decision is not saved yet.",
        remedy: "It is sent again by itself; undo it when it is saved.",
      });
      return;
    }
    if (this.newestRefused) {
      // Likewise. Said once: whoever undoes again has read it.
      this.newestRefused = false;
      state.emit("notice", {
        kind: "info",
        text: "Nothing was undone: the newest decision was refused and is not in force.",
        remedy: "Undo again to take back the one before it.",
      });
      return;
    }
    try {
      const reply = await this.transport.call("undo", { op_id: freshId() });
      const words = undoneInWords(state, reply);
      this.accept(reply);
      const first = reply.cells[0];
      if (first) state.select(first.item);
      // Of very many items the cells are left out.
      if (first || reply.changed !== undefined) state.emit("said", words);
      else state.emit("notice", { kind: "info", text: "There is nothing to undo." });
    } catch (error) {
      if (error instanceof CallError && error.detail.cells) this.show(error.detail.cells);
      if (error instanceof Disconnected) state.emit("kernel", "gone");
      else state.report(error);
    }
  }

  /** Send what waits; resolves when nothing does, or when it cannot be saved now (then it tries again by itself). */
  flush(): Promise<void> {
    if (!this.sending && this.outbox.box) {
      this.sending = true;
      this.sent = this.sendFrom(this.outbox.box);
    }
    return this.sent;
  }

  /** Show cells as the kernel has them, under the edits that still wait here: those are newer. */
  show(cells: readonly Cell[]): void {
    const { state } = this;
    if (!state.labels) return;
    const news = cells.some((cell) => state.isNews(cell));
    state.writeCells(cells);
    state.conflicts.update(cells, (code) => state.className(code));
    const items = cells.map((cell) => cell.item);
    this.applyWaiting(new Set(items));
    // An edit that is acknowledged leaves the labels as they are shown already.
    state.cards.forget(news ? undefined : items);
    state.emit("labels", items);
  }

  /**
   * Put the edits that wait into the columns again; `items` limits it to edits that touch one of them. Edits made in
   * another order of the items are left out: their positions mean other items here. The kernel finds theirs by id,
   * and its answer shows them.
   */
  applyWaiting(items: ReadonlySet<number> | null): void {
    const { state } = this;
    const { labels } = state;
    if (!labels) return;
    this.outbox.note();
    for (const edit of this.outbox.edits)
      if (edit.order === labels.order && (!items || edit.items.some((item) => items.has(item))))
        state.applyEdit(edit);
  }

  /** One edit at a time, in the order in which they were made. */
  private async sendFrom(outbox: Outbox): Promise<void> {
    const { state } = this;
    try {
      for (;;) {
        const edit = outbox.list()[0];
        if (!edit) return;
        try {
          // The branch changed: the rest waits for it to come back.
          if (outbox !== this.outbox.box) return;
          const reply = await this.transport.call("edit", edit);
          this.outbox.change((box) => {
            box.remove(edit.op_id);
            box.rebase(edit, reply.cells, state.labels?.order ?? edit.order);
          }, outbox);
          this.saidDelayed = false;
          if (outbox.durable) this.saidHeld = false;
          this.accept(reply);
          this.tellSaved(edit, reply.cells);
          if (edit.items.length > 1) state.emit("said", manyInWords(edit));
        } catch (error) {
          const passing = error instanceof CallError && error.detail.transient === true;
          if (passing) this.warnOfDelay(error.detail);
          // It is sent when a kernel is there again.
          if (error instanceof Disconnected) return;
          if (passing) {
            clearTimeout(this.retry);
            this.retry = setTimeout(() => void this.flush(), RETRY_SECONDS * 1000);
            return;
          }
          // Refused for good: sending it again would be refused again. Show what stands there instead.
          this.outbox.change((box) => box.remove(edit.op_id), outbox);
          if (edit.op_id === this.newest) {
            this.newestRefused = true;
            state.emit("said", "");
          }
          await this.refused(error, edit);
        }
        state.emit("unsaved", this.waiting);
      }
    } finally {
      this.sending = false;
      // What waits on the branch that is current now was passed over until here.
      if (outbox !== this.outbox.box) void this.flush();
    }
  }

  /** Items of a saved edit that its answer does not name have not changed, but wait no longer. */
  private tellSaved(edit: Edit, cells: readonly Cell[]): void {
    if (edit.order !== this.state.labels?.order) return;
    const named = new Set(cells.map((cell) => cell.item));
    const rest = edit.items.filter((item) => !named.has(item));
    if (rest.length > 0) this.state.emit("labels", rest);
  }

  private warnOfDelay(detail: WireError): void {
    if (this.saidDelayed) return;
    this.saidDelayed = true;
    this.state.emit("notice", {
      kind: "error",
      text: `This decision is not saved yet: ${detail.message}`,
      remedy: [detail.remedy, `It is sent again every ${RETRY_SECONDS} seconds.`].filter(Boolean).join(" "),
    });
  }

  private warnOfHeld(): void {
    if (this.saidHeld || this.outbox.box?.durable !== false) return;
    this.saidHeld = true;
    this.state.emit("notice", {
      kind: "error",
      text: "The browser's storage is full: decisions that are not saved yet would not survive closing this page.",
      remedy: "Keep the page open until everything is saved.",
    });
  }

  /** Show what a change made by the kernel at our wish (an edit, an undo, a merge) has left. */
  accept(reply: EditReply): void {
    const { state } = this;
    state.saved = reply.saved;
    state.counts = reply.counts;
    if (state.hello && reply.classes && reply.classes.length !== state.classes.length) {
      state.hello.dataset.classes = reply.classes;
      state.emit("hello", state.hello);
    }
    this.show(reply.cells);
    state.emit("counts", reply.counts);
  }

  private async refused(error: unknown, edit: Edit): Promise<void> {
    const { state } = this;
    const detail: WireError | null = error instanceof CallError ? error.detail : null;
    if (!detail?.cells) {
      state.report(error);
      await this.reload();
      return;
    }
    this.show(detail.cells);
    const mine = mineOf(edit);
    const name = (code: number) => state.className(code);
    const open = detail.cells.filter((cell) => !saysTheSame(cell, mine(cell.item), name));
    state.conflicts.add(open.map((theirs) => ({ item: theirs.item, theirs, mine: mine(theirs.item) })));
    if (edit.items.length > 1) this.tellOfMany(edit, open, detail);
    else if (open[0])
      state.emit("notice", {
        kind: "conflict",
        text: `${theirsInWords(open[0], name, "an item")} while you ${mineInWords(mine(open[0].item))}. Yours was not saved.`,
        remedy: TEACH,
        items: [open[0].item],
      });
    else
      state.emit("notice", {
        kind: "info",
        text: `${detail.cells[0]?.rater || "Somebody"} had decided the same already; nothing was written twice.`,
      });
  }

  /** An edit of many items was refused as a whole: say for which of them, and offer it for the others. */
  private tellOfMany(edit: Edit, open: readonly Cell[], detail: WireError): void {
    const { state } = this;
    const changed = new Set(detail.cells?.map((cell) => cell.item));
    // Positions of another order of the items name other items here.
    const rest = edit.order === state.labels?.order ? edit.items.filter((item) => !changed.has(item)) : [];
    const ids = new Map(edit.items.map((item, i) => [item, edit.ids?.[i]] as const));
    const named = open.slice(0, NAMED).map((cell) => {
      const id = ids.get(cell.item);
      return `${id === undefined ? `the item at position ${cell.item}` : shortId(id)} (${theirsInWords(cell, (code) => state.className(code))})`;
    });
    const more = open.length - named.length;
    state.emit("notice", {
      kind: "conflict",
      text:
        `Nothing of your decision on ${edit.items.length} items was saved: somebody changed ${changed.size} of them meanwhile` +
        `${named.length > 0 ? `, ${named.join(", ")}` : ""}${more > 0 ? ` and ${more} more` : ""}.`,
      remedy: open.length > 0 ? TEACH : "",
      items: open.map((cell) => cell.item),
      ...(rest.length > 0
        ? {
            act: {
              text: `Decide on the other ${rest.length}`,
              run: () =>
                this.make(edit.action, rest, {
                  ...wishesOf(edit),
                  ...labelsOf(edit, rest),
                  ...keptOf(edit, rest),
                }),
            },
          }
        : {}),
    });
  }
}

/** What an edit asked for, without what only that edit was. */
function wishesOf({ label, new_class, reason, why }: Edit): EditOptions {
  return {
    ...(label === undefined ? {} : { label }),
    ...(new_class === undefined ? {} : { new_class }),
    ...(reason === undefined ? {} : { reason }),
    ...(why === undefined ? {} : { why }),
  };
}

/** The labels that an edit of one each gives to some of its items. */
function labelsOf({ items, labels }: Edit, some: readonly number[]): EditOptions {
  if (!labels) return {};
  const of = new Map(items.map((item, i) => [item, labels[i] as string]));
  return { labels: some.map((item) => of.get(item) as string) };
}

/** Those of some of an edit's items that it keeps. */
function keptOf({ kept }: Edit, some: readonly number[]): EditOptions {
  return kept ? { kept: kept.filter((item) => some.includes(item)) } : {};
}

/** What an edit said of each of its items. */
function mineOf(edit: Edit): (item: number) => LiveConflict["mine"] {
  const of = new Map(edit.items.map((item, i) => [item, edit.labels?.[i]]));
  const done = actionOn(edit);
  return (item) => {
    const label = of.get(item);
    const action = done(item);
    const { label: _, ...others } = wishesOf(edit);
    if (action === "keep") return { action, ...others };
    return { action, ...wishesOf(edit), ...(label === undefined ? {} : { label }) };
  };
}
