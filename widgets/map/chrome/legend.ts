/** The classes with their colours, shapes, keys; a click highlights a class. And what the encodings mean. */
import { keyOfClass } from "../../core/session/actions";
import type { Session } from "../../core/session/session";
import { h, key } from "../../core/ui/dom";
import { swatch } from "../../core/ui/frame";
import { nameElement } from "../../core/ui/name";

export interface Legend {
  element: HTMLElement;
  encodings: HTMLElement;
  /** Build it again: classes, theme or calibration changed. */
  fill(highlight: number | null): void;
}

/** Make the legend; `onHighlight` gets the class code that was clicked. */
export function makeLegend(session: Session, onHighlight: (code: number) => void): Legend {
  const element = h("div", { class: "dqx-map-legend", role: "group", aria: { label: "Classes" } });
  const encodings = h("div", { class: "dqx-map-encodings" });
  element.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("button[data-code]");
    if (button) onHighlight(Number(button.dataset.code));
  });
  return {
    element,
    encodings,
    fill(highlight) {
      const { classes } = session;
      element.replaceChildren(
        ...classes.map((name, code) => {
          const digit = keyOfClass(classes, code);
          return h(
            "button",
            {
              class: "dqx-map-class",
              type: "button",
              title: `Highlight ${name}`,
              data: { code: String(code) },
              aria: { pressed: String(highlight === code) },
            },
            swatch(code),
            nameElement(name, classes),
            // A class called 3 says its key already.
            digit !== null && digit !== name ? key(digit) : null,
          );
        }),
      );
      element.classList.toggle("dqx-highlighting", highlight !== null);
      const size = session.hello?.calibrated ? "p_error" : "rank";
      encodings.replaceChildren(
        ...(session.scores
          ? ["fill: label now · ring: suggested", `size: ${size} · faded: reviewed`]
          : ["colour: given label"]
        ).map((text) => h("div", { text })),
      );
    },
  };
}
