/**
 * Second opinions: one item after another, without its label and what others say of it. Answers become the rater's
 * votes. The desk is covered meanwhile, so that nothing there tells.
 */
import "./blind.css";
import type { BlindArgs, BlindMode, BlindQuestion } from "../core/kernel/schema";
import { messageOf } from "../core/kernel/transport";
import { countOf } from "../core/kernel/words";
import { classOfKey, keyOfClass } from "../core/session/actions";
import { h, isTyping, key } from "../core/ui/dom";
import { sendsBy } from "../core/ui/entry";
import { makePicker } from "../core/ui/picker";
import type { Place, Section } from "../core/ui/section";
import { makeResolve } from "./resolve";

const ABOUT =
  "Asks one rater about the suspects, blindly: neither the label nor what others say is shown. Each answer is kept at once as that rater's vote, and changes no label until votes are resolved.";
const CHOICES = ["first", "second", "both", "neither"] as const;
/** Classes that have a button; the others are found by name. */
const BUTTONS = 10;
/** Keys besides the digits. */
const PASS = "a";
const BACK = "u";
const FIND = "/";

export function makeBlind(place: Place): Section {
  const { session, signal } = place;
  const rater = h("input", {
    type: "text",
    spellcheck: false,
    autocomplete: "off",
    maxLength: 200,
    data: { dqx: "blind-rater" },
    aria: { label: "Rater" },
  });
  const mode = h(
    "select",
    {
      class: "dqx-select",
      data: { dqx: "blind-mode" },
      aria: { label: "What is asked" },
      on: { change: () => suit() },
    },
    h("option", { value: "label", text: "which class it is" }),
    h("option", { value: "choice", text: "given or suggested, both or neither" }),
  );
  const votes = h("input", {
    type: "number",
    min: "1",
    max: "100",
    value: "3",
    data: { dqx: "blind-votes" },
    aria: { label: "Votes wanted an item" },
  });
  const hide = h("input", { type: "checkbox", checked: true, data: { dqx: "blind-hide" } });
  const hiding = h("label", { class: "dqx-blind-hiding" }, hide, "hide the suggestion");
  const go = h("button", { class: "dqx-button dqx-primary", text: "Begin", data: { dqx: "blind-begin" } });
  const form = h(
    "div",
    {
      class: "dqx-blind-form",
      role: "group",
      data: { dqx: "blind-form" },
      aria: { label: "Second opinions" },
    },
    h("label", {}, "Rater ", rater),
    h("label", {}, "is asked ", mode),
    h("label", {}, "until an item has ", votes, " votes"),
    hiding,
    go,
  );
  sendsBy(form, go, () => void begin());
  const word = h("p", { class: "dqx-muted", role: "status", data: { dqx: "blind-word" } });
  const ask = h("div", {
    class: "dqx-blind",
    tabIndex: -1,
    hidden: true,
    data: { dqx: "blind" },
    role: "group",
    aria: { label: "Second opinion" },
  });
  const about = h("p", { text: ABOUT });
  const resolve = makeResolve(place);
  const element = h("div", {}, about, form, word, ask, resolve.element);
  let args: BlindArgs | null = null;
  let question: BlindQuestion | null = null;
  /** Items that were answered in this sitting: "Back" asks about the newest once more. */
  let answered: number[] = [];
  let busy = false;
  /** Counts what was begun or stopped. */
  let turn = 0;
  let url = "";
  let finder: HTMLInputElement | null = null;

  const suit = (): void => {
    const choice = mode.value === "choice";
    votes.value = choice ? "5" : "3";
    hiding.hidden = choice;
    resolve.wanting(Number(votes.value));
    resolve.refresh();
  };
  const free = (): void => {
    if (url) URL.revokeObjectURL(url);
    url = "";
  };
  signal.addEventListener("abort", free, { once: true });

  const begin = async (): Promise<void> => {
    if (busy) return;
    args = {
      rater: rater.value.trim(),
      mode: mode.value as BlindMode,
      votes: Math.max(1, Math.round(Number(votes.value) || 1)),
      hide_suggestion: mode.value === "choice" || hide.checked,
    };
    answered = [];
    await alone(next);
  };
  /** Do one thing at a time: what is pressed meanwhile is not heard, but for "Stop". */
  const alone = async (work: () => Promise<void>): Promise<void> => {
    if (busy) return;
    busy = true;
    const mine = ++turn;
    try {
      await work();
    } catch (error) {
      if (mine === turn) fail(error);
    } finally {
      if (mine === turn) busy = false;
    }
  };
  /** Show what comes next, or an item once more; the keyboard goes to it. */
  const next = async (again?: number): Promise<void> => {
    if (!args) return;
    const mine = turn;
    const asked = args;
    const reply = await session.transport.call("blind", again === undefined ? asked : { ...asked, again });
    if (signal.aborted || mine !== turn) return;
    question = reply.question;
    if (again !== undefined) answered.pop();
    word.textContent = question
      ? `${asked.rater}: ${again === undefined ? `${countOf(reply.left, "item")} to answer` : "once more, the item before"}`
      : "All is answered. Thank you.";
    show();
    if (!question) await end();
  };
  /** What is under way says no more: its turn is over. */
  const end = async (): Promise<void> => {
    const whose = args?.rater;
    turn++;
    busy = false;
    args = null;
    question = null;
    show();
    if (whose) await session.transport.call("blind_end", { name: whose }).catch(fail);
    resolve.refresh();
  };
  const back = async (): Promise<void> => {
    const before = answered.at(-1);
    if (before !== undefined && args) await alone(() => next(before));
  };
  const answer = (said: string | null): Promise<void> =>
    alone(async () => {
      if (!args || !question) return;
      const mine = turn;
      const asked = question;
      await session.transport.call("blind_answer", { ...args, item: asked.item, answer: said });
      if (mine !== turn) return;
      answered.push(asked.item);
      await next();
    });
  const fail = (error: unknown): void => {
    if (!signal.aborted) word.textContent = messageOf(error);
  };

  const show = (): void => {
    const now = question;
    for (const each of [about, form, resolve.element]) each.hidden = now !== null;
    ask.hidden = now === null;
    free();
    ask.replaceChildren(...(now && args ? contents(now, args.mode ?? "label") : []));
    if (now) ask.focus({ preventScroll: true });
  };
  const contents = (now: BlindQuestion, what: BlindMode): HTMLElement[] => {
    const parts: HTMLElement[] = [];
    if (now.picture) {
      url = URL.createObjectURL(now.picture);
      const picture = h("img", { class: "dqx-blind-picture", src: url, alt: "the item", draggable: false });
      // Tiny pictures stay crisp; photographs are smoothed.
      picture.addEventListener("load", () =>
        picture.classList.toggle(
          "dqx-pixelated",
          Math.max(picture.naturalWidth, picture.naturalHeight) <= 64,
        ),
      );
      parts.push(picture);
    } else parts.push(h("div", { class: "dqx-blind-text", text: now.text, tabIndex: 0, role: "group" }));
    if (now.suggestion)
      parts.push(h("p", { text: `Suggested: ${now.suggestion}`, data: { dqx: "blind-suggestion" } }));
    const asked = what === "choice" ? `Which fits: ${now.options.join(" or ")}?` : "Which class is it?";
    ask.setAttribute("aria-label", asked);
    parts.push(h("p", { class: "dqx-blind-asked", text: asked, data: { dqx: "blind-asked" } }));
    const buttons =
      what === "choice"
        ? [...now.options, "both fit", "neither fits"].map((text, i) =>
            act(text, String(i + 1), CHOICES[i] ?? null),
          )
        : now.options
            .slice(0, BUTTONS)
            .map((name, code) => act(name, keyOfClass(now.options, code) ?? "", name));
    parts.push(h("div", { class: "dqx-blind-answers" }, ...buttons));
    finder = null;
    if (what === "label" && now.options.length > BUTTONS) {
      const picker = makePicker(
        () => now.options,
        (name) => void answer(name),
        () => ask.focus({ preventScroll: true }),
        true,
      );
      picker.input.placeholder = `one of ${now.options.length} classes…`;
      picker.input.dataset.dqx = "blind-find";
      picker.input.setAttribute("aria-label", "Find a class");
      finder = picker.input;
      parts.push(h("div", { class: "dqx-blind-find" }, picker.element, picker.list));
    }
    parts.push(
      h(
        "div",
        { class: "dqx-blind-answers" },
        act("Can't tell", PASS.toUpperCase(), null),
        answered.length > 0
          ? h(
              "button",
              {
                class: "dqx-button",
                type: "button",
                title: "Ask about the item before once more",
                data: { dqx: "blind-back" },
                on: { click: () => void back() },
              },
              "Back",
              key(BACK.toUpperCase()),
            )
          : null,
        h("button", {
          class: "dqx-button",
          type: "button",
          text: "Stop",
          title: "What was answered is kept; the same queue goes on later",
          data: { dqx: "blind-stop" },
          on: { click: () => void end() },
        }),
      ),
    );
    return parts;
  };
  const act = (text: string, printed: string, said: string | null): HTMLElement =>
    h(
      "button",
      {
        class: "dqx-button",
        type: "button",
        data: { dqx: said === null ? "blind-pass" : "blind-answer" },
        on: { click: () => void answer(said) },
      },
      text,
      printed ? key(printed) : null,
    );
  // Here keys answer, and nothing else on the desk hears them.
  ask.addEventListener("keydown", (event) => {
    if (!question || !args || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    const pressed = event.key.toLowerCase();
    if (!/^[0-9]$/.test(pressed) && pressed !== PASS && pressed !== BACK && pressed !== FIND) return;
    event.preventDefault();
    event.stopPropagation();
    // A held key answers once.
    if (event.repeat) return;
    if (pressed === PASS) void answer(null);
    else if (pressed === BACK) void back();
    else if (pressed === FIND) finder?.focus();
    else if (args.mode === "choice") {
      const said = CHOICES[Number(pressed) - 1];
      if (said) void answer(said);
    } else {
      const name = question.options[classOfKey(question.options, pressed)];
      if (name !== undefined) void answer(name);
    }
  });
  return {
    element,
    shown() {
      if (!rater.value) rater.value = session.hello?.rater ?? "";
      if (question) ask.focus({ preventScroll: true });
      else resolve.refresh();
    },
  };
}
