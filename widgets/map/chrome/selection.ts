/**
 * The lasso's chip: how many items are chosen, and the way to decide about all of them at once, which says first what
 * would change. Keys always decide about the current item alone.
 */
import type { Session } from "../../core/session/session";
import { count, h } from "../../core/ui/dom";
import { command } from "../../core/ui/keys";

export interface ChosenChip {
  element: HTMLElement;
  fill(): void;
}

/** Make the chip; `leave` takes the focus back to the map when the chip goes. */
export function makeChosenChip(session: Session, leave: () => void): ChosenChip {
  const drop = h("button", {
    class: "dqx-button",
    type: "button",
    title: "Forget the lasso",
    data: { dqx: "chosen" },
    on: { click: () => session.choose([]) },
  });
  const open = h("button", {
    class: "dqx-button",
    type: "button",
    title: "Decide about all of them; says first what would change",
    data: { dqx: "relabel-chosen" },
    aria: { haspopup: "dialog" },
    on: { click: () => void command("relabel-chosen", open, session) },
  });
  const element = h("span", { class: "dqx-map-chosen" }, drop, open);

  return {
    element,
    fill() {
      const n = session.chosen.length;
      // Focus inside something hidden would fall back to the page, and keys with it.
      const focused = (element.getRootNode() as Document | ShadowRoot).activeElement;
      if (n === 0 && focused && element.contains(focused)) leave();
      element.hidden = n === 0;
      drop.textContent = `${count(n)} chosen ✕`;
      open.textContent = `Relabel ${count(n)}…`;
    },
  };
}
