/** What the parts of the history panel share: the session, what is shown now, and the few verbs between them. */

import type { Timeline, TimelineFilter } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import type { Asking } from "./question";

/** A line at the panel's head: what was done, or why not. */
export interface Said {
  text: string;
  /** "alert" stays until it is dismissed or answered by the next. */
  kind: "status" | "alert";
  /** Taken back by a button beside it. */
  undo?: () => void;
  /** Item to look at. */
  item?: number;
}

export interface State {
  timeline: Timeline | null;
  filter: TimelineFilter;
  /** Commit whose row holds the keyboard's place and shows its actions. */
  active: string | null;
  /** Commits that are ticked. */
  marked: Set<string>;
  /** Commits whose entries are shown. */
  open: Set<string>;
  /** A question that is asked now: inside a commit's row, or (null) at the head of the panel. */
  asking: { commit: string | null; form: Asking } | null;
}

export interface Context {
  root: HTMLElement;
  session: Session;
  signal: AbortSignal;
  state: State;
  /** Show one line; the one before goes. */
  say(said: Said | null): void;
  /** Take the timeline anew. */
  reload(): Promise<void>;
  /** Show again what follows from `state`, without asking the kernel. */
  update(): void;
  /** Give the keyboard back to the active row. */
  focusRow(): void;
  compare(a: string, b: string): void;
}
