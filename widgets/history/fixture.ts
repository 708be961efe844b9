/** Commits for tests of the history. */

import type { CommitRow, Entry, Timeline } from "../core/kernel/schema";
import type { Answers } from "../core/testing/mockModel";

export function entry(changes: Partial<Entry> = {}): Entry {
  return {
    time: "2026-03-01T10:05:00",
    rater: "ann",
    item: 1,
    itemId: "id-1",
    op: "set",
    old: "cat",
    new: "dog",
    why: "",
    reason: "",
    p_error: null,
    commit: "c1",
    event: "e1",
    kind: "edit",
    branch: "main",
    mergedFrom: null,
    ...changes,
  };
}

export function commit(name: string, changes: Partial<CommitRow> = {}): CommitRow {
  const time = changes.time ?? "2026-03-01T10:05:00";
  const entries = changes.entries ?? [entry({ commit: name, time })];
  return {
    commit: name,
    time,
    rater: "ann",
    raterKind: "person",
    kind: "edit",
    message: "",
    branch: "main",
    mergeParent: null,
    mergedFrom: null,
    tags: [],
    undone: false,
    undoable: true,
    count: entries.length,
    entries,
    ...changes,
  };
}

export function timelineOf(commits: CommitRow[], changes: Partial<Timeline> = {}): Timeline {
  return {
    commits,
    total: commits.length,
    raters: ["ann", "ben"],
    reasons: ["ambiguous"],
    labels: ["cat", "dog", "newt"],
    branch: "main",
    branches: [
      { name: "main", current: true, commit: "c3", time: "2026-03-01T10:05:00", ahead: 0 },
      { name: "careful", current: false, commit: "c9", time: "2026-03-01T11:05:00", ahead: 2 },
    ],
    tags: [{ name: "v1", commit: "c2", time: "2026-03-01T10:00:00", rater: "ann", why: "" }],
    ...changes,
  };
}

export const THREE = [
  commit("c3", {
    time: "2026-03-01T10:05:00",
    entries: [entry({ item: 3, itemId: "id-3", why: "it barks" })],
  }),
  commit("c2", {
    time: "2026-03-01T10:00:00",
    kind: "bulk",
    rater: "ben",
    tags: ["v1"],
    entries: [
      entry({ item: 1, itemId: "id-1" }),
      entry({ item: 2, itemId: "id-2" }),
      entry({ item: 4, itemId: "id-4", op: "keep", new: "newt", old: "newt" }),
    ],
  }),
  commit("c1", {
    time: "2026-02-27T09:00:00",
    kind: "import",
    message: "bind 6 items, 3 classes",
    entries: [],
    undoable: false,
  }),
];

/** A kernel that knows three commits and takes every wish. */
export function historyAnswers(commits: CommitRow[] = THREE): Answers {
  const versions = () => {
    const { branch, branches, tags } = timelineOf(commits);
    return { branch, branches, tags };
  };
  return {
    timeline: ({ limit }) => timelineOf(commits.slice(0, limit as number), { total: commits.length }),
    tag: versions,
    untag: versions,
    branch: versions,
    switch: versions,
    revert: () => ({
      commit: "c4",
      saved: "2026-03-01T10:06:00",
      cells: [{ item: 3, label: 1, state: "given", event: "e9" }],
      counts: { reviewed: 0, relabelled: 0, kept: 0, flagged: 0, suspects: 3 },
      classes: ["cat", "dog", "newt"],
    }),
    undo: () => null,
  };
}
