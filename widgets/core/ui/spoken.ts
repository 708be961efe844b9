/**
 * What a screen reader says by itself: what was done, and the item that is shown then, in one message. Only a panel that
 * has the keyboard speaks, and whoever walks fast hears the last item alone.
 */

import type { Card } from "../kernel/schema";
import { percent, shortId, WAITING } from "../kernel/words";
import { followCard } from "../session/currentCard";
import type { Session } from "../session/session";
import { count, h } from "./dom";
import { hasKeyboard } from "./keyboard";
import { wordsOf } from "./preview";

/** What happens within this time is one message. */
const PAUSE_MS = 150;
/** Letters of a text that are read with its labels; the rest is on the card. */
const LETTERS = 240;

/** Make the place that is read out, for a panel at `root`; while the item is `covered`, nothing of it is said. */
export function makeSpoken(
  root: HTMLElement,
  session: Session,
  signal: AbortSignal,
  covered: () => boolean = () => false,
): HTMLElement {
  const element = h("div", {
    class: "dqx-visually-hidden",
    role: "status",
    data: { dqx: "spoken" },
    aria: { live: "polite", atomic: "true" },
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** What was done; and what is said only where nothing was. */
  let did = "";
  let besides = "";
  /** What is shown now and its words; what was read out last. */
  let shown: number | string = "";
  let words = "";
  let read: number | string = "";
  /** Where the keyboard is on a tile, a screen reader reads that tile. */
  const onTile = (): boolean => {
    const page = root.getRootNode() as Document | ShadowRoot;
    return page.activeElement?.getAttribute("role") === "option";
  };
  const speak = (): void => {
    const isNew = shown !== read && !onTile() && !covered();
    read = shown;
    const done = (did || besides).replace(/\.$/, "");
    const text = [done, isNew ? words : ""].filter(Boolean).join(". ");
    did = "";
    besides = "";
    if (text && hasKeyboard(root)) element.textContent = text;
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(speak, PAUSE_MS);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });

  session.on(
    "said",
    (text) => {
      did = text;
      if (text) soon();
    },
    signal,
  );
  const mention = (text: string): void => {
    besides = text;
    soon();
  };
  session.on(
    "reason",
    (reason) => mention(reason ? `reason of the next decision: ${reason}` : "no reason"),
    signal,
  );
  // A blind rater must not come upon what was said of the item before.
  session.on("opened", () => void (covered() && element.replaceChildren()), signal);
  session.on("picked", (picked) => mention(picked.size > 0 ? `${count(picked.size)} picked` : ""), signal);
  followCard(
    session,
    {
      show(card) {
        words = itemInWords(session, card);
        shown = card.item;
        if (shown !== read) soon();
      },
      wait() {},
      none(reason) {
        shown = reason;
        words = reason;
        soon();
      },
    },
    signal,
  );
  root.addEventListener(
    "focusin",
    (event) => {
      // Whoever comes in hears where they are.
      if (event.relatedTarget instanceof Node && root.contains(event.relatedTarget)) return;
      read = "";
      soon();
    },
    { signal },
  );
  return element;
}

/** "4 of 37: given label dog, suggested cat, 99 % likely wrong. row 65". */
export function itemInWords(session: Session, card: Card): string {
  const { item, preview } = card;
  const place = session.placeAmong(item);
  const where = place === null ? "" : `${count(place)} of ${count(session.passing)}: `;
  const drawn = session.isRandom(item) ? "random check, " : "";
  const words = wordsOf(preview).trim();
  const text = words.length > LETTERS ? `${words.slice(0, LETTERS)} …` : words;
  const content = preview.kind === "text" && text !== "" ? text : card.name || `item ${shortId(card.id)}`;
  return `${where}${drawn}${labelsInWords(session, card)}. ${content}`;
}

function labelsInWords(session: Session, card: Card): string {
  const { item, given, suggested, p_error: p } = card;
  const label = given < 0 ? "no label given" : `given label ${session.className(given)}`;
  const state = session.stateOf(item);
  if (session.isReviewed(item)) {
    const now = session.labels?.current[item] ?? card.current;
    const changed = now === given ? "" : `now ${session.className(now)}, `;
    return `${label}, ${changed}${state}${session.isWaiting(item) ? `, ${WAITING}` : ""}`;
  }
  const agrees = suggested === given ? "the suggestion agrees" : `suggested ${session.className(suggested)}`;
  const chance =
    session.hello?.calibrated && p !== null && !Number.isNaN(p) ? `, ${percent(p)} likely wrong` : "";
  return `${label}, ${suggested < 0 ? "no suggestion" : agrees}${chance}`;
}
