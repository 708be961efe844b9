/** What comes from the kernel: everything when a page connects, a column when it has changed, and what it says by itself. */

import { pageStorage, placeOf } from "../kernel/outbox";
import { Refused } from "../kernel/refusals";
import type { Hello, LevelPush, Push, ScoresRowsPush } from "../kernel/schema";
import { Disconnected, type Transport } from "../kernel/transport";
import type { ReviewState } from "../state/state";
import type { Edits } from "./edits";
import type { Queue } from "./queue";

export class Loader {
  private running: Promise<void> | null = null;
  /** Whole score columns on their way, and whether they have to be asked for (again). */
  private asking: Promise<void> | null = null;
  private asked = false;

  constructor(
    private readonly state: ReviewState,
    private readonly transport: Transport,
    private readonly edits: Edits,
    private readonly queue: Queue,
  ) {}

  /** Load the review again whenever the kernel is back: it may have changed, and what waits is sent then. */
  follow(): void {
    let gone = false;
    this.state.on("kernel", (link) => {
      if (gone && link !== "gone") this.begin();
      gone = link === "gone";
    });
  }

  /** Load the review, unless that is under way. */
  begin(): void {
    if (!this.running) void this.reload();
  }

  /** Ask how many items each scope holds. */
  async countScopes(): Promise<void> {
    const { state } = this;
    try {
      await state.scopes.count();
      state.emit("scopes", null);
    } catch (error) {
      if (!(error instanceof Disconnected)) state.report(error);
    }
  }

  /** Take the label columns anew, with the waiting edits on top. */
  async labels(): Promise<void> {
    const { state } = this;
    const labels = await this.transport.call("labels");
    const moved = state.labels !== null && state.labels.order !== labels.order;
    state.takeLabels(labels);
    if (moved) {
      state.forgetPositions();
      this.queue.forget();
    }
    this.edits.applyWaiting(null);
    state.cards.forget();
    state.emit("labels", null);
    if (!moved) return;
    state.emit("current", null);
    state.emit("hover", null);
    state.emit("chosen", state.chosen);
    state.emit("filter", state.filter);
    state.emit("queue", state.queue);
    // Seen outside a load (after a refusal): the rest has to come anew as well.
    if (!this.running) void this.reload();
  }

  /** Take what the kernel says by itself. */
  async heard(push: Push): Promise<void> {
    try {
      await this.take(push);
    } catch (error) {
      if (!(error instanceof Disconnected)) this.state.report(error);
    }
  }

  private async take(push: Push): Promise<void> {
    const { state } = this;
    switch (push.event) {
      case "stages":
        state.stages = push.stages;
        state.emit("stages", state.stages);
        return;
      case "layout":
        await this.layout();
        return;
      case "scores":
        // Which item comes first depends on what is decided already: not before the labels are there.
        await this.running;
        if (state.hello) state.hello.trust = push.trust ?? null;
        await this.scores();
        return;
      case "scores_rows":
        await this.running;
        await this.asking;
        await this.rows(push);
        return;
      case "level":
        await this.running;
        await this.asking;
        await this.level(push);
        return;
      case "sample":
        this.queue.takeSample(push.draws, push.asked);
        return;
      case "cells":
        this.edits.accept(push);
        return;
      case "select":
        if (push.items) this.queue.present(push.items, { tell: false });
        // Of several the first that is left to decide on is shown, which the queue has done.
        if (push.item !== undefined && !push.items?.length) state.select(push.item, { tell: false });
        return;
      case "scope":
        await this.running;
        this.queue.open(push);
        return;
      case "scopes":
        await this.running;
        this.queue.refresh();
        state.emit("facts", null);
        // Where nobody has asked how many there are, nobody sees it.
        if (state.scopes.list.length > 0) await this.countScopes();
        return;
      case "highlight":
        state.highlight(push.items);
        return;
      case "hello":
        await this.reload();
        return;
      case "versions":
        state.emit("versions", push);
        // Somebody switched branches and no "hello" has said so yet: every label may be another.
        await this.running;
        if (state.hello && state.hello.store.branch !== push.branch) await this.reload();
        return;
      case "helped":
        state.emit("helped", push);
    }
  }

  /** Decide under another name from here on. */
  async setRater(name: string): Promise<void> {
    const { state } = this;
    try {
      await this.transport.call("rater", { name });
      if (!state.hello) return;
      state.hello.rater = name;
      state.emit("hello", state.hello);
    } catch (error) {
      state.report(error);
    }
  }

  private reload(): Promise<void> {
    const running = this.load().finally(() => {
      if (this.running === running) this.running = null;
    });
    this.running = running;
    return running;
  }

  /**
   * Ask who is there, again after 1, 2, 4 … seconds, until one is answered. A host may send the first question before
   * it has a subshell for the widget: then a busy cell holds that one up, and answers a later one.
   */
  private async firstAnswer(): Promise<Hello> {
    const answered = new AbortController();
    let again: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise<Hello>((resolve, reject) => {
        const ask = (pause: number): void => {
          this.transport.call("hello", {}, answered.signal).then(resolve, reject);
          again = setTimeout(() => ask(2 * pause), pause);
        };
        ask(1000);
      });
    } finally {
      clearTimeout(again);
      answered.abort(new Error("Another question was answered."));
    }
  }

  private async load(): Promise<void> {
    const { state } = this;
    try {
      const hello = await this.firstAnswer();
      const { store } = state.hello ?? {};
      // Another branch or another store: what somebody else did there is no conflict here.
      const elsewhere = store && (store.id !== hello.store.id || store.branch !== hello.store.branch);
      if (elsewhere) state.conflicts.clear();
      state.hello = hello;
      state.stages = hello.stages;
      state.counts = hello.counts;
      state.saved = hello.store.saved;
      this.edits.open(hello.store.id, hello.store.branch);
      state.cards.reset();
      state.previews.clear();
      await this.labels();
      this.takeUpConflicts(hello);
      state.highlight(hello.highlighted ?? []);
      state.emit("hello", hello);
      state.emit("stages", state.stages);
      state.emit("counts", hello.counts);
      await Promise.all([
        hello.ready.layout ? this.layout() : null,
        hello.ready.scores ? this.scores() : null,
      ]);
      if (elsewhere) this.queue.begin();
      // Edits left from before a reload are shown with the labels; here they are sent again.
      state.emit("unsaved", this.edits.waiting);
      void this.edits.flush();
    } catch (error) {
      if (!(error instanceof Disconnected)) state.report(error);
    }
  }

  /** Decisions that were refused before a reload are asked about again. */
  private takeUpConflicts(hello: Hello): void {
    const { state } = this;
    const { id, branch } = hello.store;
    const kept = new Refused(placeOf(id, branch), pageStorage());
    if (state.labels) state.conflicts.takeUp(kept, state.labels, (code) => state.className(code));
  }

  private async layout(): Promise<void> {
    const { state } = this;
    state.layout = await this.transport.call("layout");
    state.emit("layout", state.layout);
  }

  /** Take whole score columns; asked for once more after the answer where that is wished meanwhile. */
  private scores(): Promise<void> {
    this.asked = true;
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async ask(): Promise<void> {
    while (this.asked) {
      this.asked = false;
      await this.takeScores();
    }
  }

  private async takeScores(): Promise<void> {
    const { state } = this;
    const [scores] = await Promise.all([this.transport.call("scores"), this.queue.prepare()]);
    // The page greeted the kernel before anything was scored.
    if (state.hello) state.hello.calibrated = scores.calibrated;
    state.cards.forget();
    this.queue.takeScores(scores);
    state.emit("scores", null);
    if (state.current === null) this.queue.begin();
  }

  /** Bring the scores to another level, where it follows what the page has; else ask for all of them. */
  private async level(change: LevelPush): Promise<void> {
    const { state } = this;
    const { scores } = state;
    if (!scores || change.version <= (scores.version ?? 0)) return;
    if (change.version > (scores.version ?? 0) + 1) {
      await this.scores();
      return;
    }
    state.counts = change.counts;
    state.cards.forget();
    this.queue.takeLevel(change);
    state.emit("scores", null);
    state.emit("counts", change.counts);
    if (state.current === null) this.queue.begin();
  }

  /** Take the scores of some rows, where they follow those that the page has; else ask for all of them. */
  private async rows(change: ScoresRowsPush): Promise<void> {
    const { state } = this;
    const { scores } = state;
    if (!scores) return;
    const have = scores.version ?? 0;
    // The columns were asked for after this was said.
    if (change.version <= have) return;
    const n = scores.p_error.length;
    if (change.version > have + 1 || change.rows.some((item) => item >= n)) {
      await this.scores();
      return;
    }
    state.counts = change.counts;
    state.cards.forget(change.rows);
    this.queue.takeRows(change);
    state.emit("scores", change.rows);
    state.emit("counts", change.counts);
    if (state.current === null) this.queue.begin();
  }
}
