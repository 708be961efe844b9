/**
 * What a map of points must be able to do, whatever draws it.
 *
 * It draws one small dot an item and knows where each is, also on its way from one layout to the next. Everything
 * that is about few items (suspects, rings, edges, names) is drawn above it by the overlay; gestures are read beside
 * it. So another renderer needs only this file, and every renderer looks and behaves the same.
 */
import { type Size, toScreenX, toScreenY, type View } from "../geometry/camera";

/** How present a dot is. Stored a byte an item. */
export const LEVEL = { dim: 0, normal: 1, strong: 2, suspect: 3, reviewed: 4 } as const;

export interface Look {
  /** Diameter in CSS pixels. */
  size: number;
  opacity: number;
}

/** Looks by level, smaller with more points: a software renderer pays for every pixel. */
export function looks(n: number): Look[] {
  const s = Math.min(5, Math.max(1.2, 5 - 1.55 * Math.log10(Math.max(n, 1000) / 1000)));
  return [
    { size: s * 0.9, opacity: 0.3 },
    { size: s, opacity: 0.42 },
    { size: s, opacity: 0.8 },
    { size: s * 1.5, opacity: 0.95 },
    { size: s, opacity: 0.2 },
  ];
}

/** How much larger dots are drawn when zoomed in, in steps, so that few looks are ever needed. */
export function growth(view: View, size: Size): number {
  const zoomed = Math.log2(Math.max(1, (2 * view.kx) / size.height));
  return Math.min(1.7, 1 + Math.round(zoomed * 2) * 0.1);
}

export interface RendererEvents {
  /** Dots were drawn, or are being drawn: what lies above must follow in the same frame. */
  frame(): void;
  /** The renderer cannot go on (its graphics context is gone); its owner replaces it. */
  lost(): void;
}

export interface PointRenderer {
  readonly kind: "webgl" | "canvas";
  /** Place the points (x0, y0, x1, y1, …); resolves once they have been drawn there. */
  setPositions(xy: Float32Array, options: { animate: boolean }): Promise<void>;
  /** Colour of each point as an index into the palette. */
  setColours(indices: Uint8Array, palette: readonly string[]): void;
  /** Presence of each point as a `LEVEL`. */
  setEmphasis(levels: Uint8Array): void;
  setView(view: View): void;
  /** Where a point is on the screen now, written to `out` to spare an object a point. */
  screenPosition(item: number, out: Float64Array): void;
  resize(size: Size): void;
  destroy(): void;
}

/** Positions that may be on their way: shared by all renderers, so that what lies above follows them exactly. */
export class Positions {
  private from: Float32Array | null = null;
  /** How much of the way is done, 0 to 1. */
  progress = 1;

  constructor(public to: Float32Array = new Float32Array()) {}

  moveTo(to: Float32Array, animate: boolean): void {
    this.from = animate && this.to.length === to.length ? this.to : null;
    this.to = to;
    this.progress = this.from ? 0 : 1;
  }

  x(item: number): number {
    const to = this.to[2 * item] as number;
    if (!this.from || this.progress >= 1) return to;
    const from = this.from[2 * item] as number;
    return from + (to - from) * this.progress;
  }

  y(item: number): number {
    const to = this.to[2 * item + 1] as number;
    if (!this.from || this.progress >= 1) return to;
    const from = this.from[2 * item + 1] as number;
    return from + (to - from) * this.progress;
  }

  screen(item: number, view: View, size: Size, out: Float64Array): void {
    out[0] = toScreenX(view, size, this.x(item));
    out[1] = toScreenY(view, size, this.y(item));
  }
}
