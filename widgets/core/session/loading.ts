/** What comes from the kernel: everything when a page connects, a column when it has changed, and what it says by itself. */
import { pageStorage, placeOf } from "../kernel/outbox";
import { Refused } from "../kernel/refusals";
import { Disconnected, type Push } from "../kernel/transport";
import type { Counts, Hello, HelpedState, Labels, Layout, Scores, Stage } from "../kernel/types";
import type { Cell } from "../kernel/wire";
import type { Notice } from "../state/topics";
import type { Session } from "./session";
import type { Versions } from "./versions";

export class Loading {
  private running: Promise<void> | null = null;

  constructor(private readonly session: Session) {}

  /** Load the review, unless that is under way. */
  begin(): void {
    if (!this.running) void this.reload();
  }

  /** Take the label columns anew, with the waiting edits on top. */
  async labels(): Promise<void> {
    const { session } = this;
    const labels = await session.transport.call<Labels>("labels");
    const moved = session.labels !== null && session.labels.order !== labels.order;
    session.labels = labels;
    if (moved) this.forgetPositions();
    session.edits.applyWaiting(null);
    session.cards.forget();
    session.emit("labels", null);
    if (!moved) return;
    session.emit("current", null);
    session.emit("hover", null);
    session.emit("chosen", session.chosen);
    session.emit("filter", session.filter);
    session.emit("queue", session.queue);
    // Seen outside a load (after a refusal): the rest has to come anew as well.
    if (!this.running) void this.reload();
  }

  /** Take what the kernel says by itself. */
  async heard(push: Push): Promise<void> {
    const { session } = this;
    try {
      if (push.event === "stages") {
        session.stages = push.stages as Stage[];
        session.emit("stages", session.stages);
      } else if (push.event === "layout") await this.layout();
      else if (push.event === "scores") {
        // Which item comes first depends on what is decided already: not before the labels are there.
        await this.running;
        if (session.hello) session.hello.trust = (push.trust as string | null) ?? null;
        await this.scores();
      } else if (push.event === "sample")
        session.takeSample(push.draws as Int32Array, push.asked as Int32Array);
      else if (push.event === "cells") {
        session.counts = push.counts as Counts;
        session.saved = push.saved as string;
        if (session.hello) session.hello.dataset.classes = push.classes as string[];
        session.edits.show(push.cells as Cell[]);
        session.emit("counts", session.counts);
      } else if (push.event === "select") {
        const items = push.items as number[] | undefined;
        if (items) session.present(items, { tell: false });
        if (push.item !== undefined) session.select(push.item as number | null, { tell: false });
      } else if (push.event === "hello") await this.reload();
      else if (push.event === "versions") {
        const versions = push as unknown as Versions;
        session.emit("versions", versions);
        // Somebody switched branches and no "hello" has said so yet: every label may be another.
        await this.running;
        if (session.hello && session.hello.store.branch !== versions.branch) await this.reload();
      } else if (push.event === "helped") session.emit("helped", push as unknown as HelpedState);
      else if (push.event === "notice") session.emit("notice", push as unknown as Notice);
    } catch (error) {
      if (!(error instanceof Disconnected)) session.report(error);
    }
  }

  private reload(): Promise<void> {
    const running = this.load().finally(() => {
      if (this.running === running) this.running = null;
    });
    this.running = running;
    return running;
  }

  private async load(): Promise<void> {
    const { session } = this;
    try {
      const hello = await session.transport.call<Hello>("hello");
      const { store } = session.hello ?? {};
      // Another branch or another store: what somebody else did there is no conflict here.
      if (store && (store.id !== hello.store.id || store.branch !== hello.store.branch))
        session.conflicts.clear();
      session.hello = hello;
      session.stages = hello.stages;
      session.counts = hello.counts;
      session.saved = hello.store.saved;
      session.edits.open(hello.store.id, hello.store.branch);
      session.cards.reset();
      session.previews.clear();
      await this.labels();
      this.takeUpConflicts(hello);
      session.emit("hello", hello);
      session.emit("stages", session.stages);
      session.emit("counts", hello.counts);
      await Promise.all([
        hello.ready.layout ? this.layout() : null,
        hello.ready.scores ? this.scores() : null,
      ]);
      // Edits left from before a reload are shown with the labels; here they are sent again.
      session.emit("unsaved", session.unsaved);
      void session.flush();
    } catch (error) {
      if (!(error instanceof Disconnected)) session.report(error);
    }
  }

  /** Decisions that were refused before a reload are asked about again. */
  private takeUpConflicts(hello: Hello): void {
    const { session } = this;
    const { id, branch } = hello.store;
    const kept = new Refused(placeOf(id, branch), pageStorage());
    if (session.labels) session.conflicts.takeUp(kept, session.labels, (code) => session.className(code));
  }

  /** The dataset changed: everything that names items by their position in the order before is void. */
  private forgetPositions(): void {
    const { session } = this;
    session.scores = null;
    session.dial.clear();
    session.layout = null;
    session.current = null;
    session.hovered = null;
    session.chosen = [];
    session.note = "";
    session.setReason("");
    session.conflicts.clear();
    session.queueing.forget();
    session.cards.reset();
    session.previews.clear();
  }

  private async layout(): Promise<void> {
    const { session } = this;
    session.layout = await session.transport.call<Layout>("layout");
    session.emit("layout", session.layout);
  }

  private async scores(): Promise<void> {
    const { session } = this;
    const scores = await session.transport.call<Scores>("scores");
    session.scores = scores;
    // The page greeted the kernel before anything was scored.
    if (session.hello) session.hello.calibrated = scores.calibrated;
    session.cards.forget();
    session.queueing.takeScores();
    session.emit("scores", scores);
    if (session.current === null) session.step(1, { skipReviewed: true });
  }
}
