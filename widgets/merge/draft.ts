/**
 * One merge in the making: what the kernel said last, which conflict is looked at, and the resolutions on their way.
 *
 * A resolution is shown at once and sent at once; the calls go one after another, and only the answer to the last of
 * them is shown, so that quick keys never flicker. The kernel keeps each durably: closing the view loses nothing.
 */

import type { MergeConflict, MergeReply, MergeView, Pick } from "../core/kernel/schema";
import { CallError } from "../core/kernel/transport";
import { freshId } from "../core/kernel/wire";
import type { Session } from "../core/session/session";
import { Emitter } from "../core/state/emitter";

/** What did not come about: the merge, a choice (also taking it back), or only a look at how things stand. */
export interface Failure {
  what: "merge" | "choice" | "look";
  error: unknown;
}

interface Told {
  /** Something to redraw: everything, or only which conflict is looked at. */
  view: MergeView;
  error: Failure;
  /** Why a key did nothing: one that is dropped without a word looks like one that was taken. "" = it did. */
  said: string;
}

export class MergeDraft extends Emitter<Told> {
  view: MergeView | null = null;
  /** Place of the conflict that is looked at. */
  at = 0;
  /** The why typed for the next resolution. */
  why = "";
  busy = false;
  private closed = false;
  /** The view as the kernel gave it last, without what is shown early. */
  private told: MergeView | null = null;
  /** Calls that have not been answered yet. */
  private waiting = 0;
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
    const { source, session } = this;
    return this.closed
      ? Promise.resolve()
      : this.ask("look", () => session.transport.call("merge", { source }));
  }

  /** Nobody looks any more: what is on its way is finished, and nothing is asked for anew. */
  close(): void {
    this.closed = true;
  }

  resolve(pick: Pick, label?: string): void {
    const conflict = this.changeable();
    if (!conflict) return;
    const { source, session } = this;
    const why = this.why.trim();
    this.why = "";
    const choice = {
      source,
      itemId: conflict.itemId,
      field: conflict.field,
      pick,
      ...(label === undefined ? {} : { label }),
      ...(why ? { why } : {}),
    };
    // On its way first: whatever drawing it may run into, the choice is not lost.
    void this.ask("choice", () => session.transport.call("resolve", choice));
    this.change(conflict, { pick, value: label ?? null });
    this.goToOpen();
  }

  /** Take the resolution of the conflict that is looked at back. */
  unresolve(): void {
    const conflict = this.changeable();
    if (!conflict) return;
    if (conflict.pick === null) {
      this.emit("said", "Nothing is chosen for this conflict yet.");
      return;
    }
    const { source, session } = this;
    const { itemId, field } = conflict;
    void this.ask("choice", () => session.transport.call("unresolve", { source, itemId, field }));
    this.change(conflict, { pick: null, value: null });
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
    const { view } = this;
    if (!this.ready() || !view) return null;
    this.busy = true;
    this.emit("view", view);
    try {
      await this.calls;
      // Decisions that wait belong to this branch, before the merge.
      await this.session.flush();
      if (this.session.unsaved > 0)
        throw new Error("A decision here is not saved yet. Merge again when it is.");
      const reply = await this.session.transport.call("mergeCommit", {
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
      // Where the load was refused as well, nothing else has said that there is something to press again.
      if (this.view) this.emit("view", this.view);
      this.emit("error", { what: "merge", error });
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** Forget every resolution, for everybody. */
  async drop(): Promise<void> {
    if (!this.ready()) return;
    this.emit("said", "");
    const { source, session } = this;
    await this.ask("choice", () => session.transport.call("mergeAbort", { source }));
    await this.load();
  }

  /** Whether there is a view to act on, and none of it is being written; says so where not. */
  ready(): boolean {
    if (this.view && !this.busy) return true;
    // The first look failed: without another one there would never be anything to choose.
    if (!this.view && this.waiting === 0) void this.load();
    this.emit(
      "said",
      this.busy
        ? "The merge is being written: nothing can be changed now."
        : "The conflicts are still being read. Press the key again when they are shown.",
    );
    return false;
  }

  /** The conflict that is looked at, if it can be decided now; says why where not. */
  private changeable(): MergeConflict | null {
    if (!this.ready()) return null;
    this.emit("said", this.current ? "" : "There is no conflict to choose for.");
    return this.current;
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

  /** Make a call after those that wait; of its answers, which say how the merge stands, the last one's is shown. */
  private ask(what: Failure["what"], call: () => Promise<MergeView | null>): Promise<void> {
    const mine = ++this.turn;
    this.waiting++;
    this.calls = this.calls.then(async () => {
      try {
        const view = await call();
        if (view) this.told = view;
        if (view && mine === this.turn) this.show(view);
      } catch (error) {
        // First what is shown, since a view may take words away.
        if (mine === this.turn) this.correct(what);
        this.emit("error", { what, error });
      } finally {
        this.waiting--;
      }
    });
    return this.calls;
  }

  /** What was shown too early must not stay: show what the kernel has instead, or had when it last said so. */
  private correct(what: Failure["what"]): void {
    if (what !== "look") void this.load();
    else if (this.told && this.told !== this.view) this.show(this.told);
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
