/** Where to go on when everything of a scope is decided on, or nothing is in it. */
import type { ScopeInfo } from "../kernel/schema";
import type { Session } from "./session";

/** The next scope, as they stand in the row, that has open items; null where there is none, or nobody knows yet. */
export function nextScope(session: Session): ScopeInfo | null {
  // Everything is no job of its own, and random checks are mixed into the label errors.
  const list = session.scopes.list.filter(({ name }) => name !== "all" && name !== "random");
  const at = list.findIndex(({ name }) => name === session.filter.scope);
  const after = [...list.slice(at + 1), ...list.slice(0, Math.max(0, at))];
  return after.find(({ open }) => open > 0) ?? null;
}

/** "Next: near duplicates, 8 open."; "" where there is none. */
export function nextScopeWords(session: Session): string {
  const next = nextScope(session);
  return next ? `Next: ${next.title}, ${next.open.toLocaleString("en-GB")} open.` : "";
}
