/** Follows the current item's card for panels that show it: what is known at once, then asks; drops late answers, looks ahead. */

import type { Card } from "../kernel/schema";
import { Disconnected, LOST } from "../kernel/transport";
import { whyEmpty } from "./scopeWords";
import type { Session } from "./session";

/** A card that is shown though something about it has changed is asked for anew once the reader has rested so long. */
const REST_MS = 400;
/** So many cards ahead are asked for, those that come next after decisions. */
const AHEAD = 3;

export interface CardReader {
  /** The current item's card is here, or here again after a label changed. */
  show(card: Card): void;
  /** Another item is current and its card is on its way: what is shown belongs to the item before. */
  wait(item: number): void;
  /** There is no card to show, for this reason. */
  none(reason: string): void;
  /** A card that will be shown soon is here. */
  ahead?(card: Card): void;
}

/** Call the reader back for the current item, now and whenever it or a label changes, until the signal ends. */
export function followCard(session: Session, reader: CardReader, signal: AbortSignal): void {
  let shown: number | null = null;
  let turn = 0;
  let rest: ReturnType<typeof setTimeout> | undefined;
  let soon = false;
  /** The item that was current when something about it itself changed. */
  let own: number | null = null;
  let fetching = false;
  signal.addEventListener("abort", () => clearTimeout(rest), { once: true });

  const none = (reason: string): void => {
    shown = null;
    reader.none(reason);
  };

  const put = (card: Card): void => {
    shown = card.item;
    reader.show(card);
    void lookAhead();
  };

  const look = (): void => {
    const mine = ++turn;
    const now = own === session.current;
    soon = false;
    own = null;
    clearTimeout(rest);
    if (signal.aborted) return;
    const item = session.current;
    if (item === null || !session.hello) {
      none(whyNone(session));
      return;
    }
    const known = session.lastCard(item);
    if (known === null) {
      void ask(item, mine);
      return;
    }
    // What was answered last is shown at once: another label somewhere changes a sentence of it at most.
    put(known);
    if (session.isFresh(item)) return;
    if (now) void ask(item, mine);
    else rest = setTimeout(() => void ask(item, mine), REST_MS);
  };

  const ask = async (item: number, mine: number): Promise<void> => {
    try {
      const card = await session.card(item);
      // The selection has moved on, or a label has changed meanwhile: a newer answer is on its way.
      if (mine !== turn || signal.aborted) return;
      put(card);
    } catch (error) {
      if (mine !== turn || signal.aborted) return;
      // What is shown stays to be read; that nothing can be decided on it is said elsewhere.
      if (error instanceof Disconnected && shown === item) return;
      none(
        error instanceof Disconnected ? LOST : `This item could not be shown: ${(error as Error).message}`,
      );
    }
  };

  /** Ask for the cards that come next, one after the other: a kernel that is slow is asked for fewer. */
  const lookAhead = async (): Promise<void> => {
    if (fetching) return;
    fetching = true;
    try {
      for (;;) {
        const next = soonShown(session);
        for (const item of next) {
          const card = session.lastCard(item);
          if (card) reader.ahead?.(card);
        }
        const unknown = next.find((item) => session.lastCard(item) === null);
        if (unknown === undefined || signal.aborted) return;
        await session.card(unknown);
      }
    } catch {
      // Said where the card is wanted.
    } finally {
      fetching = false;
    }
  };

  /** Several topics often come in one turn (an edit, then a step): look once, after the last. */
  const lookSoon = (items: ArrayLike<number> | null = null): void => {
    const { current } = session;
    if (items === null || Array.prototype.includes.call(items, current)) own = current;
    // Also where it is shown already, with a suggestion that is not the one which would be taken now.
    if (current !== null && session.lastCard(current) === null) reader.wait(current);
    if (soon) return;
    soon = true;
    queueMicrotask(look);
  };

  session.on("current", () => lookSoon([]), signal);
  session.on("labels", lookSoon, signal);
  session.on("hello", () => lookSoon(), signal);
  session.on("scores", lookSoon, signal);
  session.on(
    "queue",
    () => {
      // Another scope that holds the current item too: why it is in it is not known yet.
      if (shown !== null && shown === session.current && session.lastCard(shown) === null) lookSoon([]);
      else if (shown !== null) void lookAhead();
    },
    signal,
  );
  if (session.current !== null && session.lastCard(session.current) === null) reader.wait(session.current);
  look();
}

/** The items that are likely to be shown next: those that come after decisions, and the one beside this one. */
function soonShown(session: Session): number[] {
  const { current, queue } = session;
  const beside = current === null ? undefined : queue[session.position(current) + 1];
  const next = session.upcoming(AHEAD);
  return beside === undefined || next.includes(beside) ? next : [...next, beside];
}

function whyNone(session: Session): string {
  if (!session.hello) return "Waiting for the review …";
  if (!session.scores) return "Nothing is selected. The queue fills when the items are scored.";
  if (session.queue.length === 0) return `Nothing is selected. ${whyEmpty(session)}`;
  return "Nothing is selected. Choose an item from the queue or on the map.";
}
