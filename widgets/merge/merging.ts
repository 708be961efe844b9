/**
 * One merge in the making: what the kernel said last, which conflict is looked at, and the resolutions on their way.
 *
 * A resolution is shown at once and sent at once; the calls go one after another, and only the answer to the last of
 * them is shown, so that quick keys never flicker. The kernel keeps each durably: closing the view loses nothing.
 */
import { Emitter } from "../core/emitter";
import type { Session } from "../core/session";
import { CallError } from "../core/transport";
import { freshId } from "../core/wire";
import type { MergeConflict, MergeReply, MergeView, Pick } from "./types";

interface Told {
  /** Something to redraw: everything, or only which conflict is looked at. */
  view: MergeView;
  error: unknown;
}

export class Merging extends Emitter<Told> {
  view: MergeView | null = null;
  /** Place of the conflict that is looked at. */
  at = 0;
  /** The why typed for the next resolution. */
  why = "";
  busy = false;
  private calls: Promise<void> = Promise.resolve();
  private turn = 0;
  /** One for all attempts: a merge whose answer was lost is not made twice. */
  private opId = freshId();

  constructor(
    private readonly session: Session,
    readonly source: string,
  ) {
    super();
  }

  get current(): MergeConflict | null {
    return this.view?.conflicts[this.at] ?? null;
  }

  /** Ask for the merge as it stands now. */
  load(): Promise<void> {
    return this.ask("merge", {});
  }

  resolve(pick: Pick, label?: string): void {
    const conflict = this.current;
    if (!conflict || this.busy) return;
    const why = this.why.trim();
    this.why = "";
    this.change(conflict, { pick, value: label ?? null });
    void this.ask("resolve", {
      itemId: conflict.itemId,
      field: conflict.field,
      pick,
      ...(label === undefined ? {} : { label }),
      ...(why ? { why } : {}),
    });
    this.goToOpen();
  }

  /** Take the resolution of the conflict that is looked at back. */
  unresolve(): void {
    const conflict = this.current;
    if (!conflict || conflict.pick === null || this.busy) return;
    this.change(conflict, { pick: null, value: null });
    void this.ask("unresolve", { itemId: conflict.itemId, field: conflict.field });
  }

  step(by: 1 | -1): void {
    const n = this.view?.conflicts.length ?? 0;
    if (n > 0) this.look((this.at + by + n) % n);
  }

  look(place: number): void {
    if (!this.view?.conflicts[place]) return;
    if (place !== this.at) this.why = "";
    this.at = place;
    this.emit("view", this.view);
  }

  /** Write the merge; the answer, or null where it could not be made (which has been said). */
  async commit(why: string): Promise<MergeReply | null> {
    if (!this.view || this.busy) return null;
    this.busy = true;
    this.emit("view", this.view);
    try {
      await this.calls;
      // Decisions that wait belong to this branch, before the merge.
      await this.session.flush();
      if (this.session.unsaved > 0) throw new Error("Nothing was merged: a decision here is not saved yet.");
      const reply = await this.session.transport.call<MergeReply>("mergeCommit", {
        source: this.source,
        ...(why ? { why } : {}),
        op_id: this.opId,
      });
      this.session.accept(reply);
      return reply;
    } catch (error) {
      // Where no answer came, the merge may have been made: the same id finds out.
      if (error instanceof CallError && !error.detail.transient) this.opId = freshId();
      this.busy = false;
      await this.load();
      this.emit("error", error);
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** Forget every resolution, for everybody. */
  async drop(): Promise<void> {
    await this.calls;
    try {
      await this.session.transport.call("mergeAbort", { source: this.source });
    } catch (error) {
      this.emit("error", error);
    }
    await this.load();
  }

  private change(conflict: MergeConflict, to: { pick: Pick | null; value: string | null }): void {
    if (!this.view) return;
    const conflicts = this.view.conflicts.map((each) => (each === conflict ? { ...each, ...to } : each));
    this.show({ ...this.view, conflicts, open: conflicts.filter((each) => each.pick === null).length });
  }

  /** Look at the next conflict that is open, from here on and then from the beginning; stay where none is. */
  private goToOpen(): void {
    const conflicts = this.view?.conflicts ?? [];
    for (let i = 1; i < conflicts.length; i++) {
      const place = (this.at + i) % conflicts.length;
      if (conflicts[place]?.pick === null) {
        this.look(place);
        return;
      }
    }
  }

  private ask(call: string, args: Record<string, unknown>): Promise<void> {
    const mine = ++this.turn;
    this.calls = this.calls.then(async () => {
      try {
        const view = await this.session.transport.call<MergeView>(call, { source: this.source, ...args });
        if (mine === this.turn) this.show(view);
      } catch (error) {
        this.emit("error", error);
        // What was shown too early must not stay.
        if (call !== "merge" && mine === this.turn) void this.load();
      }
    });
    return this.calls;
  }

  /** Take a newer view, and keep looking at the same item if it is still in it. */
  private show(view: MergeView): void {
    const before = this.current;
    this.view = view;
    if (before) {
      const place = view.conflicts.findIndex(
        (each) => each.itemId === before.itemId && each.field === before.field,
      );
      this.at = Math.max(0, place >= 0 ? place : Math.min(this.at, view.conflicts.length - 1));
    } else
      this.at = Math.max(
        0,
        view.conflicts.findIndex((each) => each.pick === null),
      );
    this.emit("view", view);
  }
}
