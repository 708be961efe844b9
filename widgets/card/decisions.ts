/** The card's deciding half: a button for each decision, the label picker, the reasons, the note, and an open conflict. */

import type { Card } from "../core/kernel/schema";
import { sentence } from "../core/kernel/words";
import {
  acceptSuggestion,
  changeToSuggestion,
  keep,
  keyOfClass,
  mark,
  next,
  relabel,
} from "../core/session/actions";
import type { Session } from "../core/session/session";
import { h, key } from "../core/ui/dom";
import { printed } from "../core/ui/keys";
import { nameElement } from "../core/ui/name";
import { makePicker } from "../core/ui/picker";
import { makeConflictStrip } from "./conflict";
import { makeReasons } from "./reasons";

export interface Decisions {
  element: HTMLElement;
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
    guard(() => (isDecided() ? changeToSuggestion(session) : acceptSuggestion(session))),
  );
  let secondClass = -1;
  const second = button(
    "second",
    "",
    guard(() => relabel(session, session.className(secondClass))),
  );
  const keeps = button(
    "keep",
    printed("keep"),
    guard(() => keep(session)),
  );
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
    name(marked, session.reason ? `Mark ${reason}` : sentence(reason));
    (marked.lastElementChild as HTMLElement).textContent = printed(reason);
  };
  session.on("reason", fillReasons, signal);
  session.on("hello", fillReasons, signal);
  fillReasons();
  const note = h("input", {
    class: "dqx-card-note",
    type: "text",
    placeholder: "why (optional)",
    data: { dqx: "why" },
    aria: { label: "Why: goes with the next decision" },
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
  const element = h(
    "div",
    { class: "dqx-card-decide" },
    strip.element,
    h("div", { class: "dqx-card-actions" }, onward, accept, second, keeps, picker.element, split, undo, note),
    reasons.element,
    picker.list,
  );

  return {
    element,
    fill(card) {
      const agrees = card.suggested === card.given;
      const decided = session.isReviewed(card.item);
      onward.hidden = !decided;
      accept.classList.toggle("dqx-primary", !decided);
      (accept.lastElementChild as HTMLElement).hidden = decided;
      accept.hidden = card.suggested < 0 || agrees;
      name(accept, `Relabel ${session.className(card.suggested)}`, session.classes);
      // Where the model prefers a third class, that one is a key away too.
      secondClass = card.second?.label ?? -1;
      second.hidden = secondClass < 0 || decided;
      const digit = keyOfClass(session.classes, secondClass);
      (second.lastElementChild as HTMLElement).hidden = digit === null;
      (second.lastElementChild as HTMLElement).textContent = digit ?? "";
      name(second, `Relabel ${session.className(secondClass)}`, session.classes);
      second.title = `Relabel ${session.className(secondClass)}: the class that the model prefers`;
      keeps.hidden = card.given < 0;
      name(keeps, `Keep ${session.className(card.given)}`, session.classes);
      // Where the suggestion agrees, both keys keep the label.
      keeps.classList.toggle("dqx-primary", agrees && !decided);
    },
    enable(on) {
      enabled = on;
    },
    syncNote() {
      if (note.value !== session.note) note.value = session.note;
    },
  };
}

function button(hook: string, pressed: string, click: () => void, extra = ""): HTMLButtonElement {
  return h(
    "button",
    { class: `dqx-button ${extra}`, type: "button", data: { dqx: hook }, on: { click } },
    h("span", { class: "dqx-cut" }),
    key(pressed),
  );
}

function name(target: HTMLButtonElement, text: string, names: readonly string[] = []): void {
  const label = target.firstElementChild as HTMLElement;
  label.replaceChildren(nameElement(text, names));
  target.title = text;
}
