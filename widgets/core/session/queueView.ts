/** What can be read of the queue: the half of a session that changes nothing. The session owns the state. */
import type { Filter } from "../state/filter";
import type { Scopes } from "../state/scopes";
import type { ReviewState } from "../state/state";

export abstract class QueueView {
  protected abstract readonly state: ReviewState;

  get filter(): Filter {
    return this.state.order.filter;
  }

  /** Items to review in order, after the filter. */
  get queue(): readonly number[] {
    return this.state.order.items;
  }

  /** Whether random items belong in the queue as it is filtered now. */
  get mixes(): boolean {
    return this.state.order.mixes;
  }

  /** Items that stand in the queue because they were drawn at random. */
  get drawn(): ReadonlySet<number> {
    return this.state.order.drawn;
  }

  /** Whether an item was drawn at random, for the queue or for an audit by itself. */
  isRandom(item: number): boolean {
    return this.state.isRandom(item);
  }

  /** How many items pass the filter; random ones come on top where they do not. */
  get passing(): number {
    return this.state.order.passing;
  }

  /** How many of those are open: nobody has decided on them, neither here nor elsewhere. */
  get open(): number {
    return this.state.order.open;
  }

  /** Place among the items that pass the filter, 1 = the first; null for one that does not. */
  placeAmong(item: number): number | null {
    return this.state.order.placeAmong(item);
  }

  /** How many items of the queue a person has decided on, those that wait to be saved among them. */
  get reviewed(): number {
    return this.state.order.reviewed;
  }

  /** Rank over all items, 1 = most suspicious; null without scores, and for an item that has no p_error. */
  rank(item: number): number | null {
    return this.state.order.rank(item);
  }

  /** How many items the ranking calls label issues, decided on or not: the one count of suspects that is shown. */
  get suspects(): number {
    return this.state.order.suspects;
  }

  /** An item's place among the suspects, 1 = most suspicious; null where it is none. */
  suspectPlace(item: number): number | null {
    return this.state.order.suspectPlace(item);
  }

  /** How many items have a rank. */
  get ranked(): number {
    return this.state.order.ranked;
  }

  /** Position in the queue, or -1. */
  position(item: number): number {
    return this.state.order.position(item);
  }

  /** Whether anything narrows the queue besides the scope: a pair, a class, a lasso, a search. */
  get narrowed(): boolean {
    return this.state.order.narrowed;
  }

  /** Whether an item passes scope and filter; a random one that the queue mixes in may not. */
  passes(item: number): boolean {
    return this.state.order.passes(item, this.state.labels);
  }

  /** What is known of the scopes: counts, titles, items. */
  get scopes(): Scopes {
    return this.state.scopes;
  }

  /** The items that an item is decided on with in the present scope, itself among them; empty where it stands alone. */
  scopeSet(item: number): number[] {
    return this.state.scopes.setOf(this.state.filter.scope, item);
  }

  /** Items that stand out on the map; none = all are shown alike. */
  get highlighted(): ReadonlySet<number> {
    return this.state.highlighted;
  }
}
