/** Cards that were asked for, kept until something about them changes and shown until they are here anew; and item ids. */
import type { Card, ToldScope } from "../kernel/schema";

const LIMIT = 200;

interface Known {
  /** The scope that was asked about with it. */
  scope: ToldScope | null;
  /** The newest question, while its answer is what stands; null once something about the card has changed. */
  asked: Promise<Card> | null;
  /** Number of the newest question, and of the one that `last` answers. */
  turn: number;
  answered: number;
  /** The newest answer. */
  last: Card | null;
}

export class Cards {
  private readonly known = new Map<number, Known>();
  private ids = new Map<number, string>();

  /** `scope` is the one in which items are looked at now: a card says why its item is in it. */
  constructor(
    private readonly ask: (item: number, scope: ToldScope | null) => Promise<Card>,
    private readonly scope: () => ToldScope | null = () => null,
  ) {}

  /** An item's card, asked for once until `forget`, and anew in another scope. */
  get(item: number): Promise<Card> {
    const scope = this.scope();
    const known = this.of(item) ?? { scope, asked: null, turn: 0, answered: 0, last: null };
    if (known.asked) return known.asked;
    const turn = ++known.turn;
    const card = this.ask(item, scope);
    known.asked = card;
    // An answer that comes after `reset` tells an id of the order before: it goes where nobody looks any more.
    const { ids } = this;
    card.then(
      (answer) => {
        ids.set(item, answer.id);
        // Two questions about one item may be answered in the other order.
        if (turn < known.answered) return;
        known.answered = turn;
        known.last = answer;
      },
      () => {
        if (known.asked === card) known.asked = null;
      },
    );
    this.known.delete(item);
    this.known.set(item, known);
    if (this.known.size > LIMIT) this.known.delete(this.known.keys().next().value as number);
    return card;
  }

  /** The card as it was last answered in this scope, perhaps before something about it changed; null = never. */
  last(item: number): Card | null {
    return this.of(item)?.last ?? null;
  }

  /** Whether the card is here as it is now: answered, and nothing about it has changed since it was asked for. */
  isFresh(item: number): boolean {
    const known = this.of(item);
    return known !== undefined && known.asked !== null && known.answered === known.turn;
  }

  private of(item: number): Known | undefined {
    const known = this.known.get(item);
    return known?.scope === this.scope() ? known : undefined;
  }

  /** The items' ids, or null if one of them has not been seen. */
  idsOf(items: readonly number[]): string[] | null {
    const ids = items.map((item) => this.ids.get(item));
    return ids.every((id) => id !== undefined) ? (ids as string[]) : null;
  }

  /**
   * Ask anew for the cards of these items, where only what is theirs has changed; left out, for every card: a label is
   * evidence for its neighbours too. What was answered last stays, to be shown until then.
   */
  forget(items?: Iterable<number>): void {
    for (const item of items ?? this.known.keys()) {
      const known = this.known.get(item);
      if (known) known.asked = null;
    }
  }

  /** Other items, or the same in another order. */
  reset(): void {
    this.known.clear();
    this.ids = new Map();
  }
}
