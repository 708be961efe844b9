/** The card's first line: given label → suggested label, one percentage, which item it is, and what was decided on it. */

import type { Card } from "../core/kernel/schema";
import { percent, SUSPECTS, shortId, WAITING } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { WHY_DRAWN } from "../core/state/mixedQueue";
import { h } from "../core/ui/dom";
import { labelChip } from "../core/ui/frame";
import { decision, newest, standing } from "./words";

/** Letters of a class name from which on the labels are written smaller. */
const LONG_NAME = 20;

/** Given label → suggested label; what is out by the decision so far is struck through. */
export function verdict(session: Session, card: Card, second: HTMLElement): HTMLElement {
  const state = session.stateOf(card.item);
  const now = session.labels?.current[card.item] ?? card.current;
  const given = h("span", { class: "dqx-card-label", data: { dqx: "card-given" } });
  given.append(labelChip(session, card.given));
  const suggested = h("strong", { class: "dqx-card-label", data: { dqx: "card-suggested" } });
  if (card.suggested >= 0) suggested.append(labelChip(session, card.suggested));
  else suggested.append(h("span", { class: "dqx-muted", text: "no suggestion" }));
  const agrees = card.given >= 0 && card.given === card.suggested;
  // Said once: two long names would find no room on the line.
  suggested.hidden = agrees;
  const out = card.given >= 0 && !agrees && (state === "relabelled" ? now !== card.given : state === "given");
  if (out && card.suggested >= 0) given.classList.add("dqx-struck");
  if (state === "kept" && !agrees) suggested.classList.add("dqx-struck");
  const between = agrees
    ? h("span", { class: "dqx-card-agrees dqx-muted", text: "and the suggestion agrees" })
    : h("span", {
        class: "dqx-card-arrow dqx-muted",
        text: "→",
        aria: { label: "suggested:" },
        role: "img",
      });
  return h(
    "div",
    { class: "dqx-card-verdict" },
    h(
      "span",
      { class: `dqx-card-labels${isLong(session) ? " dqx-card-labels-long" : ""}` },
      card.given < 0 ? null : hidden("given label: "),
      given,
      between,
      suggested,
      second,
    ),
    chance(session, card),
    meta(session, card),
  );
}

/** Whether some class has a name that two of them in large letters find no line for. */
function isLong(session: Session): boolean {
  return session.classes.some((name) => name.length > LONG_NAME);
}

/** How likely the given label is wrong: a percentage only where it has been calibrated. It opens what it is made of. */
function chance(session: Session, card: Card): HTMLElement | null {
  const p = card.p_error;
  if (!session.hello?.calibrated || p === null || Number.isNaN(p)) return null;
  // What somebody has decided on is settled: the number is that of the label as it was given.
  const settled = session.isReviewed(card.item);
  return h("button", {
    class: `dqx-link dqx-card-chance${p > 0.5 && !settled ? " dqx-card-likely" : ""}`,
    type: "button",
    text: `${settled ? "was " : ""}${percent(p)} likely wrong`,
    title: "What this percentage is made of",
    data: { dqx: "p-error" },
  });
}

/** What was decided, badges, and which item it is: the first to give way where room is short. */
function meta(session: Session, card: Card): HTMLElement {
  return h(
    "span",
    { class: "dqx-card-meta" },
    session.isRandom(card.item) ? randomMark() : null,
    session.isWaiting(card.item) ? waitingMark() : null,
    decided(session, card),
    ...card.badges.map((text) => h("span", { class: "dqx-card-badge", text, data: { dqx: "card-badge" } })),
    h(
      "span",
      { class: "dqx-card-which dqx-muted dqx-cut" },
      h("span", { text: shortId(card.id), title: card.id, data: { dqx: "card-id" } }),
      card.name && card.name !== card.id ? h("span", { text: `, ${card.name}`, title: card.name }) : null,
      place(session, card),
    ),
  );
}

/** The label now and the decision behind it; seen only where there is one. */
function decided(session: Session, card: Card): HTMLElement {
  const state = session.stateOf(card.item);
  const now = session.labels?.current[card.item] ?? card.current;
  const words = decision(state, newest(card));
  return h(
    "span",
    {
      class: `dqx-card-state dqx-card-${state.replace(" ", "-")}${state === "given" ? " dqx-visually-hidden" : ""}`,
      data: { state, dqx: "card-state" },
    },
    hidden("label now: "),
    h("span", { data: { dqx: "card-label" } }, labelChip(session, now)),
    h("span", { class: "dqx-card-decision dqx-cut", text: words, title: words }),
  );
}

/** Words for those who do not see how things stand. */
function hidden(text: string): HTMLElement {
  return h("span", { class: "dqx-visually-hidden", text });
}

/** Where the item stands in the ranking, for a card that stands alone: elsewhere the queue says it. */
function place(session: Session, card: Card): HTMLElement {
  // As the queue counts them, from the scores that the page has: the card's own answer may be older or newer.
  const { item } = card;
  const suspect = session.hello?.calibrated ? session.suspectPlace(item) : null;
  const text = session.scores
    ? standing(session.rank(item), session.ranked, suspect, session.suspects)
    : standing(card.rank, card.ranked);
  return h(
    "span",
    { class: "dqx-card-standing" },
    " · ",
    h("span", { text, title: suspect === null ? "" : SUSPECTS, data: { dqx: "card-standing" } }),
  );
}

/** The badge of an item that the queue holds because it was drawn. */
function randomMark(): HTMLElement {
  return h("span", { class: "dqx-random", text: "random", title: WHY_DRAWN, data: { dqx: "card-random" } });
}

/** The badge of an item whose decision is not on disk yet. */
function waitingMark(): HTMLElement {
  return h("span", { class: "dqx-random dqx-waits", text: WAITING, data: { dqx: "card-waiting" } });
}
