/** Commits, branches, tags and differences as the kernel tells of them. */
import type { HistoryEntry } from "./types";

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
