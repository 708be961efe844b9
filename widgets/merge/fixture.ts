/** Merges of the branch "shoes" into "main", and a kernel that settles them as the real one did, for tests. */

import recorded from "../../tests/fixtures/merge_answers.json";
import type { Card, MergeReply, MergeView, Side, WireError } from "../core/kernel/schema";
import type { Answers } from "../core/testing/mockModel";

export function side(label: string | null, rater: string, changes: Partial<Side> = {}): Side {
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

/** A merge of the branch "shoes" into "main": with so many conflicts, or with nothing to merge at all. */
export type Scenario = keyof typeof recorded;

/** The view of a merge as the kernel gives it while nothing is settled, or settled as `state` names it. */
export function viewOf(scenario: Scenario, state = ""): MergeView {
  const { states } = recorded[scenario] as unknown as Recorded;
  const view = states[state];
  if (!view) throw new Error(`No state "${state}" was recorded for "${scenario}".`);
  return structuredClone(view);
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
  };
}

/** What the kernel said; written, and held to what it says now, by tests/unit/panels/test_merge_answers.py. */
interface Recorded {
  states: Record<string, MergeView>;
  moves: [from: string, call: string, args: Record<string, unknown>, to: string][];
  commits: Record<string, MergeReply | { refused: WireError }>;
}

/** The kernel's answers to the merge's calls, as recorded, beginning where conflicts are settled as `state` names it. */
export function mergeAnswers(scenario: Scenario = "two", state = ""): Answers {
  const { moves, commits } = recorded[scenario] as unknown as Recorded;
  let now = state;
  const told = (): MergeView => viewOf(scenario, now);
  const go = (call: string, given: Record<string, unknown>): void => {
    const move = moves.find(
      ([from, name, args]) =>
        from === now &&
        name === call &&
        Object.entries(args).every(([key, value]) => given[key] === value) &&
        given.label === args.label,
    );
    if (!move) throw new Error(`No ${call} of ${JSON.stringify(given)} was recorded in "${now}".`);
    now = move[3];
  };
  return {
    card: ({ item }) => cardOf(item as number),
    merge: told,
    nearest: ({ labels }) =>
      (labels as (string | null)[]).map((label) => ({ cat: [0], dog: [2], newt: [4] })[label ?? ""] ?? []),
    resolve: (args) => {
      go("resolve", args);
      return told();
    },
    unresolve: (args) => {
      go("unresolve", args);
      return told();
    },
    mergeAbort: (args) => {
      go("mergeAbort", args);
      return null;
    },
    mergeCommit: () => {
      const reply = commits[now];
      if (!reply) throw new Error(`No commit was recorded in "${now}".`);
      if ("refused" in reply) throw reply.refused;
      return structuredClone(reply);
    },
  };
}
