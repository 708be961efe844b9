/** The decisions that are not on disk yet: which outbox they wait in, and which items they are about. */

import { Outbox, pageMemory, pageStorage } from "../kernel/outbox";
import type { Edit } from "../kernel/schema";
import type { ReviewState } from "../state/state";

export interface Unsaved {
  /** In the order in which they were made. */
  edits: readonly Edit[];
  /** Whether they would still be here after the page was closed. */
  lasting: boolean;
  /** Of the items in the queue, how many wait, and how many of those are decided on once they are saved. */
  inQueue: { all: number; decided: number };
}

export class Waiting {
  /** The outbox of the store and branch that are shown. */
  box: Outbox | null = null;
  private readonly boxes = new Map<string, Outbox>();
  /** Ends the watch over the outbox of before when another is taken up. */
  private watch = new AbortController();
  /** While this changes an outbox itself, and whoever asked for it tells of it afterwards. */
  private changing = false;

  constructor(private readonly state: ReviewState) {}

  /** Take up the outbox of a place; returns the one of before where that was another. */
  open(place: string): Outbox | null {
    const before = this.box;
    // The one of before, if there is one: it may hold edits that no storage has.
    this.box = this.boxes.get(place) ?? new Outbox(place, pageStorage(), pageMemory());
    this.boxes.set(place, this.box);
    if (before === this.box) return null;
    this.watch.abort();
    this.watch = new AbortController();
    this.box.watch(() => this.changed(), this.watch.signal);
    return before;
  }

  /** Edits not yet acknowledged, in the order in which they were made. */
  get edits(): readonly Edit[] {
    return this.box?.list() ?? [];
  }

  get unsaved(): Unsaved {
    const { edits, box, state } = this;
    return { edits, lasting: box?.lasting ?? true, inQueue: state.waitingInQueue };
  }

  /** Change an outbox, the one that is shown if no other is named; the caller tells of it. */
  change(act: (box: Outbox) => void, box = this.box): void {
    if (!box) return;
    this.changing = true;
    try {
      act(box);
    } finally {
      this.changing = false;
    }
    this.note();
  }

  /** Note which items wait; edits made in another order of the items have positions that mean others here. */
  note(): void {
    const order = this.state.labels?.order;
    const here = this.edits.filter((edit) => edit.order === order);
    this.state.unsaved = new Set(here.flatMap((edit) => edit.items));
  }

  /** Another session of the page has sent, or made, decisions on this store. */
  private changed(): void {
    if (this.changing) return;
    const before = this.state.unsaved;
    this.note();
    this.state.emit("labels", [...new Set([...before, ...this.state.unsaved])]);
    this.state.emit("unsaved", this.edits.length);
  }
}
