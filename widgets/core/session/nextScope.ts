/** Where to go on when everything of a scope is decided on, or nothing is in it: the one place that says so. */
import type { ScopeInfo, ScopeName } from "../kernel/schema";
import type { Session } from "./session";

/** Scopes that are no next work of their own: random checks have a button, and everything holds them all. */
const ALWAYS: ReadonlySet<ScopeName> = new Set(["random", "all"]);

/**
 * The next scope with open items, as they stand in the row and round again; of a scope of which only a part is queued the
 * rest comes first. Null where there is none, or nobody knows yet.
 */
export function nextScope({ scopes, filter, narrowed }: Session): ScopeInfo | null {
  const list = scopes.list.filter(({ name, open, lacking }) => {
    const here = name === filter.scope;
    return here || (open > 0 && !lacking && !ALWAYS.has(name));
  });
  const at = list.findIndex(({ name }) => name === filter.scope);
  const here = list[at];
  if (narrowed && here && here.open > 0 && !ALWAYS.has(here.name)) return here;
  return list[at + 1] ?? list.find((_, place) => place !== at) ?? null;
}

/** "Next: near duplicates (8 open)"; "" where there is none. */
export function nextScopeWords(session: Session): string {
  const next = nextScope(session);
  return next ? `Next: ${next.title} (${next.open.toLocaleString("en-GB")} open)` : "";
}

/** Queue all of the next scope. */
export function goToNextScope(session: Session): void {
  const scope = nextScope(session)?.name;
  if (scope) session.setFilter({ scope, pair: null, label: null, items: null, found: null });
}
