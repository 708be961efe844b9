/** What a scope adds to the card: its own why, and what its items are compared with; between the line of why and the buttons. */
import type { Card } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { fillScopeSlot, isSet, loadScopeSlot } from "../scopes/slot";

/** Fill the slot, which is empty, for a card; what is left empty takes no room. */
export function fillScope(slot: HTMLElement, session: Session, card: Card): void {
  fillScopeSlot(slot, session, card);
}

/** Ask for what the slot of a card that comes next will show. */
export function loadScope(session: Session, card: Card): void {
  loadScopeSlot(session, card);
}

/** Whether the item may be left out by a button beside the others: copies have theirs in the slot, with what is kept. */
export function leavesOut({ scope }: Card): boolean {
  return scope !== undefined && scope.scope !== "random" && !isSet(scope);
}
