/** What the kernel tells the browser, in the words of the Python half. */

/** What the kernel says of a call that failed: never a traceback, always what to do. */
export interface WireError {
  type: string;
  message: string;
  remedy: string;
  /** The reason may pass (the store is locked, the disk is full): the same call may succeed later. */
  transient?: boolean;
  /** For a refused edit: what stands there now. */
  cells?: Cell[];
}

/** The label of one item as the store has it. */
export interface Cell {
  item: number;
  /** Class code of the label now; -1 = unlabelled. */
  label: number;
  state: ItemState;
  /** What the writer must name to change it: an event id, or the base of a snapshot. */
  event: string;
  rater?: string;
  time?: string;
  why?: string;
}

/** States of an item, as the kernel numbers them in the `state` column. */
export const STATES = ["given", "relabelled", "kept", "flagged", "stale", "conflict"] as const;
export type ItemState = (typeof STATES)[number];

export interface Stage {
  name: "embed" | "graph" | "score" | "layout" | "probe" | string;
  state: "waiting" | "running" | "done" | "failed" | "cancelled" | "skipped";
  done: number;
  total: number;
  unit: string;
  device: string;
  note: string;
  seconds: number;
  rate: number;
  left: number | null;
}

export interface Counts {
  /** Items decided on by a person: relabelled, kept or flagged. */
  reviewed: number;
  relabelled: number;
  kept: number;
  flagged: number;
  /** Items that the ranking called label issues when this was counted; what is shown is `session.suspects`. */
  suspects: number;
}

export interface Hello {
  protocol: 1;
  review: string;
  /** Grows when the items themselves change (unreadable ones were set aside): every column must be asked for anew. */
  epoch: number;
  store: { id: string; name: string; branch: string; saved: string | null };
  dataset: {
    n: number;
    kind: "image" | "text" | "table" | "vector";
    classes: string[];
    source: string;
    unlabelled: number;
    setAside: number;
    notes: string[];
  };
  rater: string;
  /** False until p_error is calibrated: the UI then shows ranks and no percentages. */
  calibrated: boolean;
  embedder: string;
  trust: string | null;
  stages: Stage[];
  counts: Counts;
  reasons: string[];
  /** What is ready to be asked for. */
  ready: { layout: string | null; scores: boolean };
}

/** Columns over all items, in the dataset's order. */
export interface Labels {
  given: Int32Array;
  current: Int32Array;
  state: Uint8Array;
  /** Names the order of the items: positions mean something only together with it. */
  order: string;
  /** Event ids of the items that have events, and the one that stands for all the others. */
  seen: { base: string; events: Record<string, string> };
}

export interface Scores {
  /** Whether p_error may be read as a probability. */
  calibrated: boolean;
  suggested: Int32Array;
  /** NaN where the item is unlabelled. */
  p_error: Float32Array;
  /** Items that the audit drew, each once, to be mixed into the queue in this order. */
  draws: Int32Array;
  /** Items that an audit by itself has asked about, decided on or not. */
  asked?: Int32Array;
  /** Share of the queue that is drawn, as the review says. */
  audit_rate: number;
  is_label_issue: Uint8Array;
  is_outlier_issue: Uint8Array;
  is_near_duplicate_issue: Uint8Array;
  /** Grows by one with each `ScoreRows`. */
  version?: number;
}

/** Scores of the rows that a change has touched; items are ordered by p_error, so places need not travel. */
export interface ScoreRows {
  version: number;
  rows: Int32Array;
  p_error: Float32Array;
  suggested: Int32Array;
  /** Whether the ranking calls the item a label issue. */
  suspect: Uint8Array;
  counts: Counts;
  /** Other columns, where some row of theirs changed. */
  flags?: Record<string, { rows: Int32Array; values: Uint8Array }>;
  /** The random sample, where it changed. */
  draws?: Int32Array;
  asked?: Int32Array;
}

export interface Layout {
  name: "principal" | "umap" | string;
  /** x0, y0, x1, y1, … in [-1, 1], y upwards. */
  xy: Float32Array;
}

export type Preview =
  | { kind: "image"; blob: Blob; width: number; height: number }
  | { kind: "text"; text: string }
  | { kind: "table"; cells: [string, string][] }
  | { kind: "vector"; text: string }
  | { kind: "error"; message: string };

export interface Neighbour {
  item: number;
  similarity: number;
  /** Signed: + same label, − different label. */
  relation: number;
  label: number;
}

export interface Reason {
  name: string;
  text: string;
  value: number | null;
  /** The method that holds it, whose page says how; "" where none does. */
  method: string;
  /** What it adds to the log-odds of a wrong label; null where it is no part of p_error. */
  push: number | null;
}

/** How a method's last run went. */
export type MethodState = "ran" | "stale" | "skipped" | "failed" | "waiting";

export interface Method {
  name: string;
  title: string;
  /** What a high score means, in a sentence. */
  about: string;
  issue: string;
  columns: string[];
  state: MethodState;
  /** Why it is in that state; "" where nothing is to be said. */
  note: string;
  /** Of a stale one: since when labels have moved on from what it read, ISO 8601, and on how many items. */
  since?: string | null;
  changes?: number;
}

export interface MethodPage extends Method {
  /** In order; the first has no heading. */
  sections: { heading: string; text: string }[];
}

/** Accuracy of a probe taught on the given labels, and of one taught on the labels as they are now; null: nothing judged. */
export interface Helped {
  /** In a few words. */
  verdict: string;
  before: number | null;
  after: number | null;
  difference: number | null;
  /** 95 % interval of the difference. */
  low: number | null;
  high: number | null;
  judged: number;
  changed: number;
  /** Whether it was judged on reviewed items; if not, on all. */
  reviewed: boolean;
  few: boolean;
  note: string;
  classes: {
    name: string;
    judged: number;
    before: number;
    after: number;
    difference: number;
    low: number;
    high: number;
  }[];
  /** Classes that are left out, since there are so many. */
  omitted: number;
  time: string;
}

/** Where "Did it help?" stands. */
export interface HelpedState {
  state: "none" | "running" | "done" | "failed" | "cancelled";
  /** While it runs. */
  stage: Stage | null;
  /** Of the last time that it came to an end. */
  result: Helped | null;
  error: { message: string; remedy: string } | null;
  /** Items whose label has changed since the result's, or on which somebody has decided since. */
  since: number;
}

/** How every stored neighbour relates to an item over the checkpoints of the model's training; nearest first. */
export interface Relations {
  item: number;
  /** Why there is nothing to show, else "". */
  why: string;
  checkpoints: number;
  neighbours: Int32Array;
  labels: Int32Array;
  similarity: Float32Array;
  /** In [-1, 1]: + same label, − different label. */
  mean: Float32Array;
  variance: Float32Array;
  last: Float32Array;
}

export interface HistoryEntry {
  time: string;
  rater: string;
  item: number | null;
  itemId: string;
  op: "set" | "keep" | "clear" | "flag";
  old: string | null;
  new: string | null;
  why: string;
  reason: string;
  p_error: number | null;
  commit: string;
  event: string;
  kind: string;
}

export interface Card {
  item: number;
  id: string;
  /** Where it came from: a file or a row. */
  name: string;
  given: number;
  current: number;
  suggested: number;
  /** How likely the suggested label is the true one; null where there is none. */
  suggested_p: number | null;
  p_error: number | null;
  /** 1 = most suspicious; null while there are no scores. */
  rank: number | null;
  ranked: number;
  why: Reason[];
  /** Other issues of the item, in words: "outlier", "near duplicate of 3 others", … */
  badges: string[];
  preview: Preview;
  /** Nearest items whose label now is the given one, and the suggested one. */
  same: number[];
  other: number[];
  neighbours: Neighbour[];
  history: HistoryEntry[];
  scores: Record<string, number | null>;
}

export type Action = "relabel" | "keep" | "mark" | "clear";

/** What a decision says beside its action and its items. */
export interface EditOptions {
  label?: string;
  newClass?: boolean;
  reason?: string;
  why?: string;
  /** The event that each item's label was seen to rest on; left out, what the page knows to stand there. */
  expected?: Record<string, string>;
}

/** An edit as it waits in the outbox and goes up in the call `edit`. */
export interface Edit {
  op_id: string;
  action: Action;
  items: number[];
  /** Item ids where the browser knows them all: after a restart positions may differ, ids do not. */
  ids: string[] | null;
  /** The order of items that `items` counts in; the kernel refuses positions of another order. */
  order: string;
  label?: string;
  newClass?: boolean;
  reason?: string;
  why?: string;
  expected: Record<string, string>;
}

export interface EditReply {
  commit: string | null;
  saved: string;
  cells: Cell[];
  counts: Counts;
  /** Class names, where they have changed: a new one may have been added. */
  classes?: string[];
}
