/** The camera's way from one view to another, a step a frame: even in what is seen, so zoom changes by factors. */
import type { View } from "./camera";

/** Milliseconds that points take to move to a new layout. */
export const TRANSITION = 600;

/** Slow at both ends. */
export function ease(t: number): number {
  const u = Math.min(1, Math.max(0, t));
  return u < 0.5 ? 4 * u * u * u : 1 - (2 - 2 * u) ** 3 / 2;
}

/** Show the views between two; returns what stops it on the way. */
export function fly(from: View, to: View, show: (view: View) => void): () => void {
  const start = performance.now();
  let frame = 0;
  const step = (): void => {
    const t = (performance.now() - start) / TRANSITION;
    show(between(from, to, ease(t)));
    if (t < 1) frame = requestAnimationFrame(step);
  };
  frame = requestAnimationFrame(step);
  return () => cancelAnimationFrame(frame);
}

/** The view at a share `u` of the way. */
export function between(from: View, to: View, u: number): View {
  if (u >= 1) return to;
  const mix = (a: number, b: number) => a + (b - a) * u;
  const grow = (a: number, b: number) => a * (b / a) ** u;
  return {
    x: mix(from.x, to.x),
    y: mix(from.y, to.y),
    kx: grow(from.kx, to.kx),
    ky: grow(from.ky, to.ky),
  };
}
