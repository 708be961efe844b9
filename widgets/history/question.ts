/** A question asked in place, once: a sentence, a text field perhaps, a button that does it, and one that does not. */
import { h, key } from "../core/ui/dom";
import { complaint } from "./words";

export interface Question {
  /** What will happen. */
  text: string;
  /** A text that goes with it. */
  field: { label: string; placeholder: string; hook: string; required: boolean };
  /** The button that does it. */
  act: string;
  hook: string;
  /** A refusal is said in the form, which stays for another try. */
  run: (value: string) => Promise<void>;
  /** Called when it is over, done or not. */
  close: () => void;
}

export interface Asking {
  element: HTMLElement;
  focus(): void;
}

export function ask(question: Question): Asking {
  let busy = false;
  const input = h("input", {
    class: "dqx-history-input",
    type: "text",
    placeholder: question.field.placeholder,
    autocomplete: "off",
    spellcheck: false,
    data: { dqx: question.field.hook },
    aria: { label: question.field.label },
    on: { input: () => ready() },
  });
  const act = h(
    "button",
    {
      class: "dqx-button dqx-primary",
      type: "button",
      data: { dqx: question.hook },
      on: { click: () => void run() },
    },
    question.act,
    key("↵"),
  );
  const cancel = h(
    "button",
    { class: "dqx-button", type: "button", on: { click: () => question.close() } },
    "Cancel",
    key("Esc"),
  );
  const wrong = h("div", { class: "dqx-history-wrong", role: "alert", hidden: true });
  const ready = (): void => {
    act.disabled = busy || (question.field.required && input.value.trim() === "");
  };
  const run = async (): Promise<void> => {
    ready();
    if (act.disabled) return;
    busy = true;
    wrong.hidden = true;
    ready();
    try {
      await question.run(input.value.trim());
      question.close();
    } catch (error) {
      wrong.hidden = false;
      wrong.textContent = complaint(error);
      input.focus();
    } finally {
      busy = false;
      ready();
    }
  };
  const element = h(
    "div",
    { class: "dqx-history-ask", role: "group", aria: { label: question.text } },
    h("span", { class: "dqx-history-ask-text", text: question.text }),
    h("span", { class: "dqx-history-ask-do" }, input, act, cancel),
    wrong,
  );
  element.addEventListener("keydown", (event) => {
    // What is typed here is nobody else's: neither the row's keys nor the card's. Chords stay the host's.
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Escape") question.close();
    else if (event.key === "Enter" && event.target === input) void run();
    else return;
    event.preventDefault();
  });
  ready();
  return { element, focus: () => input.focus({ preventScroll: true }) };
}
