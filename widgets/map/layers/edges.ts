/** The lines from the current item: to the other copies, in a scope that decides on them together, else to neighbours. */
import type { Card } from "../../core/kernel/schema";
import type { Session } from "../../core/session/session";
import type { Edge } from "./overlay";

/** Lines to more copies than that say nothing. */
const MOST = 200;

export function edgesOf(session: Session, card: Card | null, conflictsOnly: boolean): Edge[] {
  const { current, labels } = session;
  const label = (item: number): number => labels?.current[item] ?? -1;
  const set = current === null ? [] : session.scopeSet(current);
  const ends =
    current !== null && set.length > 0
      ? set.slice(0, MOST).map((item) => ({ item, agrees: label(item) === label(current), weight: 1 }))
      : (card?.neighbours ?? []).map((neighbour) => ({
          item: neighbour.item,
          agrees: label(neighbour.item) === label(card?.item ?? -1),
          weight: Math.min(1, Math.abs(neighbour.relation)),
        }));
  return ends.filter((edge) => edge.item !== current && !(conflictsOnly && edge.agrees));
}
