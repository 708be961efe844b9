/** The card's reading half: what the item is, what its labels are, how sure the ranking is, and why. */

import type { Card, Reason } from "../core/kernel/schema";
import { percent, SUSPECTS, shortId, WAITING } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { WHY_DRAWN } from "../core/state/mixedQueue";
import { h } from "../core/ui/dom";
import { labelChip } from "../core/ui/frame";
import { withShortNames } from "../core/ui/name";
import { pushMark } from "./push";
import { decision, newest, standing } from "./words";

/** Letters of a class name inside a sentence. */
const NAME_LENGTH = 24;
/** Lines of evidence that are shown before one asks for more, where there is room for them. */
export const LINES = 3;

/** "rank 7 of 1,797 · item 1251 · where it came from". */
export function standingLine(session: Session, card: Card): HTMLElement {
  // As the queue counts them, from the scores that the page has: the card's own answer may be older or newer.
  const { item } = card;
  const suspect = session.hello?.calibrated ? session.suspectPlace(item) : null;
  const text = session.scores
    ? standing(session.rank(item), session.ranked, suspect, session.suspects)
    : standing(card.rank, card.ranked);
  return h(
    "div",
    { class: "dqx-card-standing dqx-muted dqx-cut" },
    ...(session.isRandom(card.item) ? [randomMark(), " "] : []),
    ...(session.isWaiting(card.item) ? [waitingMark(), " "] : []),
    h("span", { text, title: suspect === null ? "" : SUSPECTS, data: { dqx: "card-standing" } }),
    " · ",
    h("span", { text: `item ${shortId(card.id)}`, title: card.id, data: { dqx: "card-id" } }),
    card.name && card.name !== card.id ? h("span", { text: ` · ${card.name}`, title: card.name }) : null,
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

/** Given label → suggested label, as the decision so far leaves them: what is out is struck through. */
export function verdict(session: Session, card: Card): HTMLElement {
  const state = session.stateOf(card.item);
  const now = session.labels?.current[card.item] ?? card.current;
  const given = h("span", { class: "dqx-card-label", data: { dqx: "card-given" } });
  given.append(labelChip(session, card.given));
  const suggested = h("strong", { class: "dqx-card-label", data: { dqx: "card-suggested" } });
  if (card.suggested >= 0) suggested.append(labelChip(session, card.suggested));
  else suggested.append(h("span", { class: "dqx-muted", text: "no suggestion" }));
  const sure = suggestionShare(session, card);
  const agrees = card.given >= 0 && card.given === card.suggested;
  const out = card.given >= 0 && !agrees && (state === "relabelled" ? now !== card.given : state === "given");
  if (out && card.suggested >= 0) given.classList.add("dqx-struck");
  if (state === "kept") suggested.classList.add("dqx-struck");
  if (agrees) {
    const words = h("span", { class: "dqx-muted", text: "and the suggestion agrees:" });
    return h("div", { class: "dqx-card-verdict" }, given, words, suggested, sure);
  }
  const arrow = h("span", {
    class: "dqx-card-arrow dqx-muted",
    text: "→",
    aria: { label: "suggested:" },
    role: "img",
  });
  // Where both labels do not fit on one line, the arrow begins the second.
  return h(
    "div",
    { class: "dqx-card-verdict" },
    given,
    h("span", { class: "dqx-card-change" }, arrow, suggested, sure),
  );
}

/** How likely the suggested label is the true one: beside the label, not a part of it. */
function suggestionShare(session: Session, card: Card): HTMLElement | null {
  const p = card.suggested_p;
  if (!session.hello?.calibrated || card.suggested < 0 || typeof p !== "number") return null;
  return h("span", {
    class: "dqx-card-suggested-p dqx-muted",
    text: percent(p),
    title: "how likely the suggested label is the true one",
    data: { dqx: "suggested-p" },
  });
}

/** How likely the given label is wrong: a percentage only where it has been calibrated. */
export function meter(session: Session, card: Card): HTMLElement | null {
  const p = card.p_error;
  if (!session.hello?.calibrated || p === null || Number.isNaN(p)) return null;
  const bar = h("div", {
    class: "dqx-meter",
    role: "meter",
    aria: {
      label: "likely wrong",
      valuemin: "0",
      valuemax: "100",
      valuenow: String(Math.round(p * 100)),
      valuetext: `${percent(p)} likely wrong`,
    },
  });
  const fill = h("i");
  fill.style.width = `${(p * 100).toFixed(1)}%`;
  bar.append(fill);
  return h(
    "div",
    { class: "dqx-card-meter" },
    bar,
    h(
      "button",
      {
        class: "dqx-link",
        type: "button",
        title: "What this probability is made of, and when to trust it",
        data: { dqx: "p-error", method: "p_error" },
      },
      h("strong", { text: percent(p) }),
      h("span", { class: "dqx-muted", text: " likely wrong" }),
    ),
  );
}

/**
 * The label now, then the evidence in words; the number behind each sentence is its title. So many lines, those that
 * weigh most; infinitely many for every one.
 */
export function evidence(session: Session, card: Card, lines: number, more: () => void): HTMLElement {
  const all = lines === Number.POSITIVE_INFINITY;
  const state = session.stateOf(card.item);
  const now = session.labels?.current[card.item] ?? card.current;
  const label = h("span", { data: { dqx: "card-label" } }, labelChip(session, now));
  const words = decision(state, newest(card));
  const rows = h(
    "dl",
    { class: "dqx-card-why" },
    h("dt", { text: "label now" }),
    h(
      "dd",
      { class: `dqx-card-state dqx-card-${state.replace(" ", "-")}`, data: { state } },
      label,
      h("span", { class: "dqx-card-decision dqx-cut", text: words, title: words }),
      moreLines(card.why.length - (all ? 1 : lines), all, more),
    ),
  );
  for (const reason of card.why.slice(0, lines)) {
    const text = withShortNames(reason.text, session.classes, NAME_LENGTH);
    const title = [
      text === reason.text ? "" : reason.text,
      reason.value === null ? "" : `${reason.name}: ${Number(reason.value.toPrecision(4))}`,
    ];
    rows.append(h("dt", { class: "dqx-cut" }, methodName(reason)));
    rows.append(
      h(
        "dd",
        { class: "dqx-card-reason-line" },
        h("span", { text, title: title.filter(Boolean).join("\n") }),
        pushMark(reason.push),
      ),
    );
  }
  return rows;
}

/** Shows the lines that are left out; it stands above them, where it takes no room from the comparison. */
function moreLines(left: number, all: boolean, more: () => void): HTMLElement | null {
  if (left <= 0) return null;
  return h("button", {
    class: "dqx-link dqx-muted dqx-card-more-lines",
    type: "button",
    text: all ? "fewer lines" : `${left} more ${left === 1 ? "line" : "lines"}`,
    title: all ? "Show the lines that weigh most" : "Show what every method says",
    data: { dqx: "more-lines" },
    aria: { expanded: String(all) },
    on: { click: more },
  });
}

/** The name of the method behind a line; pressed, it opens the method's page. */
function methodName(reason: Reason): HTMLElement {
  if (!reason.method) return h("span", { text: reason.name, title: reason.name });
  return h("button", {
    class: "dqx-link dqx-card-method",
    type: "button",
    text: reason.name.replaceAll("_", " "),
    title: "What this method does, and when to trust it",
    data: { dqx: "reason-method", method: reason.method },
    aria: { label: `${reason.name.replaceAll("_", " ")}: about this method` },
  });
}

/** What else is odd about the item. */
export function badges(card: Card): HTMLElement | null {
  if (card.badges.length === 0) return null;
  return h(
    "ul",
    { class: "dqx-card-badges", aria: { label: "Other issues" } },
    ...card.badges.map((text) => h("li", { text })),
  );
}
