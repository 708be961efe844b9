/** Follows the current item's card for panels that show it: asks in time, drops late answers, and looks ahead. */

import type { Card } from "../kernel/schema";
import { Disconnected } from "../kernel/transport";
import type { Session } from "./session";

/** The next item's card is asked for once the reader has settled on this one for so long. */
const AHEAD_MS = 150;

export interface CardReader {
  /** The current item's card is here, or here again after a label changed. */
  show(card: Card): void;
  /** Another item is current and its card is on its way: what is shown belongs to the item before. */
  wait(item: number): void;
  /** There is no card to show, for this reason. */
  none(reason: string): void;
}

/** Call the reader back for the current item, now and whenever it or a label changes, until the signal ends. */
export function followCard(session: Session, reader: CardReader, signal: AbortSignal): void {
  let shown: number | null = null;
  let turn = 0;
  let ahead: ReturnType<typeof setTimeout> | undefined;
  let soon = false;
  signal.addEventListener("abort", () => clearTimeout(ahead), { once: true });

  const none = (reason: string): void => {
    shown = null;
    reader.none(reason);
  };

  const look = async (): Promise<void> => {
    soon = false;
    if (signal.aborted) return;
    const mine = ++turn;
    clearTimeout(ahead);
    const item = session.current;
    if (item === null || !session.hello) {
      none(whyNone(session));
      return;
    }
    try {
      const card = await session.card(item);
      // The selection has moved on, or a label has changed meanwhile: a newer answer is on its way.
      if (mine !== turn || signal.aborted) return;
      shown = item;
      reader.show(card);
      ahead = setTimeout(() => lookAhead(session), AHEAD_MS);
    } catch (error) {
      if (mine !== turn || signal.aborted) return;
      none(
        error instanceof Disconnected
          ? "No kernel is connected: run the notebook's cell again."
          : `This item could not be shown: ${(error as Error).message}`,
      );
    }
  };

  /** Several topics often come in one turn (an edit, then a step): look once, after the last. */
  const lookSoon = (): void => {
    if (session.current !== null && session.current !== shown) reader.wait(session.current);
    if (soon) return;
    soon = true;
    queueMicrotask(() => void look());
  };

  session.on("current", lookSoon, signal);
  session.on("labels", lookSoon, signal);
  session.on("hello", lookSoon, signal);
  session.on("scores", lookSoon, signal);
  if (session.current !== null) reader.wait(session.current);
  void look();
}

function whyNone(session: Session): string {
  if (!session.hello) return "Waiting for the review …";
  if (!session.scores) return "Nothing is selected. The queue fills when the items are scored.";
  if (session.queue.length === 0) {
    const { suspects, pair, items } = session.filter;
    return suspects && !pair && !items
      ? "Nothing is selected, since there are no suspects. The queue offers a random sample; the map shows every item."
      : "Nothing is selected, and no item passes the filter.";
  }
  return "Nothing is selected. Choose an item from the queue or on the map.";
}

function lookAhead(session: Session): void {
  const place = session.current === null ? -1 : session.position(session.current);
  const next = place < 0 ? undefined : session.queue[place + 1];
  if (next !== undefined) session.card(next).catch(() => {});
}
