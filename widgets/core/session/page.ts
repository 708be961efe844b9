/**
 * The sessions of a page, one a review.
 *
 * Each widget loads its own copy of the bundle, so they live on `globalThis`; a copy of another version keeps to its own.
 */
import { Session } from "./session";

/** The page's sessions, shared by all copies of the bundle. */
export function sessionOf(review: string): Session {
  const key = Symbol.for("data-quality-explorer.sessions.3");
  const page = globalThis as unknown as Record<symbol, Map<string, Session> | undefined>;
  page[key] ??= new Map();
  let session = page[key].get(review);
  if (!session) {
    session = new Session(review);
    page[key].set(review, session);
  }
  return session;
}
