/**
 * A loop of animation frames that rests: it runs while something may still be drawn, and asks for no frame afterwards.
 *
 * regl's own loop asks for 60 frames a second for as long as it lives.
 */

/** Frames after the last sign of work: settings of regl-scatterplot come into force up to three frames late. */
const LINGER = 12;

export class Frames {
  private step: (() => void) | null = null;
  private wanted = 0;
  private left = 0;

  /** `busy` says whether a draw is under way, however long it takes. */
  constructor(private readonly busy: () => boolean) {}

  /** Call this in every frame of the loop, until it is cancelled. */
  begin(step: () => void): { cancel(): void } {
    this.step = step;
    this.wake();
    return { cancel: () => this.end() };
  }

  /** Something is to be drawn, or was: go on. */
  wake(): void {
    this.left = LINGER;
    if (this.step && this.wanted === 0) this.wanted = requestAnimationFrame(() => this.run());
  }

  private run(): void {
    this.wanted = 0;
    if (!this.step) return;
    this.left--;
    this.step();
    if (this.left > 0 || this.busy()) this.wanted ||= requestAnimationFrame(() => this.run());
  }

  private end(): void {
    cancelAnimationFrame(this.wanted);
    this.wanted = 0;
    this.step = null;
  }
}
