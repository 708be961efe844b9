/** What a scope adds to the card: its own why, and what its items are compared with; between the line of why and the buttons. */
import type { Card } from "../core/kernel/schema";
import type { Session } from "../core/session/session";

/** Fill the slot, which is empty, for a card; what is left empty takes no room. */
export function fillScope(_slot: HTMLElement, _session: Session, _card: Card): void {}
