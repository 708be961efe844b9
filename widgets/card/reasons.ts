/**
 * The reasons as chips. A pressed one goes with the next decision on this item, as Shift and its letter do; the letter
 * alone marks the item with it and goes on.
 */

import { freshId } from "../core/kernel/wire";
import { sentence } from "../core/kernel/words";
import { toggleReason } from "../core/session/actions";
import type { Session } from "../core/session/session";
import { h, key } from "../core/ui/dom";
import { printed } from "../core/ui/keys";

export interface Reasons {
  /** Opens and closes the chips. */
  more: HTMLElement;
  element: HTMLElement;
  /** Set the chips to what the kernel takes and to what is attached now. */
  fill(): void;
}

export function makeReasons(session: Session, guard: (act: () => void) => () => void): Reasons {
  const element = h("div", { class: "dqx-card-reasons", role: "group", hidden: true });
  element.id = `dqx-reasons-${freshId().slice(0, 8)}`;
  element.setAttribute("aria-label", "Reason for the next decision on this item");
  let wanted = false;
  let made = "";
  const more = h("button", {
    class: "dqx-button dqx-card-more",
    type: "button",
    text: "▾",
    title: "Reasons: one may go with the next decision",
    data: { dqx: "reasons" },
    aria: { label: "Reasons", expanded: "false", controls: element.id },
    on: {
      click: () => {
        wanted = !wanted;
        show();
      },
    },
  });

  /** Open as long as somebody wants it so, and while a reason is attached: it must be seen before it is sent. */
  const show = (): void => {
    element.hidden = !(wanted || session.reason !== "");
    // Attached by key: the one chip is enough, and moves the card less.
    element.classList.toggle("dqx-card-reasons-one", !wanted);
    more.setAttribute("aria-expanded", String(wanted));
  };

  const chip = (reason: string): HTMLElement =>
    h(
      "button",
      {
        class: "dqx-button dqx-card-reason",
        type: "button",
        title: `Give “${reason}” as the reason of the next decision (Shift and ${printed(reason) || "a click"})`,
        data: { dqx: "reason", reason },
        on: { click: guard(() => void toggleReason(session, reason)) },
      },
      sentence(reason),
      printed(reason) ? key(printed(reason)) : null,
    );

  return {
    more,
    element,
    fill() {
      const reasons = session.hello?.reasons ?? [];
      more.hidden = reasons.length === 0;
      if (reasons.length === 0) wanted = false;
      if (made !== JSON.stringify(reasons)) {
        made = JSON.stringify(reasons);
        element.replaceChildren(
          h("span", { class: "dqx-muted", title: "⇧ and the letter" }, "because", key("⇧")),
          ...reasons.map(chip),
        );
      }
      for (const each of element.querySelectorAll<HTMLElement>("[data-reason]"))
        each.setAttribute("aria-pressed", String(each.dataset.reason === session.reason));
      show();
    },
  };
}
