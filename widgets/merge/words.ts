/** The merge's sentences, made from numbers; no DOM, so that each is easy to test. */

import type { MergeConflict, MergeView, Side } from "../core/kernel/schema";
import { clock, day, percent } from "../core/kernel/words";
import { count } from "../core/ui/dom";

/** "Merge shoes into main: 14 taken, 3 same, 2 of 5 conflicts open". */
export function headline(view: MergeView): string {
  const all = view.conflicts.length;
  const conflicts =
    all === 0
      ? "no conflicts"
      : view.open === 0
        ? all === 1
          ? "its conflict resolved"
          : `all ${count(all)} conflicts resolved`
        : `${count(view.open)} of ${count(all)} conflict${all === 1 ? "" : "s"} open`;
  return `Merge ${view.source} into ${view.into}: ${count(view.taken)} taken, ${count(view.same)} same, ${conflicts}`;
}

/** What there is to do now, or why there is nothing; "" while conflicts are open, which show themselves. */
export function nextStep(view: MergeView): string {
  if (view.upToDate)
    return `${view.into} already has everything of ${view.source}. There is nothing to merge.`;
  if (view.conflicts.length === 0)
    return view.taken === 0
      ? `No label of ${view.into} changes: both branches say the same. MergeDraft only writes down that they have met.`
      : `No item was decided in two ways. ${changes(view.taken)} of ${view.source} can be merged as they are.`;
  if (view.open > 0) return "";
  return "Nothing is written yet. Merge when you have looked it over.";
}

function changes(n: number): string {
  return n === 1 ? "The one change" : `The ${count(n)} changes`;
}

/** "Merged shoes into main: 14 changes taken, 5 conflicts resolved." */
export function done(view: MergeView, merged: number): string {
  const all = view.conflicts.length;
  if (merged === 0 && view.taken + all > 0) return `${view.source} was merged into ${view.into} already.`;
  const parts = [`${count(view.taken)} change${view.taken === 1 ? "" : "s"} taken`];
  if (all > 0) parts.push(`${count(all)} conflict${all === 1 ? "" : "s"} resolved`);
  if (merged !== view.taken + all) parts.push(`${count(merged)} label${merged === 1 ? "" : "s"} written`);
  return `Merged ${view.source} into ${view.into}: ${parts.join(", ")}.`;
}

/** Who gave a side its label, and when: "ann, yesterday 10:32"; what is as upstream gave it has nobody to name. */
export function signature(side: Side): string {
  if (!side.rater) return "as given";
  if (!side.time) return side.rater;
  const date = day(side.time);
  return `${side.rater}, ${date === "today" ? "" : `${date} `}${clock(side.time)}`;
}

/** What a side did with the label, where the label alone does not say it. */
export function deed(side: Side): string {
  switch (side.state) {
    case "kept":
      return "kept on purpose";
    case "flagged":
      return `marked ${side.reason || "for a closer look"}`;
    case "left out":
      return "left out";
    case "given":
      return side.rater ? "decision taken back" : "";
    default:
      return side.reason ? `because ${side.reason}` : "";
  }
}

/** How the ranking spoke of the given label when the rater decided; a percentage only once that is calibrated. */
export function saw(side: Side, calibrated: boolean): string {
  const p = side.pError;
  if (p === null || Number.isNaN(p)) return "";
  return `saw p_error ${calibrated ? percent(p).replace(" ", "\u00a0") : p.toFixed(2)}`;
}

/** The label that a resolution leaves. */
export function outcome(conflict: MergeConflict): string | null {
  if (conflict.pick === "ours") return conflict.ours.label;
  if (conflict.pick === "theirs") return conflict.theirs.label;
  return conflict.value;
}
