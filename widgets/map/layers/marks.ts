/**
 * From the review's columns to what the map shows: a colour and a level for every dot, and the marks drawn above.
 *
 * Computed when labels, scores or the filter change, never while panning.
 */

import type { Labels, Scores } from "../../core/kernel/schema";
import { IS_DECIDED } from "../../core/state/columns";
import type { Filter } from "../../core/state/queueOrder";
import { PALETTE_LENGTH } from "../../core/ui/theme";
import { LEVEL } from "../renderers/renderer";

/** Places within which emphasis falls almost evenly. */
const STRAIGHT = 40;

/** Palette index of a label; unlabelled items get the index after the palette. */
export function colourIndex(code: number): number {
  return code < 0 ? PALETTE_LENGTH : code % PALETTE_LENGTH;
}

/** Palette index of each item's label now. */
export function colourIndices(codes: Int32Array): Uint8Array {
  const indices = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) indices[i] = colourIndex(codes[i] as number);
  return indices;
}

/**
 * Presence of a dot. With "suspects" the rest stays in the background; a pair, a lasso or a highlighted class dims
 * everything outside it, so that what is chosen keeps its surroundings.
 */
export function levelOf(
  item: number,
  labels: Labels,
  scores: Scores | null,
  filter: Filter,
  highlight: number | null,
  waiting: (item: number) => boolean = () => false,
): number {
  const { items, pair, suspects } = filter;
  if (highlight !== null && labels.current[item] !== highlight) return LEVEL.dim;
  if (items !== null && !items.has(item)) return LEVEL.dim;
  if (pair !== null && (labels.given[item] !== pair[0] || scores?.suggested[item] !== pair[1]))
    return LEVEL.dim;
  // Decided and not on disk yet: as present as it was.
  if (IS_DECIDED[labels.state[item] as number] && !waiting(item)) return LEVEL.reviewed;
  if (scores?.is_label_issue[item] === 1) return LEVEL.suspect;
  const background = suspects && items === null && pair === null && highlight === null && scores !== null;
  return background ? LEVEL.normal : LEVEL.strong;
}

/** Presence of each dot. */
export function levels(
  labels: Labels,
  scores: Scores | null,
  filter: Filter,
  highlight: number | null,
  waiting?: (item: number) => boolean,
): Uint8Array {
  const out = new Uint8Array(labels.given.length);
  for (let i = 0; i < out.length; i++) out[i] = levelOf(i, labels, scores, filter, highlight, waiting);
  return out;
}

/** Whether an item of the queue is drawn with a ring: a suspect, or one that has been decided on. */
export function isMarked(item: number, labels: Labels, scores: Scores, highlight: number | null): boolean {
  return (
    (scores.is_label_issue[item] === 1 || IS_DECIDED[labels.state[item] as number] === true) &&
    (highlight === null || labels.current[item] === highlight || scores.suggested[item] === highlight)
  );
}

/** Items that are drawn with a ring, worst first. */
export function markedItems(
  queue: readonly number[],
  labels: Labels,
  scores: Scores,
  highlight: number | null,
): Int32Array {
  return Int32Array.from(queue.filter((item) => isMarked(item, labels, scores, highlight)));
}

/**
 * How much a mark stands out, 0 to 1: its p_error, or its place among the marks while nothing is calibrated
 * (an uncalibrated number would pass for a probability).
 */
export function emphasis(
  item: number,
  place: number,
  marks: number,
  scores: Scores,
  calibrated: boolean,
): number {
  // Almost straight among few marks, logarithmic among many: the first hundred stand out of ten thousand too.
  if (!calibrated)
    return marks > 1 ? 1 - Math.log1p(place / STRAIGHT) / Math.log1p((marks - 1) / STRAIGHT) : 1;
  const p = scores.p_error[item] as number;
  return p >= 0 ? Math.min(1, p) : 0;
}
