/** A merge as the kernel tells of it: the part that goes by itself is counted, the rest is listed as conflicts. */
import type { EditReply } from "../core/kernel/types";

/** What one branch says about an item. */
export interface Side {
  label: string | null;
  state: string;
  rater: string | null;
  time: string | null;
  why: string;
  reason: string;
  event: string;
  /** p_error as the rater saw it. */
  pError: number | null;
}

export type Pick = "ours" | "theirs" | "value";

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

export interface MergeView {
  /** The branch that comes in, and the one that takes it. */
  source: string;
  into: string;
  base: string;
  theirs: string;
  /** Changes of `source` that nobody here has touched, and cells that both sides changed alike. */
  taken: number;
  same: number;
  notes: string[];
  open: number;
  upToDate: boolean;
  conflicts: MergeConflict[];
}

export type MergeReply = EditReply & { merged: number };
