/** The stop rule: how far down the ranking it is worth going, in words, and whether the queue ends there. */

import type { Session } from "../core/session/session";
import { type Cut, LEAST, MOST } from "../core/state/dial";
import { count, h } from "../core/ui/dom";

/** Shares as people say them. */
const SHARES: readonly (readonly [number, string])[] = [
  [0.98, "nearly all"],
  [0.9, "nine tenths"],
  [0.8, "four fifths"],
  [0.75, "three quarters"],
  [2 / 3, "two thirds"],
  [0.6, "three fifths"],
  [0.5, "half"],
  [0.4, "two fifths"],
  [1 / 3, "a third"],
  [0.25, "a quarter"],
  [0.2, "a fifth"],
  [0.1, "a tenth"],
  [0.02, "few"],
];

/** Make the rule; it is there once p_error may be read as a probability. */
export function makeStopRule(session: Session): { element: HTMLElement; update(): void } {
  const slider = h("input", {
    class: "dqx-rule-slider",
    type: "range",
    min: String(LEAST),
    max: String(MOST),
    step: "1",
    data: { dqx: "dial" },
    aria: { label: "Stop rule: least share of labels expected to be wrong" },
    on: { input: () => session.setDial(slider.valueAsNumber) },
  });
  const words = h("p", { data: { dqx: "cut" } });
  const use = h("button", {
    class: "dqx-button",
    type: "button",
    data: { dqx: "to-the-cut" },
    on: {
      click: () => {
        if (session.dial.on) session.setFilter({ scope: "label" });
        else session.setDial(session.dial.target);
      },
    },
  });
  const wait = h("p", {
    class: "dqx-muted",
    text: "There is a stop rule once it is known how likely each label is wrong.",
  });
  const rule = h("div", { class: "dqx-rule" }, words, slider, use);
  return {
    element: h("div", {}, rule, wait),
    update() {
      const { dial } = session;
      rule.hidden = !dial.ready;
      wait.hidden = dial.ready;
      if (!dial.ready) return;
      if (slider.valueAsNumber !== dial.target) slider.value = String(dial.target);
      const text = ruleWords(dial.target, dial.cut);
      slider.setAttribute("aria-valuetext", text);
      if (words.textContent !== text) words.textContent = text;
      use.setAttribute("aria-pressed", String(dial.on));
      use.textContent = dial.on ? "The queue ends there" : "End the queue there";
      use.title = dial.on
        ? "Press to queue all label errors again"
        : "Queue the items above that line, and no others";
    },
  };
}

/** "Stop rule: while at least 80 % are expected to be wrong (235 items, two thirds of the wrong labels)". */
export function ruleWords(target: number, { count: n, recall }: Cut): string {
  const rule = `Stop rule: while at least ${target} % are expected to be wrong`;
  if (n === 0) return `${rule} (no item is that likely wrong)`;
  return `${rule} (${count(n)} ${n === 1 ? "item" : "items"}, ${shareWords(recall)} of the wrong labels)`;
}

/** The nearest share that has a name. */
export function shareWords(share: number): string {
  const far = ([each]: readonly [number, string]): number => Math.abs(each - share);
  return SHARES.reduce((best, each) => (far(each) < far(best) ? each : best))[1];
}
