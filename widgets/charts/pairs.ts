/** Counts of given → suggested pairs: the label-pair matrix as a list, for eyes, keys and screen readers alike. */
import type { Labels, Scores } from "../core/kernel/schema";

export interface Pair {
  given: number;
  suggested: number;
  count: number;
  /** How many of them a person has decided on. */
  reviewed: number;
}

/** More classes than any dataset has: two codes make one number. */
const MOST_CLASSES = 2 ** 26;

/** Pairs of differing labels, most frequent first; with `suspects`, only label issues count. */
export function labelPairs(
  labels: Pick<Labels, "given">,
  scores: Pick<Scores, "suggested" | "is_label_issue">,
  suspects: boolean,
  isReviewed: (item: number) => boolean,
): Pair[] {
  const pairs = new Map<number, Pair>();
  const { given: codes } = labels;
  for (let item = 0; item < codes.length; item++) {
    const given = codes[item] as number;
    const suggested = scores.suggested[item] ?? -1;
    if (given < 0 || suggested < 0 || given === suggested) continue;
    if (suspects && scores.is_label_issue[item] !== 1) continue;
    const key = given * MOST_CLASSES + suggested;
    let pair = pairs.get(key);
    if (!pair) {
      pair = { given, suggested, count: 0, reviewed: 0 };
      pairs.set(key, pair);
    }
    pair.count++;
    if (isReviewed(item)) pair.reviewed++;
  }
  return [...pairs.values()].sort(
    (a, b) => b.count - a.count || a.given - b.given || a.suggested - b.suggested,
  );
}
