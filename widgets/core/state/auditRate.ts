/** How much of the queue is drawn at random: what the review says, until somebody chooses otherwise in this tab. */
import { tabStorage } from "./dial";
import { everyOf } from "./mixedQueue";

export class AuditRate {
  /** Every so many places of the queue go to a draw; 0 = none does. */
  every = 0;
  /** What the review says. */
  private said = 0;
  private place = "";

  constructor(private readonly storage: Storage = tabStorage()) {}

  /** Take what the review says; what was chosen here holds until it says something else. */
  take(rate: number, store: string): void {
    const said = everyOf(rate);
    if (said === this.said && store === this.place) return;
    this.said = said;
    this.place = store;
    this.every = this.chosen() ?? said;
  }

  set(every: number): void {
    this.every = every;
    try {
      this.storage.setItem(this.key, JSON.stringify({ every, said: this.said }));
    } catch {
      // No room: it is remembered as long as the page.
    }
  }

  private get key(): string {
    return `data-quality-explorer:audit-rate:${this.place}`;
  }

  private chosen(): number | null {
    try {
      const kept = JSON.parse(this.storage.getItem(this.key) ?? "{}") as { every?: unknown; said?: unknown };
      const { every, said } = kept;
      return said === this.said && typeof every === "number" && (every === 0 || every >= 2) ? every : null;
    } catch {
      return null; // another program's or a half-written entry
    }
  }
}
