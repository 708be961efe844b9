/** The classes with their colours, shapes, keys; a click narrows the queue to a class. And what the encodings mean. */
import { keyOfClass } from "../../core/session/actions";
import type { Session } from "../../core/session/session";
import { h, key } from "../../core/ui/dom";
import { swatch } from "../../core/ui/frame";
import { nameElement } from "../../core/ui/name";

export interface Legend {
  element: HTMLElement;
  encodings: HTMLElement;
  /** Build it again: classes, theme or calibration changed. */
  fill(): void;
  /** Show which class the queue is narrowed to. */
  press(): void;
}

export function makeLegend(session: Session): Legend {
  const element = h("div", { class: "dqx-map-legend", role: "group", aria: { label: "Only one class" } });
  const encodings = h("div", { class: "dqx-map-encodings" });
  element.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("button[data-code]");
    if (!button) return;
    const code = Number(button.dataset.code);
    session.setFilter({ label: session.filter.label === code ? null : code });
  });
  const press = (): void => {
    const { label } = session.filter;
    for (const button of element.querySelectorAll<HTMLElement>("button[data-code]"))
      button.setAttribute("aria-pressed", String(button.dataset.code === String(label)));
    element.classList.toggle("dqx-highlighting", label !== null);
  };
  return {
    element,
    encodings,
    press,
    fill() {
      const { classes } = session;
      element.replaceChildren(
        ...classes.map((name, code) => {
          const digit = keyOfClass(classes, code);
          return h(
            "button",
            {
              class: "dqx-map-class",
              type: "button",
              title: `Only ${name}`,
              data: { code: String(code) },
            },
            swatch(code),
            nameElement(name, classes),
            // A class called 3 says its key already.
            digit !== null && digit !== name ? key(digit) : null,
          );
        }),
      );
      press();
      const size = session.hello?.calibrated ? "how likely wrong" : "rank";
      encodings.replaceChildren(
        ...(session.scores
          ? ["fill: label now · ring: suggested", `size: ${size} · faded: reviewed`]
          : ["colour: given label"]
        ).map((text) => h("div", { text })),
      );
    },
  };
}
