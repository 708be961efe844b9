/** A selection that grows along the neighbour graph: from what is picked, or from the current item, a step a key. */
import { countOf } from "../kernel/words";
import { toldScope } from "../state/told";
import type { Session } from "./session";

/** What a selection grew from, and what it has come to. */
interface Grown {
  seeds: readonly number[];
  items: readonly number[];
}

export class Growth {
  private last: Grown | null = null;
  private asking = false;

  constructor(private readonly session: Session) {}

  /**
   * Grow by a step and show what it has come to, in the queue and on the map. In groups, and for copies too many to see,
   * the first step takes the item's whole set.
   */
  async grow(): Promise<void> {
    const { session, last } = this;
    const labels = session.labels;
    if (!labels || this.asking) return;
    const now = this.selection();
    // What somebody has picked since is what it grows from now.
    const goes_on = last !== null && sameItems(last.items, now);
    const seeds = goes_on ? last.seeds : now;
    if (seeds.length === 0) {
      tell(session, "There is nothing to grow from.", "Choose an item first.");
      return;
    }
    const scope = seeds.length === 1 ? toldScope(session.filter) : null;
    this.asking = true;
    try {
      const { items, whole } = await session.transport.call("grow", {
        items: [...seeds],
        order: labels.order,
        count: goes_on ? now.length : 0,
        ...(scope === null ? {} : { scope }),
      });
      // Another selection, or other items, since it was asked for: nobody waits for this one.
      if (session.labels?.order !== labels.order || !sameItems(this.selection(), now)) return;
      if (items.length <= now.length)
        tell(session, `Nothing more hangs together with ${countOf(now.length, "item")}.`);
      else this.show({ seeds, items: [...items] }, now.length, whole);
    } catch (error) {
      session.report(error);
    } finally {
      this.asking = false;
    }
  }

  /** What is picked, else what is shown. */
  private selection(): readonly number[] {
    const { picked, current } = this.session;
    if (picked.size > 0) return [...picked];
    return current === null ? [] : [current];
  }

  private show(grown: Grown, from: number, whole: boolean): void {
    const { session } = this;
    this.last = grown;
    session.present(grown.items);
    session.picks.set(grown.items);
    const what = whole ? "one group, whole" : "the nearest of one group";
    const [before, after] = [from, grown.items.length].map((n) => n.toLocaleString("en-GB"));
    session.emit("said", `Grew from ${before} to ${after}: ${what}. E grows further, Esc lets go.`);
  }
}

const growths = new WeakMap<Session, Growth>();

/** The one growth of a session: keys and buttons go on from where the other stopped. */
export function growthOf(session: Session): Growth {
  const found = growths.get(session) ?? new Growth(session);
  growths.set(session, found);
  return found;
}

function sameItems(one: readonly number[], other: readonly number[]): boolean {
  if (one.length !== other.length) return false;
  const among = new Set(one);
  return other.every((item) => among.has(item));
}

function tell(session: Session, text: string, remedy = ""): void {
  session.emit("notice", { kind: "info", text, remedy });
}
