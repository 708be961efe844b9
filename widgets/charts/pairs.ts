/** Counts of given → suggested pairs: the label-pair matrix as a list, for eyes, keys and screen readers alike. */
import type { Labels, Scores } from "../core/kernel/schema";

export interface Pair {
  given: number;
  suggested: number;
  count: number;
  /** How many of them a person has decided on. */
  reviewed: number;
}

/** Pairs of differing labels, most frequent first; with `suspects`, only label issues count. */
export function labelPairs(
  labels: Pick<Labels, "given">,
  scores: Pick<Scores, "suggested" | "is_label_issue">,
  suspects: boolean,
  isReviewed: (item: number) => boolean,
): Pair[] {
  const pairs = new Map<string, Pair>();
  labels.given.forEach((given, item) => {
    const suggested = scores.suggested[item] ?? -1;
    if (given < 0 || suggested < 0 || given === suggested) return;
    if (suspects && scores.is_label_issue[item] !== 1) return;
    const key = `${given}:${suggested}`;
    const pair = pairs.get(key) ?? { given, suggested, count: 0, reviewed: 0 };
    pair.count += 1;
    if (isReviewed(item)) pair.reviewed += 1;
    pairs.set(key, pair);
  });
  return [...pairs.values()].sort(
    (a, b) => b.count - a.count || a.given - b.given || a.suggested - b.suggested,
  );
}
