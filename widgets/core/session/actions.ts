/**
 * What a reviewer can decide about the current item, by key or by button: one place, so that both do the same.
 *
 * Each decision is about the current item only and then moves on to the next unreviewed one. Decisions about many items
 * have a dialog of their own, which says first what would change.
 */
import { toldScope } from "../state/told";
import { goToNextScope, nextScopeWords } from "./nextScope";
import type { Session } from "./session";

/**
 * Relabel the current item to its suggested label; where the suggestion is the label it has, or keeping is the default,
 * that is a keep. Where nothing is the default it says which keys decide. What is decided on stays as it is: this goes on
 * to the next.
 */
export function acceptSuggestion(session: Session): void {
  const item = session.current;
  if (item !== null && session.isReviewed(item)) {
    advance(session);
    return;
  }
  if (item !== null && session.sight.of(item) === "here" && defaultOf(session, item) === "none") {
    tell(session, "Enter decides nothing here: choose.", waysOf(session, item));
    return;
  }
  decide(session, (item) => {
    if (defaultOf(session, item) === "keep") {
      session.edit("keep", [item]);
      return true;
    }
    const suggested = suggestionOf(session, item);
    if (suggested < 0) {
      tell(
        session,
        "There is no suggested label for this item.",
        "Choose a label yourself, or keep the given one.",
      );
      return false;
    }
    edit(session, item, suggested);
    return true;
  });
}

/** What Enter does with an open item: take its suggested label, keep the given one, or nothing. */
export type Default = "accept" | "keep" | "none";

/**
 * Label errors, and what the queue mixes in among them, get their suggested label. What is looked at for something else
 * keeps its label where the ranking does not call that an issue. Habit must answer no random check by itself, since what is
 * left is reckoned from the answers; it must not give a class to an outlier that may belong to none, nor take the last items
 * from a class that the ranking hardly knows. Where another label is suggested for one of these, nothing is the default.
 */
export function defaultOf(session: Session, item: number): Default {
  const given = session.labels?.given[item] ?? -1;
  const scope = toldScope(session.filter);
  const random = scope === "random" || (session.isRandom(item) && !session.mixes);
  if (given < 0) return "accept";
  const suspect = session.scores?.is_label_issue[item] === 1;
  const other = suggestionOf(session, item) !== given;
  const doubtful = suspect && (scope === "outlier" || scope === "imbalance");
  if (other && (random || doubtful)) return "none";
  return scope !== null && !random && !suspect ? "keep" : "accept";
}

/** "K keeps cat, 2 changes it to dog, O leaves it out." */
function waysOf(session: Session, item: number): string {
  const suggested = suggestionOf(session, item);
  const digit = keyOfClass(session.classes, suggested);
  const keeps = `K keeps ${session.className(session.labels?.given[item] ?? -1)}`;
  const changes = suggested < 0 ? "" : `${digit ?? "/"} changes it to ${session.className(suggested)}`;
  const out = toldScope(session.filter) === "outlier" ? "O leaves it out" : "";
  return `${[keeps, changes, out].filter(Boolean).join(", ")}.`;
}

/** Relabel the current item to its suggested label, also where that overturns a decision. */
export function changeToSuggestion(session: Session): void {
  decide(session, (item) => {
    const suggested = suggestionOf(session, item);
    if (suggested >= 0) edit(session, item, suggested);
    return suggested >= 0;
  });
}

/** Keep the current item's given label: a decision, and stored as one. */
export function keep(session: Session): void {
  decide(session, (item) => {
    if ((session.labels?.given[item] ?? -1) < 0) {
      tell(session, "There is no given label to keep.", "Choose a label, or leave the item out.");
      return false;
    }
    session.edit("keep", [item]);
    return true;
  });
}

/** Give the current item a label by its name; one that is not a class yet only with `new_class`. */
export function relabel(
  session: Session,
  label: string,
  options: { new_class?: boolean; why?: string } = {},
): void {
  decide(session, (item) => {
    const given = session.labels?.given[item] ?? -1;
    if (given >= 0 && session.classes[given] === label && !options.why) session.edit("keep", [item]);
    else session.edit("relabel", [item], { label, ...options });
  });
}

/** Say that the current item cannot simply be labelled, and why ("ambiguous", …). */
export function mark(session: Session, reason: string, why?: string): void {
  decide(session, (item) => session.edit("mark", [item], why === undefined ? { reason } : { reason, why }));
}

/** Leave the current item out of the dataset: it belongs in none of the classes, or is there already. */
export function leaveOut(session: Session): void {
  decide(session, (item) => session.edit("leave_out", [item]));
}

/** Go to the next item left to decide on, and decide nothing. */
export function next(session: Session): void {
  advance(session);
}

/** Attach a reason to the next decision on the current item, or take it off again. */
export function toggleReason(session: Session, reason: string): boolean {
  if (session.current === null) return false;
  session.setReason(session.reason === reason ? "" : reason);
  return true;
}

/** In a conflict about the current item: decide as before, on top of what stands there now. */
export function useMine(session: Session): boolean {
  const item = session.current;
  const conflict = session.conflicts.of(item);
  if (item === null || !conflict) return false;
  const { action, ...options } = conflict.mine;
  // A why or a reason given since replaces the one of before.
  if (session.note.trim()) delete options.why;
  if (session.reason && action !== "mark") delete options.reason;
  const expected = { [String(item)]: conflict.theirs.event };
  decide(session, () => session.edit(action, [item], { ...options, expected }));
  return true;
}

/** In a conflict about the current item: let the other's decision stand. Nothing is written. */
export function keepTheirs(session: Session): boolean {
  const item = session.current;
  if (item === null || !session.conflicts.of(item)) return false;
  decide(session, () => session.conflicts.close([item]));
  return true;
}

/** Go to the next item with an open conflict. */
export function nextConflict(session: Session): boolean {
  const { items } = session.conflicts;
  const next = items[(items.indexOf(session.current ?? -1) + 1) % items.length];
  if (next === undefined) return false;
  session.select(next);
  return true;
}

/** Go to the first item of the present order that nobody has decided on; from one that was just decided on, if any. */
function advance(session: Session, decided: number | null = null): void {
  const [first] = session.upcoming(1);
  if (decided !== null) session.goOn(decided, first ?? null);
  if (first !== undefined) session.select(first);
  else if (session.queue.length > 0) {
    session.end();
    tellEnd(session);
  }
}

/** Say that all of a queue is decided on, and where to go on. */
function tellEnd(session: Session): void {
  const wish = { taken: false };
  session.emit("ended", wish);
  if (wish.taken) return;
  const text = "Every item of this queue is reviewed.";
  const next = session.chosen.length > 0 ? "" : nextScopeWords(session);
  if (next)
    session.emit("notice", { kind: "info", text, act: { text: next, run: () => goToNextScope(session) } });
  else tell(session, text, session.chosen.length > 0 ? "Esc leads back to where you were." : "");
}

/**
 * The class that a digit key means, or -1: 1 is the first class and 0 the tenth. Where the classes are digits
 * themselves, a key means the class it spells: pressing 3 must never choose "2".
 */
export function classOfKey(classes: readonly string[], pressed: string): number {
  if (!/^[0-9]$/.test(pressed)) return -1;
  if (areDigits(classes)) return classes.indexOf(pressed);
  const code = (Number(pressed) + 9) % 10;
  return code < classes.length ? code : -1;
}

/** The digit key that chooses a class, or null beyond the tenth. */
export function keyOfClass(classes: readonly string[], code: number): string | null {
  if (areDigits(classes)) return classes[code] ?? null;
  return code >= 0 && code < Math.min(10, classes.length) ? String((code + 1) % 10) : null;
}

function areDigits(classes: readonly string[]): boolean {
  return classes.length > 0 && classes.every((name) => /^[0-9]$/.test(name));
}

/** The suggested label as the card says it, else as the ranking has it; -1 = none. */
function suggestionOf(session: Session, item: number): number {
  return session.lastCard(item)?.suggested ?? session.scores?.suggested[item] ?? -1;
}

/** Keep the current item's given label or relabel it, whichever leads to this label. */
function edit(session: Session, item: number, code: number): void {
  if (session.labels?.given[item] === code) session.edit("keep", [item]);
  else session.edit("relabel", [item], { label: session.className(code) });
}

/**
 * Take a decision about the item that the person sees, and go on; `act` may return false where there was none. A decision
 * that comes before the card is drawn is dropped, and that is said: it may have been meant for the item before.
 */
export function decide(session: Session, act: (item: number) => unknown): void {
  const item = session.current;
  if (session.transport.gone) {
    session.emit("kernel", "gone");
    return;
  }
  if (item === null) {
    tell(session, "Nothing is decided: no item is shown.", "Choose one from the queue or on the map.");
    return;
  }
  // The next key of a run was meant for the next item, and there is none: it must not turn this decision round.
  if (session.ended === item && session.isReviewed(item) && !session.conflicts.of(item)) {
    tell(
      session,
      "This item is decided, and nothing comes after it.",
      "U takes it back; click it to decide anew.",
    );
    return;
  }
  const seen = session.sight.of(item);
  if (seen === "away" || seen === "none")
    tell(
      session,
      "Nothing is decided without the item in sight.",
      seen === "away" ? session.sight.reveal(item) : 'Show its card: explorer.show(review, "card").',
    );
  if (seen === "coming") session.emit("said", "That came before the card was there: once more, please.");
  if (seen !== "here") return;
  session.sight.decided();
  if (act(item) !== false) advance(session, item);
}

function tell(session: Session, text: string, remedy = ""): void {
  session.emit("notice", { kind: "info", text, remedy });
}
