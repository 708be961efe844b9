/**
 * "Other…": type to find a label. A combobox, always in reach; its list opens below it while it has the focus.
 *
 * Enter takes the highlighted label. A name that is no class is never added by accident: the first Enter only
 * highlights "Add new class", the second adds it.
 */
import "./picker.css";
import { freshId } from "../kernel/wire";
import { classOfKey, keyOfClass } from "../session/actions";
import { h, key } from "./dom";
import { swatch } from "./frame";
import { printed } from "./keys";
import { exact, matches, near } from "./match";
import { nameElement } from "./name";

const SHOWN = 60;

type Choice = { name: string; code: number; isNew: boolean };

export interface Picker {
  element: HTMLElement;
  /** The list, to be placed where it has room. */
  list: HTMLElement;
  input: HTMLInputElement;
  close(): void;
}

/**
 * Make a picker; `onPick` gets the label and whether it is a new class, `onLeave` runs when it closes by key. A closed
 * one offers no new class.
 */
export function makePicker(
  classes: () => readonly string[],
  onPick: (name: string, isNew: boolean) => void,
  onLeave: () => void,
  closed = false,
): Picker {
  const listId = `dqx-labels-${freshId().slice(0, 8)}`;
  const input = h("input", {
    class: "dqx-picker-input",
    type: "text",
    placeholder: "Other…",
    autocomplete: "off",
    spellcheck: false,
    role: "combobox",
    title: "Choose another label: type to find one; on the card, a digit takes the label with its number",
    data: { dqx: "label-input" },
    aria: { label: "Other label", expanded: "false", controls: listId, autocomplete: "list" },
  });
  const element = h("label", { class: "dqx-button dqx-picker" }, input, key(printed("find-label")));
  const list = h("div", { class: "dqx-picker-list", id: listId, role: "listbox", hidden: true });
  list.setAttribute("aria-label", "Labels");
  let choices: Choice[] = [];
  let active = -1;

  const open = (): void => {
    const text = input.value.trim();
    const names = classes();
    const found = matches(names, text);
    const slips = found.length === 0 && text ? near(names, text) : [];
    const codes = [...found, ...slips];
    choices = codes.slice(0, SHOWN).map((code) => ({ name: names[code] as string, code, isNew: false }));
    if (text && !closed && exact(names, text) < 0) choices.push({ name: text, code: -1, isNew: true });
    active = text && found.length > 0 ? 0 : -1;
    const more = codes.length - SHOWN;
    const none = closed && text !== "" && codes.length === 0;
    list.replaceChildren(
      ...(slips.length ? [h("div", { class: "dqx-muted dqx-picker-note", text: "did you mean" })] : []),
      ...(none ? [h("div", { class: "dqx-muted dqx-picker-note", text: "no class is called so" })] : []),
      ...choices.map((choice, i) => row(choice, i, names)),
      ...(more > 0
        ? [h("div", { class: "dqx-muted dqx-picker-note", text: `${more} more: type to narrow them down` })]
        : []),
    );
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    highlight();
  };

  const row = (choice: Choice, i: number, names: readonly string[]): HTMLElement => {
    const digit = choice.isNew ? null : keyOfClass(names, choice.code);
    const option = h(
      "div",
      {
        class: "dqx-picker-option",
        id: `${listId}-${i}`,
        role: "option",
        title: choice.name,
        on: {
          // Before the input loses the focus and the list closes under the pointer.
          pointerdown: (event) => event.preventDefault(),
          click: () => pick(choice),
        },
      },
      choice.isNew ? null : swatch(choice.code),
      choice.isNew
        ? h("span", { class: "dqx-cut", text: `Add new class “${choice.name}”` })
        : nameElement(choice.name, names),
      digit ? key(digit) : choice.isNew ? h("span", { class: "dqx-muted", text: "⏎ twice" }) : null,
    );
    if (choice.isNew) option.dataset.dqx = "new-class";
    return option;
  };

  const highlight = (): void => {
    list.querySelectorAll(".dqx-picker-option").forEach((option, i) => {
      option.setAttribute("aria-selected", String(i === active));
      if (i === active) option.scrollIntoView?.({ block: "nearest" });
    });
    if (active >= 0) input.setAttribute("aria-activedescendant", `${listId}-${active}`);
    else input.removeAttribute("aria-activedescendant");
  };

  const close = (): void => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const pick = (choice: Choice): void => {
    input.value = "";
    close();
    onLeave();
    onPick(choice.name, choice.isNew);
  };

  const enter = (): void => {
    const chosen = choices[active];
    if (chosen) {
      pick(chosen);
      return;
    }
    // With nothing typed there is nothing to take; an unknown name is first offered, then added.
    if (!input.value.trim()) return;
    active = choices.findIndex((c) => c.isNew);
    highlight();
  };

  input.addEventListener("focus", open);
  input.addEventListener("input", open);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined) {
      if (choices.length)
        active = (active + step + choices.length + (active < 0 && step < 0 ? 1 : 0)) % choices.length;
      highlight();
    } else if (event.key === "Enter") enter();
    else if (event.key === "Escape") {
      input.value = "";
      close();
      onLeave();
    } else {
      const code = input.value === "" ? classOfKey(classes(), event.key) : -1;
      // With nothing typed, a digit means the label that shows it, unless it may begin a label's name.
      if (code < 0 || classes().some((name) => name.length > 1 && name.startsWith(event.key))) return;
      pick({ name: classes()[code] as string, code, isNew: false });
    }
    event.preventDefault();
    event.stopPropagation();
  });
  return { element, list, input, close };
}
