/** What narrows the queue, and how it is sorted. */

import type { ScopeName } from "../kernel/schema";

/**
 * Ways to sort a scope: as it orders its items itself, by damage (p_error times how much an item misleads), class by
 * class and so within each, or as the rows stand.
 */
export const SORTS = [
  { name: "suspicion", title: "worst first" },
  { name: "damage", title: "by damage" },
  { name: "class", title: "by class" },
  { name: "row", title: "by row" },
] as const;
export type Sort = (typeof SORTS)[number]["name"];

/** What a search in the explorer was for, and the items that it found. */
export interface Found {
  text: string;
  items: ReadonlySet<number>;
}

/** Which items are queued: those that pass all of it. */
export interface Filter {
  /** The label errors, the outliers …; "all" = every item. */
  scope: ScopeName;
  /** Only the first so many of the ranking; null = no such cut. Only of label errors, whose end it sets. */
  cut: number | null;
  /** Only this given → suggested pair of class codes. */
  pair: readonly [number, number] | null;
  /** Only items whose given label is of this class: whoever decides on one does not lose it from the queue. */
  label: number | null;
  /** Only these items (a lasso); null = all. */
  items: ReadonlySet<number> | null;
  /** Those items in the order in which they were named (random ones, as they were drawn), not by rank. */
  asNamed?: boolean;
  /** Only what a search has found; null = all. */
  found: Found | null;
  sort: Sort;
  /** Pass over items that a person has decided on. They keep their place in the queue, so nothing jumps. */
  hideReviewed: boolean;
}

/** What every dataset begins with. */
export const WHOLE = { pair: null, label: null, items: null, found: null } as const;
