/** How a method's last run went, in words. */
import type { Method, MethodState } from "../core/types";

const STATES: Record<MethodState, string> = {
  ran: "ran",
  stale: "stale",
  skipped: "did not run",
  failed: "failed",
  waiting: "has not run yet",
};

/** "ran", "did not run: needs suites", "failed: ValueError: …". */
export function stateWords({ state, note }: Pick<Method, "state" | "note">): string {
  return note ? `${STATES[state]}: ${note}` : STATES[state];
}

/** The line under a page's title. */
export function standingWords(method: Method): string {
  const issue =
    method.name === "p_error" ? "all methods of label issues" : `${method.issue.replaceAll("_", " ")} issues`;
  const columns = method.columns.length > 1 ? ` · columns ${method.columns.join(", ")}` : "";
  return `${issue} · ${stateWords(method)}${method.name === "p_error" ? "" : columns}`;
}
