/** Places of the relation map's marks: arithmetic only. */
import type { Relations } from "../core/kernel/schema";

export interface Room {
  width: number;
  height: number;
  /** Free room at each side, for a mark's radius and the words of the axes. */
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Mark {
  /** Position among the relations, nearest first. */
  index: number;
  x: number;
  y: number;
  radius: number;
}

const SMALLEST = 3;
const LARGEST = 6.5;
/** The variance axis never ends below this: what trembles less is steady. */
const STEADY = 0.02;

/** Upper end of the variance axis: a round number with every neighbour below it. */
export function ceiling(variance: Float32Array): number {
  const most = variance.reduce((a, b) => Math.max(a, b), 0);
  const steps = [STEADY, 0.05, 0.1, 0.2, 0.5, 1];
  return steps.find((step) => most <= step) ?? 1;
}

/** Where a mean in [-1, 1] lies from left to right. */
export function across(mean: number, room: Room): number {
  return room.left + ((Math.max(-1, Math.min(1, mean)) + 1) / 2) * (room.width - room.left - room.right);
}

/** A mark for each neighbour; the least certain relation is the smallest, and the strongest are drawn last. */
export function marks(found: Pick<Relations, "mean" | "variance" | "last">, room: Room): Mark[] {
  const top = ceiling(found.variance);
  const height = room.height - room.top - room.bottom;
  return Array.from(found.mean, (mean, index) => ({
    index,
    x: across(mean, room),
    y: room.height - room.bottom - (Math.min(top, found.variance[index] as number) / top) * height,
    radius: SMALLEST + (LARGEST - SMALLEST) * Math.min(1, Math.abs(found.last[index] as number)),
  })).sort((a, b) => a.radius - b.radius || a.index - b.index);
}

/** The marks in words: how many contradict the label, confirm it, or wavered; short, beside the button. */
export function relationSummary(found: Pick<Relations, "mean" | "variance" | "last">): string {
  let against = 0;
  let by = 0;
  let wavering = 0;
  found.mean.forEach((mean, i) => {
    if ((found.variance[i] as number) > STEADY) wavering++;
    else if (mean < 0) against++;
    else if (mean > 0) by++;
  });
  return `${against} contradict, ${by} confirm, ${wavering} wavered`;
}
