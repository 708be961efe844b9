/** How a method's last run went, in words. */

import type { Method, MethodState } from "../core/kernel/schema";
import { clock, day } from "../core/kernel/words";
import { count } from "../core/ui/dom";

const STATES: Record<Exclude<MethodState, "stale">, string> = {
  ran: "ran",
  skipped: "did not run",
  failed: "failed",
  waiting: "has not run yet",
};

/** "ran", "did not run: needs suites", "failed: ValueError: …", "as of 09:12, before 3 changes". */
export function stateWords(method: Pick<Method, "state" | "note" | "since" | "changes">, now?: Date): string {
  const { state, note } = method;
  const said = state === "stale" ? asOf(method.since ?? null, method.changes ?? 0, now) : STATES[state];
  return note ? `${said}: ${note}` : said;
}

/** "as of 09:12, before 3 changes": what holds for the labels as they were. */
export function asOf(since: string | null, changes: number, now: Date = new Date()): string {
  const before =
    changes === 0
      ? "before changes that were taken back"
      : `before ${count(changes)} ${changes === 1 ? "change" : "changes"}`;
  if (!since) return before;
  const said = day(since, now);
  return `as of ${said === "today" ? "" : `${said}, `}${clock(since)}, ${before}`;
}

/** The line under a page's title. */
export function standingWords(method: Method): string {
  const issue =
    method.name === "p_error" ? "all methods of label issues" : `${method.issue.replaceAll("_", " ")} issues`;
  const columns = method.columns.length > 1 ? ` · columns ${method.columns.join(", ")}` : "";
  return `${issue} · ${stateWords(method)}${method.name === "p_error" ? "" : columns}`;
}
