/** A part of a panel that is one of several pages: what it is made with, and what it is. */

import type { Session } from "../session/session";

export interface Place {
  /** The root of the panel that it belongs to. */
  root: HTMLElement;
  session: Session;
  signal: AbortSignal;
  /** Let go of the pages: what comes next is in the queue. */
  leave(): unknown;
}

export interface Section {
  element: HTMLElement;
  /** It comes into sight. */
  shown(): void;
}
