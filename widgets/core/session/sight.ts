/** What the person can see: a decision is taken only about an item whose card is drawn and in sight. */

/**
 * How an item stands on a card: to be seen; about to be (its card is on its way, or not drawn yet since the last
 * decision); drawn where nobody sees it; or not at all.
 */
export type Seen = "here" | "coming" | "away" | "none";

/** Where cards are shown. */
export interface Place {
  of(item: number): Seen;
  /** A decision was taken: what is shown has to be drawn once more before the next. Whether it will tell `drawn` of it. */
  decided(): boolean;
  /** Bring the card into sight if that can be; returns what is to be done then. */
  reveal(): string;
}

const ORDER: readonly Seen[] = ["here", "coming", "away"];

/** What lets all else wait while the card of the next item is drawn. */
export interface Hold {
  hold(): void;
  release(): void;
}

export class Sight {
  private readonly places = new Set<Place>();
  /** Places that are still to be drawn since the last decision. */
  private readonly drawing = new Set<Place>();

  constructor(private readonly other: Hold = { hold() {}, release() {} }) {}

  /** Count on a place until the signal ends. */
  add(place: Place, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.places.add(place);
    signal.addEventListener(
      "abort",
      () => {
        this.places.delete(place);
        this.drawn(place);
      },
      { once: true },
    );
  }

  /** How an item stands, where it stands best. */
  of(item: number): Seen {
    const found = new Set([...this.places].map((place) => place.of(item)));
    return ORDER.find((seen) => found.has(seen)) ?? "none";
  }

  /** A decision is taken: until its place is drawn nothing else is done. */
  decided(): void {
    for (const place of this.places) if (place.decided()) this.drawing.add(place);
    if (this.drawing.size > 0) this.other.hold();
  }

  /** A place shows what it has to show, or waits for the kernel itself. */
  drawn(place: Place): void {
    if (this.drawing.delete(place) && this.drawing.size === 0) this.other.release();
  }

  /** Bring a card of the item into sight if that can be; returns what is to be done then. */
  reveal(item: number): string {
    const away = [...this.places].find((place) => place.of(item) === "away");
    return away?.reveal() ?? "";
  }
}
