/** The card's deciding half: a button for each decision, the label picker, the reasons, and the note. */
import { acceptSuggestion, keep, mark, relabel } from "../core/actions";
import { h, key } from "../core/dom";
import { printed } from "../core/keys";
import { nameElement } from "../core/name";
import type { Session } from "../core/session";
import type { Card } from "../core/types";
import { freshId } from "../core/wire";
import { sentence } from "../core/words";
import { makePicker } from "./picker";

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
export function makeDecisions(session: Session, leave: () => void): Decisions {
  let enabled = false;
  const guard = (act: () => void) => () => {
    if (enabled) act();
  };
  const accept = button(
    "accept",
    printed("accept"),
    guard(() => acceptSuggestion(session)),
    "dqx-primary",
  );
  const keeps = button(
    "keep",
    printed("keep"),
    guard(() => keep(session)),
  );
  const picker = makePicker(
    () => session.classes,
    (name, newClass) => guard(() => relabel(session, name, newClass ? { newClass } : {}))(),
    leave,
  );
  const ambiguous = button(
    "mark",
    printed("ambiguous"),
    guard(() => mark(session, "ambiguous")),
  );
  name(ambiguous, "Ambiguous");
  const undo = button("undo", printed("undo"), () => void session.undo());
  name(undo, "Undo");

  const reasons = h("div", { class: "dqx-card-reasons", role: "group", hidden: true });
  reasons.id = `dqx-reasons-${freshId().slice(0, 8)}`;
  reasons.setAttribute("aria-label", "Mark the item as");
  const more = h("button", {
    class: "dqx-button dqx-card-more",
    type: "button",
    text: "▾",
    title: "Other reasons to mark the item",
    data: { dqx: "reasons" },
    aria: { label: "Other reasons", expanded: "false", controls: reasons.id },
    on: { click: () => showReasons(reasons.hidden === true) },
  });
  const showReasons = (open: boolean): void => {
    reasons.hidden = !open;
    more.setAttribute("aria-expanded", String(open));
  };
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
  const split = h("span", { class: "dqx-card-split" }, ambiguous, more);
  const element = h(
    "div",
    { class: "dqx-card-decide" },
    h("div", { class: "dqx-card-actions" }, accept, keeps, picker.element, split, undo, note),
    reasons,
    picker.list,
  );

  return {
    element,
    fill(card) {
      const agrees = card.suggested === card.given;
      accept.hidden = card.suggested < 0 || agrees;
      name(accept, `Relabel ${session.className(card.suggested)}`, session.classes);
      keeps.hidden = card.given < 0;
      name(keeps, `Keep ${session.className(card.given)}`, session.classes);
      // Where the suggestion agrees, both keys keep the label.
      keeps.classList.toggle("dqx-primary", agrees);
      const others = (session.hello?.reasons ?? []).filter((reason) => reason !== "ambiguous");
      more.hidden = others.length === 0;
      if (others.length === 0) showReasons(false);
      reasons.replaceChildren(
        h("span", { class: "dqx-muted", text: "mark as" }),
        ...others.map((reason) =>
          h("button", {
            class: "dqx-button",
            type: "button",
            text: sentence(reason),
            data: { dqx: "reason", reason },
            on: {
              click: guard(() => {
                showReasons(false);
                mark(session, reason);
              }),
            },
          }),
        ),
      );
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
