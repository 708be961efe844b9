/** A merge of the branch "shoes" into "main" with two conflicts, and a kernel that resolves them, for tests. */

import type { Card } from "../core/kernel/types";
import type { Answers } from "../core/testing/mockModel";
import type { MergeView, Side } from "./types";

export function side(label: string | null, rater: string | null, changes: Partial<Side> = {}): Side {
  return {
    label,
    state: rater ? "relabelled" : "given",
    rater,
    time: rater ? "2026-03-01T10:05:00" : null,
    why: "",
    reason: "",
    event: `event of ${rater}`,
    pError: null,
    ...changes,
  };
}

export function twoConflicts(): MergeView {
  return {
    source: "shoes",
    into: "main",
    base: "b0",
    theirs: "t0",
    taken: 14,
    same: 3,
    notes: [],
    open: 2,
    upToDate: false,
    conflicts: [
      {
        item: 3,
        itemId: "id-3",
        field: "label",
        base: side("dog", null),
        ours: side("cat", "ann", { why: "<b>whiskers</b>" }),
        theirs: side("newt", "ben", { reason: "wrong", pError: 0.93 }),
        pick: null,
        value: null,
      },
      {
        item: 1,
        itemId: "id-1",
        field: "label",
        base: side("cat", null),
        ours: side("dog", "ann"),
        theirs: side("toad", "ben"),
        pick: null,
        value: null,
      },
    ],
  };
}

export function cardOf(item: number): Card {
  return {
    item,
    id: `id-${item}`,
    name: `row ${item}`,
    given: [0, 0, 1, 1, 2, -1][item] as number,
    current: [0, 0, 1, 1, 2, -1][item] as number,
    suggested: [0, 1, 1, 0, 2, 1][item] as number,
    suggested_p: null,
    p_error: null,
    rank: 1,
    ranked: 6,
    why: [],
    badges: [],
    preview: { kind: "text", text: `text of ${item}` },
    same: [2],
    other: [0],
    neighbours: [
      { item: 4, similarity: 0.8, relation: -0.8, label: 2 },
      { item: 2, similarity: 0.9, relation: 0.9, label: 1 },
    ],
    history: [],
    scores: {},
  };
}

/** Answers to the merge's calls, which keep what was resolved. */
export function mergeAnswers(view: MergeView = twoConflicts()): Answers {
  const find = (args: Record<string, unknown>) =>
    view.conflicts.find((each) => each.itemId === args.itemId) as MergeView["conflicts"][number];
  const told = () => {
    view.open = view.conflicts.filter((each) => each.pick === null).length;
    return structuredClone(view);
  };
  return {
    card: ({ item }) => cardOf(item as number),
    merge: told,
    nearest: ({ labels }) =>
      (labels as (string | null)[]).map((label) => ({ cat: [0], dog: [2], newt: [4] })[label ?? ""] ?? []),
    resolve: (args) => {
      Object.assign(find(args), { pick: args.pick, value: args.label ?? null });
      return told();
    },
    unresolve: (args) => {
      Object.assign(find(args), { pick: null, value: null });
      return told();
    },
    mergeAbort: () => {
      for (const each of view.conflicts) Object.assign(each, { pick: null, value: null });
      return null;
    },
    mergeCommit: () => ({
      commit: "m1",
      merged: 16,
      saved: "2026-03-01T11:00:00+00:00",
      cells: [{ item: 3, label: 2, state: "relabelled", event: "e-merge" }],
      counts: { reviewed: 2, relabelled: 2, kept: 0, flagged: 0, suspects: 3 },
      classes: ["cat", "dog", "newt"],
    }),
  };
}
