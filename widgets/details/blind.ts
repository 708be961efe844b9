/**
 * Second opinions: one item after another, without its label and what others say of it. Answers become the rater's
 * votes. The desk is covered meanwhile, so that nothing there tells.
 */
import "./blind.css";
import type { BlindArgs, BlindMode, BlindQuestion } from "../core/kernel/schema";
import { CallError, Disconnected } from "../core/kernel/transport";
import { countOf } from "../core/kernel/words";
import { classOfKey, keyOfClass } from "../core/session/actions";
import { h, isTyping, key } from "../core/ui/dom";
import type { Place, Section } from "../core/ui/section";

const ABOUT =
  "Asks one rater about the suspects, blindly: neither the label nor what others say is shown. Each answer becomes that rater's vote and changes no label; review.raters.resolve(…) writes votes into labels.";
const CHOICES = ["first", "second", "both", "neither"] as const;

export function makeBlind(place: Place): Section {
  const { session, signal } = place;
  const rater = h("input", {
    type: "text",
    maxLength: 200,
    data: { dqx: "blind-rater" },
    aria: { label: "Rater" },
  });
  const mode = h(
    "select",
    { data: { dqx: "blind-mode" }, aria: { label: "What is asked" }, on: { change: () => suit() } },
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
  const hiding = h("label", {}, hide, " hide the suggestion");
  const form = h(
    "form",
    {
      class: "dqx-blind-form",
      on: {
        submit: (event) => {
          event.preventDefault();
          void begin();
        },
      },
    },
    h("label", {}, "Rater ", rater),
    h("label", {}, "asked ", mode),
    h("label", {}, "until an item has ", votes, " votes"),
    hiding,
    h("button", { class: "dqx-button", type: "submit", text: "Begin", data: { dqx: "blind-begin" } }),
  );
  const word = h("p", { class: "dqx-muted", role: "status", data: { dqx: "blind-word" } });
  const ask = h("div", {
    class: "dqx-blind",
    tabIndex: -1,
    hidden: true,
    data: { dqx: "blind" },
    role: "group",
    aria: { label: "Second opinion" },
  });
  const element = h("div", {}, h("p", { text: ABOUT }), form, word, ask);
  let args: BlindArgs | null = null;
  let question: BlindQuestion | null = null;
  let busy = false;
  let url = "";

  const suit = (): void => {
    const choice = mode.value === "choice";
    votes.value = choice ? "5" : "3";
    hiding.hidden = choice;
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
    await next();
  };
  /** Show what comes next; the keyboard goes to it. */
  const next = async (): Promise<void> => {
    if (!args) return;
    busy = true;
    try {
      const reply = await session.transport.call("blind", args);
      if (signal.aborted) return;
      question = reply.question;
      word.textContent = question
        ? `${countOf(reply.left, "item")} to answer`
        : "All is answered. Thank you.";
      show();
      if (!question) await end();
    } catch (error) {
      fail(error);
    } finally {
      busy = false;
    }
  };
  const end = async (): Promise<void> => {
    const whose = args?.rater;
    args = null;
    question = null;
    show();
    if (whose) await session.transport.call("blind_end", { name: whose }).catch(fail);
  };
  const answer = async (said: string | null): Promise<void> => {
    if (!args || !question || busy) return;
    busy = true;
    try {
      await session.transport.call("blind_answer", { ...args, item: question.item, answer: said });
    } catch (error) {
      busy = false;
      fail(error);
      return;
    }
    await next();
  };
  const fail = (error: unknown): void => {
    if (!signal.aborted) word.textContent = why(error);
  };

  const show = (): void => {
    const now = question;
    form.hidden = now !== null;
    ask.hidden = now === null;
    free();
    ask.replaceChildren(...(now && args ? contents(now, args.mode ?? "label") : []));
    if (now) ask.focus({ preventScroll: true });
  };
  const contents = (now: BlindQuestion, what: BlindMode): HTMLElement[] => {
    const parts: HTMLElement[] = [];
    if (now.picture) {
      url = URL.createObjectURL(now.picture);
      parts.push(h("img", { class: "dqx-blind-picture", src: url, alt: "the item", draggable: false }));
    } else parts.push(h("div", { class: "dqx-blind-text", text: now.text, tabIndex: 0, role: "group" }));
    if (now.suggestion)
      parts.push(h("p", { text: `Suggested: ${now.suggestion}`, data: { dqx: "blind-suggestion" } }));
    const buttons =
      what === "choice"
        ? [...now.options, "both fit", "neither fits"].map((text, i) =>
            act(text, String(i + 1), CHOICES[i] ?? null),
          )
        : now.options.map((name, code) => act(name, keyOfClass(now.options, code) ?? "", name));
    parts.push(
      h("div", { class: "dqx-blind-answers" }, ...buttons),
      h(
        "div",
        { class: "dqx-blind-answers" },
        act("I cannot tell", "", null),
        h("button", {
          class: "dqx-button",
          type: "button",
          text: "Stop",
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
  // Here digits answer, and nothing else on the desk hears them.
  ask.addEventListener("keydown", (event) => {
    if (!question || !args || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!/^[0-9]$/.test(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (args.mode === "choice") {
      const said = CHOICES[Number(event.key) - 1];
      if (said) void answer(said);
      return;
    }
    const name = question.options[classOfKey(question.options, event.key)];
    if (name !== undefined) void answer(name);
  });
  return {
    element,
    shown() {
      if (!rater.value) rater.value = session.hello?.rater ?? "";
      if (question) ask.focus({ preventScroll: true });
    },
  };
}

function why(error: unknown): string {
  if (error instanceof Disconnected) return "No kernel is connected: run the notebook's cell again.";
  const remedy = error instanceof CallError ? error.detail.remedy : "";
  return `${(error as Error).message} ${remedy}`.trim();
}
