/** The items of the cards that come next, made and decoded before they are shown. */
import type { Card } from "../core/kernel/schema";
import type { ItemView } from "./view";

/** So many are kept. */
const LIMIT = 6;

export class NextPreviews {
  private readonly made = new Map<Card, ItemView>();

  constructor(private readonly view: (card: Card) => ItemView) {}

  /** Make a card's item, unless it is made already. */
  make(card: Card): void {
    if (this.made.has(card)) return;
    const made = this.view(card);
    // One that cannot be decoded is said where it is shown.
    if (made.element instanceof HTMLImageElement) made.element.decode?.().catch(() => {});
    this.made.set(card, made);
    if (this.made.size <= LIMIT) return;
    const [oldest, first] = this.made.entries().next().value as [Card, ItemView];
    first.release();
    this.made.delete(oldest);
  }

  /** A card's item, for the caller to show and to release. */
  take(card: Card): ItemView {
    const made = this.made.get(card);
    this.made.delete(card);
    return made ?? this.view(card);
  }

  clear(): void {
    for (const made of this.made.values()) made.release();
    this.made.clear();
  }
}
