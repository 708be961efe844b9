/** Commits, branches and tags as the kernel tells of them, and the calls about them. */

import type { EditReply, HistoryEntry } from "../kernel/types";
import { freshId } from "../kernel/wire";
import type { Session } from "./session";

/** One decision inside a commit. */
export interface Entry extends HistoryEntry {
  /** The branch that it was made on. */
  branch: string;
  /** The branch that a merge brought it from. */
  mergedFrom: string | null;
  /** What was decided about, if it is not the label. */
  field?: string;
}

export interface CommitRow {
  commit: string;
  time: string;
  rater: string;
  raterKind: string;
  kind: "edit" | "bulk" | "keep" | "merge" | "revert" | "schema" | "import" | string;
  message: string;
  branch: string;
  mergeParent: string | null;
  /** For a merge, the branch that came in, if its name is known. */
  mergedFrom: string | null;
  tags: string[];
  /** Taken back by a later commit. */
  undone: boolean;
  undoable: boolean;
  /** Decisions in it; `entries` holds the first of them. */
  count: number;
  entries: Entry[];
}

export interface Branch {
  name: string;
  current: boolean;
  commit: string;
  time: string;
  /** Commits that main does not have. */
  ahead: number;
}

export interface Tag {
  name: string;
  commit: string;
  time: string | null;
  rater: string;
  why: string;
}

export interface Versions {
  branch: string;
  branches: Branch[];
  tags: Tag[];
}

export interface Timeline extends Versions {
  commits: CommitRow[];
  /** Commits in all that match the filter. */
  total: number;
  raters: string[];
  reasons: string[];
  labels: string[];
}

export interface TimelineFilter {
  rater?: string;
  label?: string;
  reason?: string;
  item?: string;
}

export interface DiffRow {
  item: number | null;
  itemId: string;
  old: string | null;
  new: string | null;
  rater: string;
  time: string | null;
  why: string;
  commit: string;
}

export interface Diff {
  /** Commit ids of the two versions. */
  a: string;
  b: string;
  rows: DiffRow[];
  total: number;
  counts: [old: string | null, next: string | null, n: number][];
  /** Items that only the later, or only the earlier version holds. */
  added: number;
  removed: number;
}

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
  const reply = await session.transport.call<EditReply>("revert", {
    commits,
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
