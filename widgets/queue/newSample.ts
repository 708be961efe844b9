/** "New sample": begins another random sample on the scores as they stand; asks first where answers would not count. */

import { CallError, Disconnected } from "../core/kernel/transport";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";

export interface NewSample {
  element: HTMLElement;
  /** How many answers the sample has so far. */
  update(draws: number): void;
}

/** Make the button. */
export function makeNewSample(session: Session, signal: AbortSignal): NewSample {
  /** Answers that the estimate rests on; null while nobody has said. */
  let answered: number | null = null;
  let busy = false;
  const button = act("New sample", "new-sample", () => {
    if (answered !== 0) ask(true);
    else void begin();
  });
  button.title =
    "Begins a new random sample on the scores as they stand; what is decided stays decided. " +
    "Of use after many corrections and a new run: the interval is narrower for the same number of items";
  const words = h("span", { data: { dqx: "new-sample-words" } });
  const yes = act("Begin a new sample", "new-sample-yes", () => void begin());
  const no = act("Keep this one", "new-sample-no", () => {
    if (!busy) ask(false);
  });
  const sure = h(
    "span",
    {
      class: "dqx-queue-sure",
      role: "group",
      hidden: true,
      aria: { label: "Begin a new sample?" },
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
  const element = h("span", { class: "dqx-queue-sample" }, button, sure);

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
      session.emit("notice", { kind: "info", text: "A new random sample has begun." });
    } catch (error) {
      const remedy = error instanceof CallError ? error.detail.remedy : "";
      const why =
        error instanceof Disconnected
          ? "no kernel is connected: run the notebook's cell again."
          : (error as Error).message;
      session.emit("notice", { kind: "error", text: `No new sample was begun: ${why}`, remedy });
    } finally {
      busy = false;
    }
  };
  return {
    element,
    update(draws) {
      answered = draws;
      words.textContent = question(draws);
    },
  };
}

function question(answered: number | null): string {
  const answers =
    answered === null ? "Any answers" : answered === 1 ? "The answer" : `The ${answered} answers`;
  return `${answers} of this sample will no longer count in the estimate; the labels stay as they are decided.`;
}

function act(text: string, hook: string, click: () => void): HTMLButtonElement {
  return h("button", { class: "dqx-button", type: "button", text, data: { dqx: hook }, on: { click } });
}
