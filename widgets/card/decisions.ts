/** The card's deciding half: a button for each decision, the label picker, the reasons, the note, and an open conflict. */

import type { Card } from "../core/kernel/schema";
import {
  acceptSuggestion,
  changeToSuggestion,
  defaultOf,
  keep,
  keyOfClass,
  leaveOut,
  mark,
  next,
  relabel,
} from "../core/session/actions";
import type { Session } from "../core/session/session";
import { setAttribute, setChildren, setText } from "../core/ui/change";
import { h, key } from "../core/ui/dom";
import { printed } from "../core/ui/keys";
import { nameElement } from "../core/ui/name";
import { makePicker } from "../core/ui/picker";
import { makeConflictStrip } from "./conflict";
import { makeReasons } from "./reasons";
import { leavesOut } from "./scopeSlot";

/** Letters of a label that a button has room for. */
const FEWEST_LETTERS = 3;
const MOST_LETTERS = 14;

export interface Decisions {
  element: HTMLElement;
  /** Gives the item the class that the model prefers, where that is a third one; it stands beside the suggested label. */
  second: HTMLElement;
  /** Set the buttons to a card. */
  fill(card: Card): void;
  /** Whether the buttons act: not while the card shown is not the current item's. */
  enable(on: boolean): void;
  /** Show the note as the session has it. */
  syncNote(): void;
}

/** Make the buttons; `leave` gives the keyboard back to the card. */
export function makeDecisions(session: Session, leave: () => void, signal: AbortSignal): Decisions {
  let enabled = false;
  const guard = (act: () => void) => () => {
    if (enabled) act();
  };
  const strip = makeConflictStrip(session, () => enabled, signal);
  /** Where another decision, or none, is the default, its suggested label has to be chosen. */
  const chosen = (): boolean => session.current !== null && defaultOf(session, session.current) !== "accept";
  const isDecided = (): boolean => session.current !== null && session.isReviewed(session.current);
  // What is decided on stays as it is unless somebody says so: there the key goes on.
  const onward = button(
    "onward",
    printed("accept"),
    guard(() => next(session)),
    "dqx-primary",
  );
  name(onward, "Next");
  const accept = button(
    "accept",
    printed("accept"),
    guard(() => (isDecided() || chosen() ? changeToSuggestion(session) : acceptSuggestion(session))),
  );
  let secondClass = -1;
  const second = button(
    "second",
    "",
    guard(() => relabel(session, session.className(secondClass))),
    "dqx-card-second",
  );
  const keeps = button(
    "keep",
    printed("keep"),
    guard(() => keep(session)),
  );
  // Where the question is whether the item belongs here at all.
  const out = button(
    "leave-out",
    printed("leave-out"),
    guard(() => leaveOut(session)),
  );
  name(out, "Leave out");
  out.title = "Leave the item out of the dataset; its label stays as it is";
  const picker = makePicker(
    () => session.classes,
    (name, new_class) => guard(() => relabel(session, name, new_class ? { new_class } : {}))(),
    leave,
  );
  // It marks the item with the reason that is pressed below, or else as ambiguous.
  const marked = button(
    "mark",
    printed("ambiguous"),
    guard(() => mark(session, session.reason || "ambiguous")),
  );
  const undo = button("undo", printed("undo"), () => void session.undo());
  name(undo, "Undo");

  const reasons = makeReasons(session, guard);
  const fillReasons = (): void => {
    reasons.fill();
    const reason = session.reason || "ambiguous";
    name(marked, session.reason ? `Mark ${reason}` : "Can't tell");
    marked.title = `Mark the item as ${reason}: it is set apart, and its label stays`;
    (marked.lastElementChild as HTMLElement).textContent = printed(reason);
  };
  session.on("reason", fillReasons, signal);
  session.on("hello", fillReasons, signal);
  fillReasons();
  const note = h("input", {
    class: "dqx-card-note",
    type: "text",
    placeholder: "note…",
    title: "Why: goes with the next decision on this item",
    data: { dqx: "why" },
    aria: { label: "Note: goes with the next decision" },
    on: {
      input: () => {
        session.note = note.value;
      },
      keydown: (event) => {
        if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
        if (event.key === "Escape") {
          note.value = "";
          session.note = "";
        }
        event.preventDefault();
        event.stopPropagation();
        leave();
      },
    },
  });
  const split = h("span", { class: "dqx-card-split" }, marked, reasons.more);
  // Each button has a place of its own, as wide as the longest label needs, so that none moves from item to item.
  const first = h("span", { class: "dqx-card-first" }, onward, accept);
  const actions = h(
    "div",
    { class: "dqx-card-actions" },
    first,
    keeps,
    out,
    picker.element,
    split,
    undo,
    note,
  );
  const element = h(
    "div",
    { class: "dqx-card-decide" },
    strip.element,
    actions,
    reasons.element,
    picker.list,
  );

  return {
    element,
    second,
    fill(card) {
      const decided = session.isReviewed(card.item);
      const agrees = card.suggested === card.given || card.suggested < 0;
      actions.style.setProperty("--dqx-letters", String(lettersOf(session.classes)));
      // Where there is one way only, it has both places.
      actions.classList.toggle("dqx-card-one-way", card.given >= 0 && agrees && !decided);
      actions.classList.toggle("dqx-card-unlabelled", card.given < 0);
      onward.hidden = !decided;
      out.hidden = !leavesOut(card);
      const byDefault = defaultOf(session, card.item);
      const keepsFirst = !decided && byDefault === "keep";
      const accepts = !decided && byDefault === "accept";
      accept.classList.toggle("dqx-primary", accepts);
      const pressed = accepts ? printed("accept") : keyOfClass(session.classes, card.suggested);
      (accept.lastElementChild as HTMLElement).hidden = decided || pressed === null;
      (accept.lastElementChild as HTMLElement).textContent = pressed ?? "";
      const now = session.labels?.current[card.item] ?? card.current;
      accept.hidden = agrees || (decided && now === card.suggested);
      first.hidden = onward.hidden && accept.hidden;
      // Beside "Next" there is room for the label alone.
      const suggested = session.className(card.suggested);
      name(accept, suggested, session.classes, decided ? "→ " : "Change to ");
      accept.title = `Change to ${suggested}`;
      // Its name says what is written on it.
      setAttribute(accept, "aria-label", decided ? `Change: → ${suggested}` : null);
      // Where the model prefers a third class, that one is a key away too.
      secondClass = card.second?.label ?? -1;
      second.hidden = secondClass < 0 || decided;
      const digit = keyOfClass(session.classes, secondClass);
      (second.lastElementChild as HTMLElement).hidden = digit === null;
      setText(second.lastElementChild as HTMLElement, digit ?? "");
      name(second, `or ${session.className(secondClass)}`, session.classes);
      second.title = `Change to ${session.className(secondClass)}: the class that the model prefers`;
      keeps.hidden = card.given < 0;
      name(keeps, session.className(card.given), session.classes, "Keep ");
      // Where the suggestion agrees, or the label stays by default, both keys keep it.
      const both = (card.suggested === card.given || keepsFirst) && !decided;
      keeps.classList.toggle("dqx-primary", both);
      const caps = both ? `${printed("accept")} ${printed("keep")}` : printed("keep");
      setText(keeps.lastElementChild as HTMLElement, caps);
    },
    enable(on) {
      enabled = on;
    },
    syncNote() {
      if (note.value !== session.note) note.value = session.note;
    },
  };
}

/** Letters of the longest class name, within what a button can be expected to show. */
function lettersOf(classes: readonly string[]): number {
  return Math.min(MOST_LETTERS, Math.max(FEWEST_LETTERS, ...classes.map((each) => each.length)));
}

function button(hook: string, pressed: string, click: () => void, extra = ""): HTMLButtonElement {
  return h(
    "button",
    { class: `dqx-button ${extra}`, type: "button", data: { dqx: hook }, on: { click } },
    h("span", { class: "dqx-cut" }),
    key(pressed),
  );
}

/** Write on a button what it does, `verb`, and to which of `names`. */
function name(target: HTMLButtonElement, text: string, names: readonly string[] = [], verb = ""): void {
  const label = target.firstElementChild as HTMLElement;
  const does = verb ? h("span", { class: "dqx-card-verb", text: verb }) : "";
  setChildren(label, does, nameElement(text, names));
  setAttribute(target, "title", `${verb}${text}`);
}
