/** Why nothing is queued, and what to do about it. */
import { nextScopeWords } from "./nextScope";
import type { Session } from "./session";

export function whyEmpty(session: Session): string {
  const { filter, scopes, narrowed, passing } = session;
  const { scope } = filter;
  if (narrowed) return "No item passes the filter: Esc takes it away, the newest part first.";
  if (filter.hideReviewed && passing > 0) return "Everything here is reviewed.";
  const why = scopes.get(scope)?.why || scopes.info(scope)?.none;
  if (scope === "label") {
    if (filter.cut !== null) return "No label is that likely wrong.";
    return "There are no suspects. The queue offers a random sample; the map shows every item.";
  }
  const next = nextScopeWords(session) || "Choose another scope above the queue";
  return `${why ?? "There is nothing in this scope."} ${next}.`;
}
