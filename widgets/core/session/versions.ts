/** The calls about commits, branches and tags. */

import type { Diff, EditReply, Entry, Timeline, TimelineFilter, Versions } from "../kernel/schema";
import { freshId } from "../kernel/wire";
import type { Session } from "./session";

/** Commits newest first, at most `limit`, and what the branch chooser and the filters need. */
export function timeline(session: Session, limit: number, filter: TimelineFilter): Promise<Timeline> {
  return session.transport.call("timeline", { limit, ...filter });
}

/** Decisions of one commit from the `offset`-th on. */
export function entriesOf(
  session: Session,
  commit: string,
  offset: number,
  limit: number,
): Promise<{ entries: Entry[]; total: number }> {
  return session.transport.call("entries", { commit, offset, limit });
}

/** What changed between two versions: "head", "base", a tag, a branch, a commit (or how its id begins), a time. */
export function diff(session: Session, a: string, b: string, limit: number): Promise<Diff> {
  return session.transport.call("diff", { a, b, limit });
}

/** Take commits back by one new commit; what the page shows follows. `op_id` makes a retry the same revert. */
export async function revert(
  session: Session,
  commits: readonly string[],
  why: string,
  op_id: string = freshId(),
): Promise<EditReply> {
  const reply = await session.transport.call("revert", {
    commits: [...commits],
    ...(why ? { why } : {}),
    op_id,
  });
  session.accept(reply);
  return reply;
}

export function tag(session: Session, name: string, when: string): Promise<Versions> {
  return session.transport.call("tag", { name, when });
}

export function untag(session: Session, name: string): Promise<Versions> {
  return session.transport.call("untag", { name });
}

/** Make a branch at a version and go there. Decisions that wait are sent first: they belong where they were made. */
export async function branch(session: Session, name: string, at: string): Promise<Versions> {
  await session.flush();
  return session.transport.call("branch", { name, at, go: true });
}

export async function switchTo(session: Session, name: string): Promise<Versions> {
  await session.flush();
  return session.transport.call("switch", { name });
}
