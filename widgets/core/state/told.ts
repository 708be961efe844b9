/** The scopes that say of each item why it is in them; label errors say it in the card's own lines, "everything" nothing. */
import type { ToldScope } from "../kernel/schema";

const TOLD = [
  "outlier",
  "near_duplicate",
  "conflicting_duplicate",
  "ambiguous",
  "underperforming",
  "imbalance",
  "non_iid",
  "kind",
  "raters",
  "giveaway",
  "odd_class",
  "shifted",
  "random",
] as const satisfies readonly ToldScope[];

/** The scope that a filter is of, where it is one of those. */
export function toldScope(filter: object): ToldScope | null {
  const name: unknown = "scope" in filter ? filter.scope : null;
  return TOLD.find((each) => each === name) ?? null;
}
