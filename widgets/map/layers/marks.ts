/**
 * From the review's columns to what the map shows: a colour and a level for every dot, and the marks drawn above.
 *
 * Computed when labels, scores or the filter change, never while panning.
 */

import type { Labels, ScopeName, Scores } from "../../core/kernel/schema";
import type { Session } from "../../core/session/session";
import { IS_DECIDED } from "../../core/state/columns";
import { PALETTE_LENGTH } from "../../core/ui/theme";
import { LEVEL } from "../renderers/renderer";

/** Places within which emphasis falls almost evenly. */
const STRAIGHT = 40;

/** Palette index of a label; unlabelled items get the index after the palette. */
export function colourIndex(code: number): number {
  return code < 0 ? PALETTE_LENGTH : code % PALETTE_LENGTH;
}

/** Palette index of each item's label now; of what is outside, grey. */
export function colourIndices(codes: Int32Array, presence?: Uint8Array): Uint8Array {
  const indices = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++)
    indices[i] = presence?.[i] === LEVEL.dim ? PALETTE_LENGTH : colourIndex(codes[i] as number);
  return indices;
}

/** What of the review the map shows, and what is only around it. */
export interface Shown {
  /** Label errors and everything have every class around them, in its colour; around another scope all is grey. */
  scope: ScopeName;
  /** Whether more than the scope narrows what is shown: then all else is grey. */
  narrowed: boolean;
  /** Whether an item passes scope and filter. */
  passes(item: number): boolean;
  /** Items that stand out; none = all are shown alike. */
  highlighted: ReadonlySet<number>;
  /** Whether a decision on the item is not on disk yet. */
  waits(item: number): boolean;
}

/** As a session has it, now and whenever it is read. */
export function shownOf(session: Session): Shown {
  return {
    get scope() {
      return session.filter.scope;
    },
    get narrowed() {
      return session.narrowed;
    },
    get highlighted() {
      return session.highlighted;
    },
    passes: (item) => session.passes(item),
    waits: (item) => session.isWaiting(item),
  };
}

/** Presence of a dot. What lies outside scope and filter is grey and not gone: what is shown keeps its surroundings. */
export function levelOf(item: number, labels: Labels, scores: Scores | null, shown: Shown): number {
  const { scope, narrowed, highlighted } = shown;
  if (highlighted.size > 0) return highlighted.has(item) ? LEVEL.suspect : LEVEL.dim;
  const own = scope === "label" || scope === "all";
  if ((narrowed || (!own && scores !== null)) && !shown.passes(item)) return LEVEL.dim;
  // Decided and not on disk yet: as present as it was.
  if (IS_DECIDED[labels.state[item] as number] && !shown.waits(item)) return LEVEL.reviewed;
  if (scores?.is_label_issue[item] === 1 || (!own && scores !== null)) return LEVEL.suspect;
  return scope === "label" && !narrowed && scores !== null ? LEVEL.normal : LEVEL.strong;
}

/** Presence of each dot. */
export function levels(labels: Labels, scores: Scores | null, shown: Shown): Uint8Array {
  const out = new Uint8Array(labels.given.length);
  for (let i = 0; i < out.length; i++) out[i] = levelOf(i, labels, scores, shown);
  return out;
}

/** Whether an item of the queue is drawn with a ring: all of a scope, but of everything only suspects and decisions. */
export function isMarked(item: number, labels: Labels, scores: Scores, shown: Shown): boolean {
  const { scope, highlighted } = shown;
  if (highlighted.size > 0 && !highlighted.has(item)) return false;
  if (scope !== "label" && scope !== "all") return true;
  return scores.is_label_issue[item] === 1 || IS_DECIDED[labels.state[item] as number] === true;
}

/** Items that are drawn with a ring, in the queue's order. */
export function markedItems(
  queue: readonly number[],
  labels: Labels,
  scores: Scores,
  shown: Shown,
): Int32Array {
  return Int32Array.from(queue.filter((item) => isMarked(item, labels, scores, shown)));
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
