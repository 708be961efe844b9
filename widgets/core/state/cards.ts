/** Cards that were asked for, kept until something about them changes; and the item ids learned from them. */
import type { Card } from "../kernel/schema";

const LIMIT = 200;

export class Cards {
  private readonly cards = new Map<number, Promise<Card>>();
  private ids = new Map<number, string>();

  constructor(private readonly ask: (item: number) => Promise<Card>) {}

  /** An item's card, asked for once until `forget`. */
  get(item: number): Promise<Card> {
    const known = this.cards.get(item);
    if (known) return known;
    const card = this.ask(item);
    // An answer that comes after `reset` tells an id of the order before: it goes where nobody looks any more.
    const { ids } = this;
    card.then(
      (c) => ids.set(item, c.id),
      () => this.cards.delete(item),
    );
    this.cards.set(item, card);
    if (this.cards.size > LIMIT) this.cards.delete(this.cards.keys().next().value as number);
    return card;
  }

  /** The items' ids, or null if one of them has not been seen. */
  idsOf(items: readonly number[]): string[] | null {
    const ids = items.map((item) => this.ids.get(item));
    return ids.every((id) => id !== undefined) ? (ids as string[]) : null;
  }

  /**
   * Ask anew for the cards of these items, where only what is theirs has changed; left out, for every card: a label is
   * evidence for its neighbours too.
   */
  forget(items?: Iterable<number>): void {
    if (!items) this.cards.clear();
    else for (const item of items) this.cards.delete(item);
  }

  /** Other items, or the same in another order. */
  reset(): void {
    this.cards.clear();
    this.ids = new Map();
  }
}
