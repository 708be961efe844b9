/**
 * How many wrong labels are left: the one estimate of the page. The kernel makes it of all items, so it is asked for only
 * while somebody sees it, at most once a second; at once after the random sample or the dial has changed.
 */
import type { LeftReply } from "../kernel/schema";
import type { Transport } from "../kernel/transport";
import type { ReviewState } from "./state";

/** Decisions come in bursts, and so do new scores. */
const SOON_MS = 200;
/** It follows the scores of a few items when nobody has decided for so long, and is asked for no more often than that. */
const REST_MS = 1000;

export class Estimate {
  /** As it was last answered; null before that, and while there are no scores. */
  left: LeftReply | null = null;
  /** Why the newest question was not answered; "" where it was. */
  error = "";
  /** Who shows it where somebody sees it. */
  private readonly viewers = new Set<object>();
  /** Whether it has to be asked for (again). */
  private wanted = false;
  private asked = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private turn = 0;
  /** Where the dial stood when it was asked for. */
  private target: number;

  constructor(
    private readonly state: ReviewState,
    private readonly transport: Transport,
  ) {
    this.target = state.dial.target;
    state.on("scores", (items) => this.soon(items === null ? SOON_MS : REST_MS));
    state.on("sample", () => this.soon(SOON_MS, SOON_MS));
    state.on("filter", () => {
      if (state.dial.target !== this.target) this.soon(SOON_MS, SOON_MS);
      this.target = state.dial.target;
    });
    state.on("hello", () => {
      if (!state.scores) this.take(null, "");
    });
  }

  /** Somebody sees it in one more place, or there no more. */
  see(viewer: object, sees: boolean): void {
    if (sees) this.viewers.add(viewer);
    else this.viewers.delete(viewer);
    if (this.viewers.size === 0) clearTimeout(this.timer);
    else if (sees && this.wanted) this.soon(0);
  }

  private soon(wait: number, gap = REST_MS): void {
    this.wanted = true;
    if (this.viewers.size === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), Math.max(wait, this.asked + gap - performance.now()));
  }

  private async ask(): Promise<void> {
    const { dial, scores } = this.state;
    this.wanted = false;
    if (!scores) return;
    this.asked = performance.now();
    const mine = ++this.turn;
    try {
      const left = await this.transport.call("left", { cut: dial.ready ? dial.cut.count : null });
      if (mine === this.turn) this.take(left, "");
    } catch (error) {
      if (mine === this.turn) this.take(this.left, (error as Error).message);
    }
  }

  private take(left: LeftReply | null, error: string): void {
    this.left = left;
    this.error = error;
    this.state.emit("left", left);
  }
}
