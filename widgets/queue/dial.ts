/** The expected-precision dial, and the line it draws across the queue: how far down the ranking it is worth going. */

import { percent } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { type Cut, LEAST, MOST } from "../core/state/dial";
import { lastBefore } from "../core/state/ranking";
import { count, h } from "../core/ui/dom";
import { place, type Shape } from "./window";

export interface DialView {
  element: HTMLElement;
  update(): void;
}

/** Make the dial; it is there once p_error may be read as a probability. */
export function makeDial(session: Session): DialView {
  const slider = h("input", {
    class: "dqx-dial-slider",
    type: "range",
    min: String(LEAST),
    max: String(MOST),
    step: "1",
    data: { dqx: "dial" },
    aria: { label: "Show items until the expected precision falls under" },
    on: { input: () => session.setDial(slider.valueAsNumber) },
  });
  const value = h("span", { class: "dqx-dial-value" });
  const words = h("span", { class: "dqx-muted", data: { dqx: "cut" } });
  const use = h("button", {
    class: "dqx-button",
    type: "button",
    text: "To the cut",
    data: { dqx: "to-the-cut" },
    on: {
      click: () => {
        if (session.dial.on) session.setFilter({ scope: "label" });
        else session.setDial(session.dial.target);
      },
    },
  });
  const element = h(
    "span",
    { class: "dqx-dial", role: "group", aria: { label: "Expected precision" }, hidden: true },
    h(
      "label",
      {
        class: "dqx-dial-label",
        title:
          "Show items until the expected precision falls under this: the mean of p_error over those shown",
      },
      "precision ≥ ",
      slider,
      value,
    ),
    use,
    words,
  );
  return {
    element,
    update() {
      const { dial } = session;
      element.hidden = !dial.ready;
      if (!dial.ready) return;
      if (slider.valueAsNumber !== dial.target) slider.value = String(dial.target);
      value.textContent = `${dial.target} %`;
      use.setAttribute("aria-pressed", String(dial.on));
      use.title = dial.on ? "Show the suspects again" : "Queue the items above the cut, and no others";
      const text = cutWords(dial.cut);
      slider.setAttribute("aria-valuetext", `${dial.target} %, ${text}`);
      if (words.textContent !== text) words.textContent = text;
    },
  };
}

/** "cut: 142 items, expected precision 80 %, expected recall 63 %". */
function cutWords({ count: n, precision, recall }: Cut): string {
  if (n === 0) return "cut: no item, since none is that likely wrong";
  return `cut: ${count(n)} ${n === 1 ? "item" : "items"}, expected precision ${percent(precision)}, expected recall ${percent(recall)}`;
}

/** The line across the queue, between the last item above the cut and the first below it. */
export function makeLine(
  session: Session,
  stop: () => string,
): {
  draw(area: HTMLElement, shown: readonly number[], shape: Shape): void;
} {
  // For eyes only: the line of words above the queue says the same.
  const element = h("div", {
    class: "dqx-queue-cut",
    data: { dqx: "cut-line" },
    aria: { hidden: "true" },
    hidden: true,
  });
  return {
    draw(area, shown, shape) {
      const { dial } = session;
      if (element.parentElement !== area) area.append(element);
      const { items, asNamed, scope, sort } = session.filter;
      const ranked = (scope === "label" || scope === "all") && sort === "suspicion";
      // Items that stand as they were drawn or named, or in a scope's own order, lie on no side of it.
      element.hidden = !dial.ready || shown.length === 0 || !ranked || (items !== null && asNamed === true);
      if (element.hidden) return;
      const above = shownAbove(session, shown);
      // All that is shown may lie above the cut: the line is drawn where the cut is, or not at all.
      const hides = above === shown.length && !dial.on;
      element.hidden = hides;
      if (hides) return;
      const at = place(Math.max(0, above - 1), shape);
      const x = above === 0 ? at.x - shape.gap / 2 : at.x + shape.tileWidth + shape.gap / 2;
      element.dataset.above = String(above);
      element.style.transform = `translate(${x - 1}px, ${at.y}px)`;
      element.style.height = `${shape.tileHeight}px`;
      element.title = [cutWords(dial.cut), stop()].filter(Boolean).join("\n");
    },
  };
}

/** How many of the items shown lie above the cut; a random one lies where the next of the ranking does. */
export function shownAbove(session: Session, shown: readonly number[]): number {
  const { count: cut } = session.dial.cut;
  const passes = (place: number): boolean => {
    let at = place;
    while (session.drawn.has(shown[at] as number)) at++;
    // Random ones at the end, where those after them are hidden, belong to those before.
    if (at === shown.length) for (at = place; at > 0 && session.drawn.has(shown[at] as number); ) at--;
    return (session.rank(shown[at] as number) ?? Number.POSITIVE_INFINITY) <= cut;
  };
  return lastBefore(shown.length, passes);
}
