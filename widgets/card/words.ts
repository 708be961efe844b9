/** The card's sentences, made from numbers; no DOM, so that each is easy to test. */

import type { Card, HistoryEntry, ItemState } from "../core/kernel/schema";
import { clock } from "../core/kernel/words";
import { count } from "../core/ui/dom";

/**
 * Where the item stands: among the suspects once p_error is calibrated, in the ranking until then and where it is no
 * suspect (`suspect` is null).
 */
export function standing(
  rank: number | null,
  ranked: number,
  suspect: number | null = null,
  suspects = 0,
): string {
  if (suspect !== null) return `suspect ${count(suspect)} of ${count(suspects)}`;
  if (rank === null) return ranked > 0 ? "not ranked" : "not ranked yet";
  return `rank ${count(rank)} of ${count(ranked)}`;
}

/** What was decided on the item, by whom and when; `entry` is the newest decision if the card brought one. */
export function decision(state: ItemState, entry: HistoryEntry | null): string {
  switch (state) {
    case "given":
      return "as given";
    case "relabelled":
      return `relabelled${signed(entry, "set")}`;
    case "kept":
      return `kept${signed(entry, "keep")}`;
    case "flagged":
      return `marked ${entry?.op === "flag" && entry.reason ? entry.reason : "for a closer look"}${signed(entry, "flag")}`;
    case "left out":
      return `left out${signed(entry, "flag")}`;
    case "stale":
      return "stale: decided when the item had other content; decide again";
    case "conflict":
      return "conflict: the given label changed after the correction; decide again";
  }
}

/** The newest entry of a card's history. */
export function newest(card: Card): HistoryEntry | null {
  return card.history.reduce<HistoryEntry | null>((a, b) => (a && a.time >= b.time ? a : b), null);
}

function signed(entry: HistoryEntry | null, op: HistoryEntry["op"]): string {
  // An edit shown before its acknowledgement has no entry yet: then there is nobody to name.
  if (entry?.op !== op) return "";
  const reason = op !== "flag" && entry.reason ? `, ${entry.reason}` : "";
  return ` by ${entry.rater}, ${clock(entry.time)}${reason}${entry.why ? `: “${entry.why}”` : ""}`;
}
