/**
 * From the review's columns to what the map shows: a colour and a level for every dot, and the marks drawn above.
 *
 * Computed when labels, scores or the filter change, never while panning.
 */

import type { Labels, Scores } from "../../core/kernel/schema";
import type { Filter } from "../../core/state/queueOrder";
import { PALETTE_LENGTH } from "../../core/ui/theme";
import { LEVEL } from "../renderers/renderer";

/** Places within which emphasis falls almost evenly. */
const STRAIGHT = 40;

/** States by number, as in core/wire: relabelled, kept and flagged are decisions. */
export function isReviewedState(state: number): boolean {
  return state >= 1 && state <= 3;
}

/** Palette index of each item's label now; unlabelled ones get the index after the palette. */
export function colourIndices(codes: Int32Array): Uint8Array {
  const indices = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    indices[i] = code < 0 ? PALETTE_LENGTH : code % PALETTE_LENGTH;
  }
  return indices;
}

/**
 * Presence of each dot. With "suspects" the rest stays in the background; a pair, a lasso or a highlighted class
 * dims everything outside it, so that what is chosen keeps its surroundings.
 */
export function levels(
  labels: Labels,
  scores: Scores | null,
  filter: Filter,
  highlight: number | null,
): Uint8Array {
  const n = labels.given.length;
  const out = new Uint8Array(n);
  const narrowed = filter.items !== null || filter.pair !== null;
  for (let i = 0; i < n; i++) {
    const outside =
      (highlight !== null && labels.current[i] !== highlight) ||
      (filter.items !== null && !filter.items.has(i)) ||
      (filter.pair !== null &&
        (labels.given[i] !== filter.pair[0] || scores?.suggested[i] !== filter.pair[1]));
    if (outside) out[i] = LEVEL.dim;
    else if (isReviewedState(labels.state[i] as number)) out[i] = LEVEL.reviewed;
    else if (scores?.is_label_issue[i] === 1) out[i] = LEVEL.suspect;
    else if (!filter.suspects || narrowed || highlight !== null || !scores) out[i] = LEVEL.strong;
    else out[i] = LEVEL.normal;
  }
  return out;
}

/** Items that are drawn with a ring, worst first: the queue's suspects and what has been decided on. */
export function markedItems(
  queue: readonly number[],
  labels: Labels,
  scores: Scores,
  highlight: number | null,
): Int32Array {
  const marked = queue.filter(
    (i) =>
      (scores.is_label_issue[i] === 1 || isReviewedState(labels.state[i] as number)) &&
      (highlight === null || labels.current[i] === highlight || scores.suggested[i] === highlight),
  );
  return Int32Array.from(marked);
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
