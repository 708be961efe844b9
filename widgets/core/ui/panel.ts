/** What a panel is: a function that fills an element and stops everything it started when the signal ends. */
import type { Session } from "../session/session";

export interface Panel {
  /** Same name as the panel's folder and its Python half. */
  name: string;
  mount(root: HTMLElement, session: Session, signal: AbortSignal): void;
}
