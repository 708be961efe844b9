/** "▾": what the bar has no room for, or is wanted less often. */
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { makePane } from "../core/ui/pane";

export interface Menu {
  /** The button, and what it opens. */
  element: HTMLElement;
  /** Where the parts go that the bar has no room for. */
  slot: HTMLElement;
}

/** Make the menu of a panel's bar, with these buttons in it. */
export function makeMenu(
  session: Session,
  root: HTMLElement,
  signal: AbortSignal,
  ...buttons: readonly HTMLElement[]
): Menu {
  const opener = h("button", {
    class: "dqx-button dqx-queue-more",
    type: "button",
    text: "▾",
    title: "More about these items",
    data: { dqx: "queue-more" },
    aria: { label: "More about these items", expanded: "false", haspopup: "dialog" },
    on: { click: () => pane.show(!pane.open) },
  });
  const slot = h("div", { class: "dqx-queue-slot" });
  const list = h(
    "section",
    {
      class: "dqx-queue-menu",
      role: "dialog",
      tabIndex: -1,
      hidden: true,
      data: { dqx: "queue-menu" },
      aria: { label: "More about these items" },
    },
    ...buttons,
    slot,
  );
  const pane = makePane(list, { root, session, signal, opener });
  list.addEventListener("click", (event) => {
    // A choice is made; what only says how things are shown may be followed by another.
    if (event.target instanceof Element && event.target.closest("button:not([aria-pressed])"))
      pane.show(false);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || event.target instanceof HTMLSelectElement) return;
    const here = [...list.querySelectorAll<HTMLElement>("button, select")].filter((each) => !each.hidden);
    const next = here[(here.indexOf(event.target as HTMLElement) + step + here.length) % here.length];
    next?.focus();
    event.preventDefault();
    event.stopPropagation();
  });
  // A press anywhere else.
  root.addEventListener(
    "focusout",
    (event) => {
      if (!pane.open || !list.contains(event.target as Node)) return;
      const to = event.relatedTarget;
      if (to instanceof Node && !list.contains(to) && to !== opener) pane.show(false);
    },
    { signal },
  );
  return { element: h("span", { class: "dqx-queue-menu-place" }, opener, list), slot };
}
