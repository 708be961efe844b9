/** One line about what was just done, with what takes it back; it stands in the panel, which may stand alone. */
import { h } from "../core/ui/dom";
import type { Context, Said } from "./context";

/** A line that merely informs goes by itself after this many milliseconds. */
const INFORMED = 20_000;

export function makeSaid(context: Context): { element: HTMLElement; say(said: Said | null): void } {
  const element = h("div", { class: "dqx-history-said", hidden: true, data: { dqx: "history-said" } });
  let timer: ReturnType<typeof setTimeout> | undefined;
  context.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  const say = (said: Said | null): void => {
    clearTimeout(timer);
    element.hidden = said === null;
    if (!said) {
      element.replaceChildren();
      return;
    }
    const { item, undo } = said;
    element.setAttribute("role", said.kind);
    element.dataset.kind = said.kind;
    element.replaceChildren(
      h("span", { class: "dqx-history-said-text", text: said.text }),
      undo
        ? h("button", {
            class: "dqx-button",
            type: "button",
            text: "Undo",
            data: { dqx: "history-said-undo" },
            on: {
              click: () => {
                say(null);
                context.focusRow();
                undo();
              },
            },
          })
        : "",
      item === undefined
        ? ""
        : h("button", {
            class: "dqx-button",
            type: "button",
            text: "Show",
            on: { click: () => context.session.select(item) },
          }),
      h("button", {
        class: "dqx-button",
        type: "button",
        text: "✕",
        aria: { label: "Dismiss" },
        on: {
          click: () => {
            say(null);
            context.focusRow();
          },
        },
      }),
    );
    if (said.kind === "status") timer = setTimeout(() => say(null), INFORMED);
  };
  return { element, say };
}
