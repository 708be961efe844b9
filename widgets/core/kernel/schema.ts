/** What goes over the wire. Made from explorer/panels/schema by `make schema`: change it there. */

/** States of an item, as the kernel numbers them in the `state` column. */
export const STATES = ["given", "relabelled", "kept", "flagged", "stale", "conflict", "left out"] as const;
export type ItemState = (typeof STATES)[number];
/** States of an item on which somebody has decided, so that the decision holds. */
export const DECIDED: readonly ItemState[] = ["relabelled", "kept", "flagged", "conflict", "left out"];
/** States of an item of which somebody has said which label is right. */
export const SETTLED: readonly ItemState[] = ["relabelled", "kept"];
/** Why an item is set aside, or why its label was changed. */
export const REASONS = [
  "wrong",
  "ambiguous",
  "guideline unclear",
  "several fit",
  "none fits",
  "duplicate",
] as const;

export type ScopeName =
  | "label"
  | "unlabelled"
  | "outlier"
  | "near_duplicate"
  | "conflicting_duplicate"
  | "ambiguous"
  | "underperforming"
  | "imbalance"
  | "non_iid"
  | "kind"
  | "raters"
  | "giveaway"
  | "odd_class"
  | "shifted"
  | "random"
  | "all";

/** A scope as it is offered. */
export interface ScopeInfo {
  name: ScopeName;
  title: string;
  /** What it holds, in a sentence. */
  about: string;
  /** What is said where it holds nothing, in a sentence. */
  none: string;
  /** Number of its items. */
  all: number;
  /** Of them, those that nobody has decided on. */
  open: number;
  /** Why it is not computed, and what to do; "" where it is. */
  lacking: string;
}

/** Which scope. */
export interface ScopeArgs {
  name: ScopeName;
}

/** The items of a scope. */
export interface ScopeItems {
  name: ScopeName;
  /** In the scope's own order, decided on or not. */
  items: Int32Array;
  /** For each the number of the set that it is decided on with; null where the scope has no sets. */
  sets: Int32Array | null;
  /** Why there are none, in words; "" where there are. */
  why: string;
  /** That of the scores. */
  version: number;
}

/** How much each item misleads: p_error times it is the damage that a queue may be sorted by. */
export interface Damage {
  /** By item, 0 or more; 0 where the item helps, or has no label. */
  harm: Float32Array;
  /** Why there is none, in words; "" where there is. */
  why: string;
  /** That of the scores. */
  version: number;
}

/** The scope that pages were last told to show. */
export interface Opened {
  scope: ScopeName;
  /** Tells this wish from every other: a page follows each once. */
  token: string;
}

/** Items that stand out on the map; empty where all are shown alike. */
export interface HighlightArgs {
  items: number[];
}

export type Action = "relabel" | "keep" | "mark" | "clear" | "leave_out";

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

/** One stage of the pipeline, or other long work. Times are seconds; `rate` is units a second. */
export interface Stage {
  name: string;
  state: "waiting" | "running" | "done" | "failed" | "cancelled" | "skipped";
  done: number;
  total: number;
  unit: string;
  device: string;
  note: string;
  seconds: number;
  rate: number;
  /** Estimated seconds left; null before it can be known. */
  left: number | null;
}

/** How many items stand how. */
export interface Counts {
  /** Items decided on by a person: relabelled, kept, flagged or left out. */
  reviewed: number;
  relabelled: number;
  kept: number;
  flagged: number;
  /** Items that the ranking called label issues when this was counted; what is shown is `session.suspects`. */
  suspects: number;
  /** Items to be left out of the dataset. */
  left_out?: number;
}

/** The label store. */
export interface StoreInfo {
  id: string;
  name: string;
  temporary?: boolean;
  branch: string;
  /** Time of the newest commit, ISO 8601. */
  saved: string | null;
}

/** The dataset under review. */
export interface DatasetInfo {
  n: number;
  kind: "image" | "text" | "table" | "vector";
  classes: string[];
  /** Names among the classes that no label may have any more: they were merged, split or retired. */
  retired?: string[];
  source: string;
  unlabelled: number;
  setAside: number;
  notes: string[];
}

/** What is ready to be asked for. */
export interface Ready {
  layout: string | null;
  scores: boolean;
}

/** All that panels need before any column. */
export interface Hello {
  protocol: 1;
  review: string;
  /** Grows when the items themselves change (unreadable ones were set aside): every column must be asked for anew. */
  epoch: number;
  store: StoreInfo;
  dataset: DatasetInfo;
  rater: string;
  /** False until p_error is calibrated: the UI then shows ranks and no percentages. */
  calibrated: boolean;
  embedder: string;
  trust: string | null;
  stages: Stage[];
  counts: Counts;
  reasons: string[];
  ready: Ready;
  /** Where somebody has told pages to show a scope. */
  opened?: Opened;
  /** Items that stand out on the map, where some do. */
  highlighted?: Int32Array;
}

/** Event ids of the items that have events, and the one that stands for all the others. */
export interface Seen {
  base: string;
  events: Record<string, string>;
}

/** Label columns over all items, in the dataset's order. */
export interface Labels {
  given: Int32Array;
  current: Int32Array;
  state: Uint8Array;
  /** Names the order of the items: positions mean something only together with it. */
  order: string;
  seen: Seen;
}

/** A decision on some items, as it waits in the outbox and goes up in the call `edit`. */
export interface Edit {
  op_id: string;
  action: Action;
  items: number[];
  /** Item ids where the browser knows them all: after a restart positions may differ, ids do not. */
  ids?: string[] | null;
  /** The order of items that `items` counts in; the kernel refuses positions of another order. */
  order: string;
  label?: string;
  /** Instead of `label`: one for each item, none of them new. */
  labels?: string[];
  /** Whether `label` is added as a class, if it is none. */
  new_class?: boolean;
  reason?: string;
  why?: string;
  /** By position, the event that the item's label was seen to rest on. */
  expected: Record<string, string>;
  /** The event that stands for those of the items that `expected` does not name. */
  base?: string;
  /** Those of the items that keep their given label, whatever is done to the others: one of several copies. */
  kept?: number[];
}

/** A decision on many items that somebody thinks of. */
export interface OutlookArgs {
  /** Give each its suggested label, all of them `label`, or each its given one; or leave them out of the dataset. */
  action: "accept" | "relabel" | "keep" | "leave_out";
  items: number[];
  /** The order of items that `items` counts in; the kernel refuses positions of another order. */
  order: string;
  label?: string;
}

/** Items that would go from one label to another. Class codes; -1 = unlabelled. */
export interface Change {
  before: number;
  after: number;
  count: number;
  /** Of them, those that somebody had decided on. */
  decided: number;
}

/** Whose decisions would be changed, and which. */
export interface Decider {
  rater: string;
  state: ItemState;
  count: number;
}

/** What a decision on many items would do. */
export interface Outlook {
  /** Number of items that it was asked for. */
  n: number;
  /** Of them, those that would be left as they are. */
  unchanged: number;
  /** Of them, those that there is no suggested label for (with "keep": no given one). */
  without: number;
  /** The most frequent first. */
  changes: Change[];
  deciders: Decider[];
  /** The items that would be decided on, and the label code that each would have. */
  items: Int32Array;
  labels: Int32Array;
  /** Whether somebody had decided on each. */
  decided: Uint8Array;
}

/** What a change of labels has left. */
export interface EditReply {
  commit: string | null;
  saved: string | null;
  cells: Cell[];
  counts: Counts;
  /** Class names after the edit (a new one may have been added); left out where this widget has heard them. */
  classes?: string[];
  /** How many items it was about, where those are too many for `cells`. */
  changed?: number;
}

/** Take back the newest decision that still stands. */
export interface UndoArgs {
  op_id: string;
}

/** What the person looks at, and what is picked or chosen. */
export interface SelectArgs {
  item: number | null;
  /** Left out where they are the same as before. */
  items?: number[];
}

/** A name: of a rater, a tag, a branch, a method. */
export interface NameArgs {
  name: string;
}

export type Pick = "ours" | "theirs" | "value";

/** One decision on one item. */
export interface HistoryEntry {
  time: string;
  rater: string;
  /** null where the dataset does not hold the item. */
  item: number | null;
  itemId: string;
  op: "set" | "keep" | "clear" | "flag";
  old: string | null;
  new: string | null;
  why: string;
  reason: string;
  /** As the rater saw it. */
  p_error: number | null;
  commit: string;
  event: string;
  kind: string;
}

/** One decision inside a commit. */
export interface Entry extends HistoryEntry {
  /** The branch that it was made on. */
  branch: string;
  /** The branch that a merge brought it from. */
  mergedFrom: string | null;
  /** What was decided about. */
  field?: string;
}

/** One commit, with the first of its decisions. */
export interface CommitRow {
  commit: string;
  time: string;
  rater: string;
  raterKind: string;
  /** edit, bulk, keep, merge, revert, schema, import, … */
  kind: string;
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

/** A branch and its newest commit. */
export interface Branch {
  name: string;
  current: boolean;
  commit: string;
  time: string;
  /** Commits that main does not have. */
  ahead: number;
}

/** A name for a commit. */
export interface Tag {
  name: string;
  commit: string;
  time: string | null;
  rater: string;
  why: string;
}

/** The branch that is shown, all branches and all tags. */
export interface Versions {
  branch: string;
  branches: Branch[];
  tags: Tag[];
}

/** The newest commits that match a filter, and everything to choose from. */
export interface Timeline extends Versions {
  commits: CommitRow[];
  /** Commits in all that match the filter. */
  total: number;
  raters: string[];
  reasons: string[];
  labels: string[];
}

/** Which commits to show; "" matches all. `item` is an item id. */
export interface TimelineFilter {
  rater?: string;
  label?: string;
  reason?: string;
  item?: string;
}

/** Which commits, and at most how many. */
export interface TimelineArgs extends TimelineFilter {
  limit?: number;
}

/** At most how many entries. */
export interface HistoryArgs {
  limit?: number;
}

/** Some of a commit's decisions. */
export interface EntriesArgs {
  commit: string;
  offset?: number;
  limit?: number;
}

/** Decisions, and how many there are in all. */
export interface EntriesReply {
  entries: Entry[];
  total: number;
}

/** Two versions: commit ids, tags, branches or "head". */
export interface DiffArgs {
  a: string;
  b?: string;
  limit?: number;
}

/** An item whose label differs between two versions, with who, when and why. */
export interface DiffRow {
  item: number | null;
  itemId: string;
  old: string | null;
  new: string | null;
  rater: string;
  time: string | null;
  why: string;
  commit: string;
  /** Whether the later version leaves the item out, and the earlier one did not, or the other way about. */
  left_out?: "" | "left out" | "back in";
}

/** What differs between two versions. */
export interface Diff {
  /** Commit ids of the two versions. */
  a: string;
  b: string;
  rows: DiffRow[];
  total: number;
  /** Old label, new label, items. */
  counts: [string | null, string | null, number][];
  /** Items that only the later version holds. */
  added: number;
  /** Items that only the earlier version holds. */
  removed: number;
}

/** Take commits back by their inverse; `items` limits it to some item ids. */
export interface RevertArgs {
  commits: string[];
  op_id: string;
  why?: string;
  items?: string[] | null;
}

/** Name a version. */
export interface TagArgs {
  name: string;
  when?: string;
  why?: string;
}

/** Make a branch at a version, and go there if asked to. */
export interface BranchArgs {
  name: string;
  at?: string;
  go?: boolean;
}

/** What one branch says about an item. */
export interface Side {
  label: string | null;
  state: string;
  rater: string;
  time: string | null;
  why: string;
  reason: string;
  event: string;
  /** As the rater saw it. */
  pError: number | null;
}

/** What both branches have decided, and not alike. */
export interface MergeConflict {
  /** null where the dataset does not hold the item. */
  item: number | null;
  itemId: string;
  field: string;
  base: Side;
  ours: Side;
  theirs: Side;
  /** How it is resolved so far; null = open. */
  pick: Pick | null;
  /** The label picked, where it is neither ours nor theirs. */
  value: string | null;
}

/** A merge in the making: the part that goes by itself is counted, the rest is listed as conflicts. */
export interface MergeView {
  /** The branch that comes in. */
  source: string;
  /** The branch that takes it. */
  into: string;
  base: string;
  theirs: string;
  /** Changes of `source` that nobody here has touched. */
  taken: number;
  /** Cells that both sides changed alike. */
  same: number;
  notes: string[];
  open: number;
  upToDate: boolean;
  conflicts: MergeConflict[];
}

/** What a merge has left. */
export interface MergeReply extends EditReply {
  /** Decisions that it brought. */
  merged: number;
}

/** The branch that comes in. */
export interface MergeArgs {
  source: string;
}

/** How one conflict is settled. */
export interface ResolveArgs {
  source: string;
  itemId: string;
  pick: Pick;
  field?: string;
  /** The label, where `pick` is "value". */
  label?: string | null;
  why?: string;
}

/** A conflict to open again. */
export interface UnresolveArgs {
  source: string;
  itemId: string;
  field?: string;
}

/** Write a merge; the same `op_id` again writes nothing twice. */
export interface MergeCommitArgs {
  source: string;
  op_id: string;
  why?: string;
}

/** Find, for each label, the items nearest to one whose label now it is. */
export interface NearestArgs {
  item: number;
  labels: (string | null)[];
  count?: number;
}

export type ToldScope =
  | "outlier"
  | "near_duplicate"
  | "conflicting_duplicate"
  | "ambiguous"
  | "underperforming"
  | "imbalance"
  | "non_iid"
  | "kind"
  | "raters"
  | "giveaway"
  | "odd_class"
  | "shifted"
  | "random";

/** A position, the scope in which the item is looked at, and the longest side of its picture in pixels. */
export interface CardArgs {
  item: number;
  scope?: ToldScope;
  size?: number;
}

/** A position and a scope. */
export interface ScopeWhyArgs {
  item: number;
  scope: ToldScope;
}

/** An item of a set. */
export interface Member {
  item: number;
  id: string;
  /** Where it came from: a file or a row. */
  name: string;
}

/** Why an item is in a scope. */
export interface ScopeWhy {
  scope: ToldScope;
  /** One sentence; "" where the item is not in it by the scores as they stand. */
  text: string;
  /** How many items belong together with it, itself among them; 0 where it stands alone. */
  size: number;
  /** The set of copies that it is decided on with, in the order of the items; empty where they are too many to see. */
  members: Member[];
}

/** A selection that is to grow. */
export interface GrowArgs {
  /** What it grows from. */
  items: number[];
  /** The order of items that `items` counts in; the kernel refuses positions of another order. */
  order: string;
  /** So many it has come to already: more are wanted. */
  count?: number;
  /** Take the set that the first item has in this scope, where it has one. */
  scope?: ToldScope;
}

/** What a selection has grown to. */
export interface GrowReply {
  /** What it grew from first, then the closest first. */
  items: Int32Array;
  /** Whether it ends here by itself, as a group of its own. */
  whole: boolean;
}

export type BlindMode = "label" | "choice";

export type VoteRule = "majority" | "unanimous" | "consensus";

/** What one rater says of an item; the model and the neighbours are shown alike. */
export interface Saying {
  name: string;
  /** person, model, function or import; neighbours for these. */
  kind: string;
  family: string;
  /** -1: it abstains. */
  label: number;
  /** How often it is right where it names that class, by the raters' consensus. */
  right: number | null;
  /** As it says itself. */
  confidence: number | null;
}

/** What all say of an item. */
export interface Said {
  /** "2 of 3 raters say dog, both of the same family". */
  text: string;
  rows: Saying[];
  /** Classes and how likely each is by the raters together, the likeliest first. */
  posterior: [number, number][];
}

/** What is known of a rater; shares are null where nothing is known. */
export interface RaterRow {
  name: string;
  kind: string;
  family: string;
  answers: number;
  abstentions: number;
  /** Expected share of right answers, by the consensus. */
  accuracy: number | null;
  low: number | null;
  high: number | null;
  /** What its answers count on the mean; below 1 where it depends on another. */
  counts_as: number;
  /** Whom it agrees with more than their accuracies allow. */
  alike: string;
  /** Share right where people have settled the label. */
  gold: number | null;
  gold_answers: number;
  /** Its commonest error: "cat → dog". */
  confused: string;
  bias: string;
  note: string;
}

/** What is known of the raters. */
export interface RatersReply {
  /** The consensus in words, and whether the majority is certified. */
  sentence: string;
  /** Which rule it is by, and why that one. */
  method: string;
  /** Krippendorff's alpha, in words. */
  agreement: string;
  rows: RaterRow[];
  /** Raters that are not listed. */
  more: number;
}

/** Which rater. */
export interface RaterNameArgs {
  name: string;
}

/** How a rater answers, class by class: P(answer | class), a row a class. */
export interface Confusion {
  classes: string[];
  matrix: number[][];
  /** Classes that are not shown. */
  more: number;
}

/** How many items. */
export interface AskNextArgs {
  n?: number;
}

/** What to ask next. */
export interface AskNextReply {
  /** Positions, the most urgent first. */
  items: Int32Array;
  /** Whom to ask, in words; why there are none where there are none. */
  text: string;
}

/** Whose queue of second opinions, and what is asked in it. */
export interface BlindArgs {
  rater: string;
  mode?: BlindMode;
  /** Votes of people that are wanted an item. */
  votes?: number;
  hide_suggestion?: boolean;
  /** An item that was answered and is to be asked about once more; by default what comes next. */
  again?: number | null;
}

/** What a rater is asked about an item; it holds nothing of its label, nor of what anybody said. */
export interface BlindQuestion {
  item: number;
  /** All classes, or the two of a choice, in an order that does not tell which is the given one. */
  options: string[];
  suggestion: string | null;
  /** The item in words; "" of a picture. */
  text: string;
  picture: Blob | null;
}

/** What comes next. */
export interface BlindReply {
  /** null where all is answered. */
  question: BlindQuestion | null;
  /** Items still to be answered. */
  left: number;
}

/** A rater's answer on an item. */
export interface BlindAnswerArgs {
  rater: string;
  mode?: BlindMode;
  votes?: number;
  hide_suggestion?: boolean;
  item: number;
  /** A class name; in a choice first, second, both or neither; null for none. */
  answer: string | null;
}

/** How votes are to become labels. */
export interface ResolutionArgs {
  rule?: VoteRule;
  /** Fewest votes of people that an item needs. */
  votes?: number;
}

/** What votes would become. */
export interface ResolutionOutlook {
  sentence: string;
  /** Items that would be decided on: changed, kept or marked. */
  decides: number;
  changed: number;
  kept: number;
  /** Marked, since several classes fit. */
  several: number;
  /** Marked, since none fits. */
  neither: number;
  /** Enough votes, and no answer by the rule. */
  undecided: number;
  /** Votes, but fewer than that. */
  few: number;
  /** Given label, label then, how many; the commonest first. "" is no label. */
  changes: [string, string, number][];
  /** Changes that are not listed. */
  more: number;
  /** Stands for exactly this. */
  stamp: string;
}

/** To write what was seen. */
export interface ResolutionWriteArgs {
  rule?: VoteRule;
  votes?: number;
  stamp: string;
}

/** What votes became. */
export interface ResolutionReply {
  sentence: string;
}

/** A picture, re-encoded; sizes are pixels. */
export interface ImagePreview {
  kind: "image";
  blob: Blob;
  width: number;
  height: number;
}

/** A text, or its beginning. */
export interface TextPreview {
  kind: "text";
  text: string;
  /** Characters that are not sent, where it is longer than what was asked for. */
  left_out?: number;
}

/** Names and values of a row's cells. */
export interface TablePreview {
  kind: "table";
  cells: [string, string][];
}

/** An item that is only a vector. */
export interface VectorPreview {
  kind: "vector";
  text: string;
}

/** Why there is nothing to see. */
export interface ErrorPreview {
  kind: "error";
  message: string;
}

export type Preview = ImagePreview | TextPreview | TablePreview | VectorPreview | ErrorPreview;

/** A position. */
export interface ItemArgs {
  item: number;
}

/** Positions, and the longest side in pixels. */
export interface PreviewsArgs {
  items: number[];
  size?: number;
}

/** One edge of the neighbour graph. */
export interface Neighbour {
  item: number;
  similarity: number;
  /** Signed: + same label, − different label. */
  relation: number;
  label: number;
}

/** One piece of evidence about an item. */
export interface Reason {
  name: string;
  text: string;
  value: number | null;
  /** The method that holds it, whose page says how; "" where none does. */
  method: string;
  /** What it adds to the log-odds of a wrong label; null where it is no part of p_error. */
  push: number | null;
}

/** The class that the model prefers, where that is neither the label now nor the suggested one. */
export interface Second {
  label: number;
  /** The model's probability of it. */
  p: number;
}

/** What one method adds to the log-odds of a wrong label. */
export interface Part {
  method: string;
  title: string;
  push: number;
}

/** What an item's p_error is made of, in log-odds: where it starts, and what each method adds, the most first. */
export interface Sum {
  /** What is left without the methods: how common wrong labels are, and what was learnt from the reviewer. */
  start: number;
  parts: Part[];
}

/** One column of a row of a table, beside the rows of two classes. */
export interface Column {
  name: string;
  value: string;
  /** The cell whole, where `value` is short. */
  exact: string;
  /** The median of the given class; of what is no number, how many have this cell. */
  given: string;
  suggested: string;
  /** The class that the cell is nearer to; -1 for neither. */
  nearer: number;
}

/** The columns of a row, the most telling first. */
export interface Columns {
  columns: Column[];
  /** How many the table has. */
  total: number;
}

/** Everything about one item; what has not been computed yet is empty. */
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
  /** Nearest items whose label now is the given one. */
  same: number[];
  /** Nearest items whose label now is the suggested one. */
  other: number[];
  neighbours: Neighbour[];
  history: HistoryEntry[];
  second?: Second;
  /** Why the item is in the scope that was asked about with it. */
  scope?: ScopeWhy;
  sum?: Sum;
  /** Places in a text, half open, in UTF-16 units, of words that speak for the suggested class against the given. */
  marks?: [number, number][];
  /** Of a row of a table. */
  columns?: Columns;
  /** Labels of the stored neighbours and how many carry each, the commonest first. */
  votes?: [number, number][];
  /** What raters say of it, where some saw it. */
  raters?: Said;
}

/** How every stored neighbour relates to an item over the checkpoints of the training; nearest first. */
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

/** Where each item lies on the map. */
export interface Layout {
  /** principal or umap. */
  name: string;
  /** x0, y0, x1, y1, … in [-1, 1], y upwards. */
  xy: Float32Array;
}

/** What is searched for: words, a phrase in quotes, an id, a row. */
export interface FindArgs {
  text: string;
}

/** What a search has found, by position. */
export interface FindReply {
  /** The order of items that positions count in. */
  order: string;
  /** All of them, ascending. */
  items: Int32Array;
  /** Those that the search names whole, as an id or a row. */
  exact: Int32Array;
}

export type MethodState = "ran" | "stale" | "skipped" | "failed" | "waiting";

/** What p_error is brought to by the answers to the random checks: log-odds z become shift + slope·z. */
export interface Level {
  slope: number;
  shift: number;
  /** Above it a label for which another class is suggested is an issue. */
  cut: number;
}

/** Score columns over all items. The order of review is by p_error, descending; NaN last, ties by position. */
export interface Scores {
  /** Whether p_error may be read as a probability. */
  calibrated: boolean;
  /** Grows by one with each push `scores_rows`; one that is missed is made good by asking for all of this again. */
  version: number;
  suggested: Int32Array;
  /** NaN where the item is unlabelled. What was decided on keeps the value that was seen. */
  p_error: Float32Array;
  /** Items that the audit drew, each once, to be mixed into the queue in this order. */
  draws: Int32Array;
  /** Items that an audit by itself has asked about, decided on or not. */
  asked: Int32Array;
  /** Share of the queue that is drawn, as the review says. */
  audit_rate: number;
  is_label_issue: Uint8Array;
  is_outlier_issue: Uint8Array;
  is_near_duplicate_issue: Uint8Array;
  /** p_error before it is levelled; left out where the level changes nothing. */
  levelless?: Float32Array;
  /** With two classes, the one that fits best; the other than the label is suggested for all above the cut. */
  fits?: Int32Array;
}

/** How many random items to ask about. */
export interface AuditArgs {
  count?: number;
}

/** Items to look at, in that order, and those left for the queue to mix in. */
export interface AuditReply {
  items: number[];
  draws: Int32Array;
}

/** The draws of a new random sample. */
export interface NewSampleReply {
  draws: Int32Array;
}

/** Items of the ranking above the line of the dial; null = none. */
export interface LeftArgs {
  cut?: number | null;
}

/** What is left below a line, in words; "" where nobody has said yet. */
export interface Stops {
  suspects: string;
  cut: string;
}

/** Labels of one class that are wrong among those nobody has looked at, with their interval or range. */
export interface ClassLeft {
  name: string;
  labels: number;
  unreviewed: number;
  found: number;
  left: number | null;
  low: number | null;
  high: number | null;
}

/** How many errors are left, in words and numbers. */
export interface LeftReply {
  sentence: string;
  /** What to do first, in words, where the range is wide: answer some random checks; else "". */
  ask: string;
  /** Between which shares of the labels it lies, in a sentence; "" where there are none. */
  between: string;
  /** So many random checks more, and the level is known well enough. */
  missing: number;
  /** So many are enough for that. */
  enough: number;
  /** What they have told, in words, once they are; else "". */
  known: string;
  left: number | null;
  low: number | null;
  high: number | null;
  unreviewed: number;
  found: number;
  basis: "audit" | "model";
  draws: number;
  /** When the sample began, ISO 8601; "" where there is none. */
  since: string;
  /** So many answers to the audit, and the estimate rests on them. */
  fewest: number;
  /** How many more random items make it surer, in words. */
  more: string;
  stop: Stops;
  classes: ClassLeft[];
  drift: string;
}

/** A method, and how its last run went. */
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
  /** Of a stale one: since when labels have moved on from what it read, ISO 8601. */
  since?: string | null;
  /** Of a stale one: on how many items. */
  changes?: number;
}

/** A part of a method's page; the first has no heading. */
export interface Section {
  heading: string;
  text: string;
}

/** A method with its page. */
export interface MethodPage extends Method {
  sections: Section[];
}

/** A method that failed. */
export interface FailedMethod {
  name: string;
  title: string;
  error: string;
}

/** Methods that failed; the others have gone on. */
export interface Failures {
  methods: FailedMethod[];
  /** Why the scores do not follow the labels, else "". */
  following: string;
}

/** The comparison for one class. */
export interface HelpedClass {
  name: string;
  judged: number;
  before: number | null;
  after: number | null;
  difference: number | null;
  low: number | null;
  high: number | null;
  gained?: number;
  lost?: number;
}

/** Accuracy of a probe taught on the given labels, and of one taught on the labels now; null: nothing judged. */
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
  /** Judged items that are right only after the corrections. */
  gained: number;
  /** Those that are right only before them: negative flips. */
  lost: number;
  /** The first of these. */
  lost_items: number[];
  classes: HelpedClass[];
  /** Classes that are left out, since there are so many. */
  omitted: number;
  time: string;
}

/** Why it could not be computed. */
export interface HelpedError {
  message: string;
  remedy: string;
}

/** Where "Did it help?" stands. */
export interface HelpedState {
  state: "none" | "running" | "done" | "failed" | "cancelled";
  /** While it runs. */
  stage: Stage | null;
  /** Of the last time that it came to an end. */
  result: Helped | null;
  error: HelpedError | null;
  /** Items whose label has changed since the result's, or on which somebody has decided since. */
  since: number;
}

/** The plotting library's own script. */
export interface PlotlyReply {
  script: Blob;
}

/** Which figure, and whether on a dark ground. */
export interface FigureArgs {
  name: string;
  dark?: boolean;
}

/** A figure as plotly reads it. */
export interface Figure {
  data: unknown[];
  layout: Record<string, unknown>;
}

/** Run again with an embedder; "" = the one of before. */
export interface RerunArgs {
  embedder: string;
}

/** Something that can embed this dataset's items. */
export interface Embedder {
  name: string;
  about: string;
  installed: boolean;
}

/** A flag of some items. */
export interface ChangedFlags {
  rows: Int32Array;
  values: Uint8Array;
}

/** The items that a fact, or one line of its table, is about. */
export interface Opens {
  n: number;
  /** The part of the fact that they belong to, as the call `fact_items` takes it; empty for all. */
  of: string[];
  /** A scope that has just these items. */
  scope?: ScopeName;
  /** Class codes given and suggested, where these items are the label errors of that pair. */
  pair?: number[];
}

/** A line of a fact's table. */
export interface FactRow {
  cells: string[];
  /** Length of its bar, 0 to 1; null for none. */
  share: number | null;
  opens: Opens | null;
}

/** One fact. */
export interface Fact {
  name: string;
  title: string;
  /** It in plain words; where it is not computed, what it needs. */
  sentence: string;
  known: boolean;
  columns: string[];
  rows: FactRow[];
  /** Lines that the table has besides. */
  more: number;
  opens: Opens | null;
}

/** A fact, and the part of it; an empty list for all of its items. */
export interface FactItemsArgs {
  fact: string;
  of: string[];
}

/** Positions of items, worst first. */
export interface FactItems {
  items: Int32Array;
}

/** A file of the label store. */
export interface StoreFile {
  name: string;
  about: string;
  bytes: number;
}

/** The label store, and what the results were made with. */
export interface StoreReply {
  name: string;
  temporary: boolean;
  branch: string;
  rater: string;
  /** Of its files; "" where it is no file. */
  folder: string;
  files: StoreFile[];
  /** Of Python and of the packages that results rest on. */
  versions: Record<string, string>;
  /** What the run was made with. */
  options: Record<string, string>;
}

/** Which column; "" = none yet, only which there are. */
export interface SlicesArgs {
  by?: string;
}

/** A slice; shares are of its labels, null where it has none. */
export interface SliceRow {
  /** Its number, which tells it from others that are written alike where a name is cut short. */
  code: number;
  name: string;
  items: number;
  labels: number;
  reviewed: number;
  wrong: number;
  rate: number | null;
  low: number | null;
  high: number | null;
  /** From the other slices, by more than chance makes. */
  differs: "more" | "fewer" | "";
}

/** A label that means something else in a slice than elsewhere. */
export interface ShiftRow {
  /** Number of the slice. */
  code: number;
  slice: string;
  given: string;
  looks_like: string;
  count: number;
  of: number;
  elsewhere: number;
  of_elsewhere: number;
}

/** What is known slice by slice. */
export interface SlicesReply {
  /** Those that slices can be made by. */
  columns: string[];
  by: string;
  sentence: string;
  rows: SliceRow[];
  /** Slices that are not listed. */
  more: number;
  /** Of labels that mean something else, in words; "" where it cannot be said. */
  shift: string;
  shifts: ShiftRow[];
}

/** Items of a slice by its number and name; of a label that means something else, those that look so. */
export interface SliceItemsArgs {
  by: string;
  code: number;
  name: string;
  given?: string;
  looks_like?: string;
}

/** Positions of the items, the most suspicious first. */
export interface SliceItems {
  items: Int32Array;
}

export type ExportFormat = "csv" | "parquet" | "jsonl";

/** What to export, as `Review.export` takes it. */
export interface ExportArgs {
  /** As a person types it; one that does not begin at the root begins in the kernel's working directory. */
  path: string;
  /** `None`: the ending of the path says so. */
  format?: ExportFormat | null;
  /** Whether items that are left out have no row. */
  drop?: boolean;
  /** Whether only items with another label than was given, or that are left out, have a row. */
  changed?: boolean;
  /** Whether each rater has a column. */
  votes?: boolean;
  /** Whether the user's other columns are written too. */
  columns?: boolean;
  /** Whether there is a column a class with how likely it is. */
  soft?: boolean;
  /** Whether there is a column with how far each label is to be trusted. */
  weights?: boolean;
  /** Whether a file that is there may be replaced. */
  replace?: boolean;
}

/** What an export would do. */
export interface ExportOutlook {
  /** The kernel's working directory. */
  folder: string;
  /** Whole path of the file; "" where there can be none. */
  path: string;
  /** A file lies there already. */
  exists: boolean;
  /** Its bytes. */
  size: number;
  /** When it was written, ISO 8601; "" where there is none. */
  time: string;
  rows: number;
  /** Rows with another label than was given, of items that are not left out. */
  relabelled: number;
  left_out: number;
  /** Which of votes, columns, soft and weights there are. */
  offers: string[];
  /** Why it cannot be written, and what to do; "" = it can. */
  problem: string;
}

/** A file that was written. */
export interface ExportReply {
  path: string;
  rows: number;
  relabelled: number;
  left_out: number;
  /** The line of Python that does the same. */
  line: string;
}

/** Labels of some items have changed: what the answer to an edit holds, for all other widgets. */
export interface CellsPush extends EditReply {
  event: "cells";
}

/** Scores of some items have changed; every array has an entry a row. */
export interface ScoresRowsPush {
  event: "scores_rows";
  /** One more than that of the last such push, or of the answer to `scores`. */
  version: number;
  rows: Int32Array;
  p_error: Float32Array;
  suggested: Int32Array;
  /** The rows' `is_label_issue`. */
  suspect: Uint8Array;
  counts: Counts;
  /** p_error before it is levelled, where that is another. */
  levelless?: Float32Array;
  /** With two classes, the one that fits best; the other than the label is suggested for all above the cut. */
  fits?: Int32Array;
  /** By name (`is_outlier_issue`, `is_near_duplicate_issue`), where some row's has changed. */
  flags?: Record<string, ChangedFlags>;
  /** The random sample, where it has changed. */
  draws?: Int32Array;
  asked?: Int32Array;
}

/** The level of p_error is another: the page brings all that is open to it. */
export interface LevelPush {
  event: "level";
  /** As of `scores_rows`. */
  version: number;
  level: Level;
  counts: Counts;
}

/** Every score may be another: ask for `scores`. `trust` warns of scores that are not to be trusted. */
export interface ScoresPush {
  event: "scores";
  trust: string | null;
}

/** The random sample has asked about more items, or is another one. */
export interface SamplePush {
  event: "sample";
  draws: Int32Array;
  asked: Int32Array;
}

/** The pipeline has got further. */
export interface StagesPush {
  event: "stages";
  stages: Stage[];
}

/** The map is another: ask for `layout`. */
export interface LayoutPush {
  event: "layout";
}

/** Everything may be another: greet anew. */
export interface HelloPush {
  event: "hello";
}

/** Show an item, or choose several. */
export interface SelectPush {
  event: "select";
  item: number | null;
  items: number[];
}

/** Show a scope. */
export interface ScopePush extends Opened {
  event: "scope";
}

/** Scopes may hold other items, and facts may say something else, though no score has changed: ask anew. */
export interface ScopesPush {
  event: "scopes";
}

/** Items that stand out on the map; empty where all are shown alike. */
export interface HighlightPush {
  event: "highlight";
  items: Int32Array;
}

/** Branches or tags have moved. */
export interface VersionsPush extends Versions {
  event: "versions";
}

/** The answer to "Did it help?" has got further. */
export interface HelpedPush extends HelpedState {
  event: "helped";
}

/** Every call: its arguments and its answer. */
export interface Calls {
  hello: { args: Record<string, never>; answer: Hello };
  labels: { args: Record<string, never>; answer: Labels };
  edit: { args: Edit; answer: EditReply };
  outlook: { args: OutlookArgs; answer: Outlook };
  undo: { args: UndoArgs; answer: EditReply };
  select: { args: SelectArgs; answer: null };
  rater: { args: NameArgs; answer: null };
  layout: { args: Record<string, never>; answer: Layout };
  scores: { args: Record<string, never>; answer: Scores };
  audit: { args: AuditArgs; answer: AuditReply };
  new_sample: { args: Record<string, never>; answer: NewSampleReply };
  left: { args: LeftArgs; answer: LeftReply };
  find: { args: FindArgs; answer: FindReply };
  scopes: { args: Record<string, never>; answer: ScopeInfo[] };
  scope: { args: ScopeArgs; answer: ScopeItems };
  damage: { args: Record<string, never>; answer: Damage };
  highlight: { args: HighlightArgs; answer: null };
  card: { args: CardArgs; answer: Card };
  scope_why: { args: ScopeWhyArgs; answer: ScopeWhy };
  grow: { args: GrowArgs; answer: GrowReply };
  relations: { args: ItemArgs; answer: Relations };
  previews: { args: PreviewsArgs; answer: Preview[] };
  history: { args: HistoryArgs; answer: EntriesReply };
  timeline: { args: TimelineArgs; answer: Timeline };
  entries: { args: EntriesArgs; answer: EntriesReply };
  diff: { args: DiffArgs; answer: Diff };
  revert: { args: RevertArgs; answer: EditReply };
  versions: { args: Record<string, never>; answer: Versions };
  tag: { args: TagArgs; answer: Versions };
  untag: { args: NameArgs; answer: Versions };
  branch: { args: BranchArgs; answer: Versions };
  switch: { args: NameArgs; answer: Versions };
  merge: { args: MergeArgs; answer: MergeView };
  nearest: { args: NearestArgs; answer: number[][] };
  resolve: { args: ResolveArgs; answer: MergeView };
  unresolve: { args: UnresolveArgs; answer: MergeView };
  mergeCommit: { args: MergeCommitArgs; answer: MergeReply };
  mergeAbort: { args: MergeArgs; answer: null };
  plotly: { args: Record<string, never>; answer: PlotlyReply };
  figure: { args: FigureArgs; answer: Figure };
  cancel: { args: Record<string, never>; answer: null };
  rerun: { args: RerunArgs; answer: null };
  embedders: { args: Record<string, never>; answer: Embedder[] };
  helped: { args: Record<string, never>; answer: HelpedState };
  helped_start: { args: Record<string, never>; answer: HelpedState };
  helped_cancel: { args: Record<string, never>; answer: HelpedState };
  method: { args: NameArgs; answer: MethodPage };
  methods: { args: Record<string, never>; answer: Method[] };
  failures: { args: Record<string, never>; answer: Failures };
  facts: { args: Record<string, never>; answer: Fact[] };
  fact_items: { args: FactItemsArgs; answer: FactItems };
  slices: { args: SlicesArgs; answer: SlicesReply };
  slice_items: { args: SliceItemsArgs; answer: SliceItems };
  raters: { args: Record<string, never>; answer: RatersReply };
  rater_confusion: { args: RaterNameArgs; answer: Confusion };
  blind: { args: BlindArgs; answer: BlindReply };
  blind_answer: { args: BlindAnswerArgs; answer: null };
  blind_end: { args: RaterNameArgs; answer: null };
  resolution_outlook: { args: ResolutionArgs; answer: ResolutionOutlook };
  resolution: { args: ResolutionWriteArgs; answer: ResolutionReply };
  ask_next: { args: AskNextArgs; answer: AskNextReply };
  store: { args: Record<string, never>; answer: StoreReply };
  export_outlook: { args: ExportArgs; answer: ExportOutlook };
  export: { args: ExportArgs; answer: ExportReply };
}

/** What the kernel says by itself, told apart by `event`. */
export type Push =
  | CellsPush
  | ScoresRowsPush
  | LevelPush
  | ScoresPush
  | SamplePush
  | StagesPush
  | LayoutPush
  | HelloPush
  | SelectPush
  | ScopePush
  | ScopesPush
  | HighlightPush
  | VersionsPush
  | HelpedPush;
