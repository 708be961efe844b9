/** What the person can see: a decision is taken only about an item whose card is drawn and in sight. */

/**
 * How an item stands on a card: to be seen; about to be (its card is on its way, or not drawn yet since the last
 * decision); drawn where nobody sees it; or not at all.
 */
export type Seen = "here" | "coming" | "away" | "none";

/** Where cards are shown. */
export interface Place {
  of(item: number): Seen;
  /** A decision was taken: what is shown has to be drawn once more before the next. */
  decided(): void;
  /** Bring the card into sight if that can be; returns what is to be done then. */
  reveal(): string;
}

const ORDER: readonly Seen[] = ["here", "coming", "away"];

export class Sight {
  private readonly places = new Set<Place>();

  /** Count on a place until the signal ends. */
  add(place: Place, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.places.add(place);
    signal.addEventListener("abort", () => this.places.delete(place), { once: true });
  }

  /** How an item stands, where it stands best. */
  of(item: number): Seen {
    const found = new Set([...this.places].map((place) => place.of(item)));
    return ORDER.find((seen) => found.has(seen)) ?? "none";
  }

  decided(): void {
    for (const place of this.places) place.decided();
  }

  /** Bring a card of the item into sight if that can be; returns what is to be done then. */
  reveal(item: number): string {
    const away = [...this.places].find((place) => place.of(item) === "away");
    return away?.reveal() ?? "";
  }
}
