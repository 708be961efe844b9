/** What a session tells its panels, and in which words. */

import type { Counts, Hello, HelpedState, Layout, LeftReply, Stage, Versions } from "../kernel/schema";
import type { Link } from "../kernel/transport";
import type { Filter } from "./filter";

export interface Notice {
  kind: "info" | "error" | "conflict";
  text: string;
  remedy?: string;
  /** Items to look at, for a conflict. */
  items?: number[];
  /** What can be done about it at once, as a button. */
  act?: { text: string; run: () => void };
}

/** A key's wish, and where it was pressed: panels inside or around that element take it. */
export interface PanelCommand {
  name: string;
  from: Node;
  /** Set by the panel that did something about it. */
  taken: boolean;
}

export interface Topics {
  /** Another dataset, class list, rater or store: redraw everything. */
  hello: Hello;
  labels: readonly number[] | null; // items whose label changed; null = all
  scores: Int32Array | null; // items whose scores changed; null = all
  /** The random sample has asked about more items, or is another one. */
  sample: null;
  /** The estimate of the wrong labels left is another, or could not be made; see estimate.ts. */
  left: LeftReply | null;
  layout: Layout;
  stages: readonly Stage[];
  counts: Counts;
  /** "Did it help?" has got further. */
  helped: HelpedState;
  /** The current item changed (null = none). */
  current: number | null;
  hover: number | null;
  /** The lasso selection changed. */
  chosen: readonly number[];
  /** Other items are picked in the queue; see picks.ts. */
  picked: ReadonlySet<number>;
  filter: Filter;
  /** The counts of the scopes have come, or a scope is on its way or has come; see scopes.ts. */
  scopes: null;
  /** Facts of the whole may say something else, though no score has changed. */
  facts: null;
  /** Other items stand out on the map. */
  highlight: ReadonlySet<number>;
  /** The queue's order or membership changed. */
  queue: readonly number[];
  /** Number of edits not yet acknowledged. */
  unsaved: number;
  /** How the kernel is reached has changed; "gone" again when somebody tries to decide while it is. */
  kernel: Link;
  /** Items whose newest decision here was refused because somebody else was faster; see conflicts.ts. */
  conflicts: readonly number[];
  /** The reason that goes with the next decision on the current item changed ("" = none). */
  reason: string;
  /** Branches or tags were made, moved or deleted; `branch` is the current one. */
  versions: Versions;
  /** A branch was merged from here; the sentence that says what it brought. */
  merged: string;
  notice: Notice;
  /** What the newest action of the person here did, and how to take it back; "" = nothing to say of it. */
  said: string;
  /** Somebody would go on to the next item, and all of the queue is decided on; `taken` by who says so already. */
  ended: { taken: boolean };
  /** A panel that lies over others has been opened; see core/ui/pane.ts. */
  opened: HTMLElement;
  /** A key asked for something that only panels can do (lasso, help, …); see core/ui/keys.ts. */
  command: PanelCommand;
}
