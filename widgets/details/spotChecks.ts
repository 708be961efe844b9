/** Spot checks: how often one stands in the queue, twenty at once, and to start over. */

import { CallError, Disconnected } from "../core/kernel/transport";
import { AUDIT } from "../core/session/randomCheck";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";

const CHOICES = [0, 20, 10, 5];

export interface SpotChecks {
  element: HTMLElement;
  /** How many answers there are so far. */
  update(answers: number | null): void;
}

/** Make the choice and the buttons; `check` queues random labels by themselves. */
export function makeSpotChecks(session: Session, signal: AbortSignal, check: () => void): SpotChecks {
  const select = h("select", {
    class: "dqx-select",
    data: { dqx: "audit-rate" },
    aria: { label: "How often a spot check stands in the queue" },
    on: { change: () => session.setAuditRate(Number(select.value)) },
  });
  const now = act(`Check ${AUDIT} random labels`, "audit", check);
  now.title = "Queue labels drawn at random: decide on each, and the estimate rests on them";
  const again = makeStartOver(session, signal);
  let offered = "";
  return {
    element: h(
      "div",
      { class: "dqx-spot" },
      h("p", {
        class: "dqx-muted",
        text: "Labels drawn at random say how many are wrong. Suspects are drawn more often than others, and the estimate weighs each by that. They stand among the others, with a badge.",
      }),
      h("div", { class: "dqx-spot-acts" }, select, now, again.element),
    ),
    update(answers) {
      const { every } = session.auditRate;
      const choices = CHOICES.includes(every) ? CHOICES : [...CHOICES, every];
      if (offered !== choices.join())
        select.replaceChildren(
          ...choices.map((each) => h("option", { value: String(each), text: everyWords(each) })),
        );
      offered = choices.join();
      if (select.value !== String(every)) select.value = String(every);
      again.update(answers);
    },
  };
}

/** "Every 10th is a spot check". */
export function everyWords(every: number): string {
  if (every === 0) return "No spot checks";
  const teen = every % 100 > 10 && every % 100 < 14;
  const ending = teen ? "th" : (["th", "st", "nd", "rd"][every % 10] ?? "th");
  return `Every ${count(every)}${ending} is a spot check`;
}

/** "Start over": other random labels, on the scores as they stand; asks first where answers would not count. */
function makeStartOver(session: Session, signal: AbortSignal): SpotChecks {
  /** Answers that the estimate rests on; null while nobody has said. */
  let answered: number | null = null;
  let busy = false;
  const button = act("Start over", "new-sample", () => {
    if (answered !== 0) ask(true);
    else void begin();
  });
  button.title =
    "Draws other labels, on the scores as they stand; what is decided stays decided. " +
    "Of use after many corrections and a new run: the range is narrower for the same number of answers";
  const words = h("span", { data: { dqx: "new-sample-words" } });
  const yes = act("Start over", "new-sample-yes", () => void begin());
  const no = act("Keep them", "new-sample-no", () => {
    if (!busy) ask(false);
  });
  const sure = h(
    "span",
    {
      class: "dqx-spot-sure",
      role: "group",
      hidden: true,
      aria: { label: "Start the spot checks over?" },
      on: {
        keydown: (event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          event.stopPropagation();
          if (!busy) ask(false);
        },
      },
    },
    words,
    yes,
    no,
  );
  const element = h("span", { class: "dqx-spot-again" }, button, sure);
  const ask = (on: boolean): void => {
    keepFocus(
      element,
      () => {
        button.hidden = on;
        sure.hidden = !on;
        words.textContent = question(answered);
      },
      () => (on ? no : button),
    );
  };
  const begin = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      const { draws } = await session.transport.call("new_sample", {});
      if (signal.aborted) return;
      session.takeSample(draws, []);
      ask(false);
      session.emit("notice", { kind: "info", text: "The spot checks start over with other labels." });
    } catch (error) {
      const remedy = error instanceof CallError ? error.detail.remedy : "";
      const why =
        error instanceof Disconnected
          ? "no kernel is connected: run the notebook's cell again."
          : (error as Error).message;
      session.emit("notice", { kind: "error", text: `The spot checks go on as they were: ${why}`, remedy });
    } finally {
      busy = false;
    }
  };
  return {
    element,
    update(answers) {
      answered = answers;
      words.textContent = question(answers);
    },
  };
}

function question(answered: number | null): string {
  const answers =
    answered === null ? "Any answers" : answered === 1 ? "The one answer" : `The ${count(answered)} answers`;
  return `${answers} so far will no longer count in the estimate; the labels stay as they are decided.`;
}

function act(text: string, hook: string, click: () => void): HTMLButtonElement {
  return h("button", { class: "dqx-button", type: "button", text, data: { dqx: hook }, on: { click } });
}
