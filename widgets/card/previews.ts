/** The large previews of the cards that come next, made and decoded before they are shown. */
import type { Card } from "../core/kernel/schema";
import { previewOf } from "../core/ui/preview";

type Large = ReturnType<typeof previewOf>;

/** So many are kept. */
const LIMIT = 6;

export class NextPreviews {
  private readonly made = new Map<Card, Large>();

  /** Make a card's preview, unless it is made already. */
  make(card: Card): void {
    if (this.made.has(card)) return;
    const preview = previewOf(card);
    // One that cannot be decoded is said where it is shown.
    if (preview.element instanceof HTMLImageElement) preview.element.decode?.().catch(() => {});
    this.made.set(card, preview);
    if (this.made.size <= LIMIT) return;
    const [oldest, first] = this.made.entries().next().value as [Card, Large];
    first.release();
    this.made.delete(oldest);
  }

  /** A card's preview, for the caller to show and to release. */
  take(card: Card): Large {
    const preview = this.made.get(card);
    this.made.delete(card);
    return preview ?? previewOf(card);
  }

  clear(): void {
    for (const preview of this.made.values()) preview.release();
    this.made.clear();
  }
}
