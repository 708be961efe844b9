/** A decision on many items before it is made: which items, what to do with them, and what the kernel says of it. */
import type { EditOptions } from "../core/kernel/outbox";
import type { Action, Outlook, OutlookArgs } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { toldScope } from "../core/state/told";

export type BulkAction = OutlookArgs["action"];

export interface Plan {
  action: BulkAction;
  /** Class name, for "relabel"; null until it is chosen. */
  label: string | null;
  /** Whether what somebody had decided is changed too. */
  decided: boolean;
}

/**
 * The items that a decision on many is about: those that are picked, else all that pass the filter. What is mixed in at
 * random without passing is decided one by one.
 */
export function itemsInScope(session: Session): number[] {
  const { queue, drawn, picked } = session;
  if (picked.size > 0) return [...picked];
  return drawn.size === 0 ? [...queue] : queue.filter((item) => !drawn.has(item) || passes(session, item));
}

/** Whether many can be decided at once. Random checks tell how many errors are left: an answer without a look is none. */
export function takesMany(session: Session): boolean {
  return session.picked.size > 0 || toldScope(session.filter) !== "random";
}

/** How many those are. */
export function scopeSize(session: Session): number {
  return session.picked.size || session.passing;
}

/** How many of them are open: what somebody has decided on is left out unless one says otherwise. */
export function openSize(session: Session): number {
  const { picked } = session;
  if (picked.size === 0) return session.open;
  let open = 0;
  for (const item of picked) if (!session.isReviewed(item)) open++;
  return open;
}

function passes(session: Session, item: number): boolean {
  return session.placeAmong(item) !== null;
}

/** How many items of an outlook would be decided on. */
export function changing(found: Outlook, decided: boolean): number {
  return decided ? found.items.length : found.items.length - decidedIn(found);
}

/** How many of them somebody had decided on. */
export function decidedIn(found: Outlook): number {
  return found.changes.reduce((sum, change) => sum + change.decided, 0);
}

/** The edit that an outlook comes to: one for all of its items. */
export function editOf(
  { action, decided }: Plan,
  found: Outlook,
  className: (code: number) => string,
): { action: Action; items: number[]; options: EditOptions } {
  const places = [...found.items.keys()].filter((i) => decided || found.decided[i] === 0);
  const items = places.map((i) => found.items[i] as number);
  if (action === "keep" || action === "leave_out") return { action, items, options: {} };
  const labels = places.map((i) => className(found.labels[i] as number));
  const one = new Set(labels).size === 1 ? labels[0] : undefined;
  // What was suggested is said to be so, also where that is one label.
  const options = action === "relabel" && one !== undefined ? { label: one } : { labels };
  return { action: "relabel", items, options };
}
