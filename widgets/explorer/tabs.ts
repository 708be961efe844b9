/** Tabs over panels: a panel is mounted when its tab is first opened, so that what nobody looks at costs nothing. */

import { freshId } from "../core/kernel/wire";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import type { Panel } from "../core/ui/panel";

export interface Tab {
  title: string;
  panel: Panel;
}

/** Make the tab row, with `beside` at its end, and its pages; the first tab is open. */
export function makeTabs(
  tabs: readonly Tab[],
  session: Session,
  signal: AbortSignal,
  ...beside: HTMLElement[]
): HTMLElement[] {
  const id = `dqx-tab-${freshId().slice(0, 8)}`;
  const pages = tabs.map((tab) =>
    h("div", {
      class: "dqx-tab-page",
      role: "tabpanel",
      id: `${id}-${tab.panel.name}-page`,
      aria: { labelledby: `${id}-${tab.panel.name}` },
      hidden: true,
    }),
  );
  const buttons = tabs.map((tab, i) =>
    h(
      "button",
      {
        class: "dqx-tab",
        type: "button",
        role: "tab",
        id: `${id}-${tab.panel.name}`,
        data: { dqx: "tab", tab: tab.panel.name },
        aria: { controls: `${id}-${tab.panel.name}-page` },
        on: { click: () => open(i) },
      },
      h("span", { text: tab.title, data: { dqx: `tab-${tab.panel.name}` } }),
    ),
  );
  // A panel that a key asks for comes to the front by itself.
  pages.forEach((page, i) => {
    page.addEventListener("dqx-show", () => open(i), { signal });
  });
  const mounted = new Set<number>();
  const open = (place: number): void => {
    pages.forEach((page, i) => {
      page.hidden = i !== place;
    });
    buttons.forEach((button, i) => {
      button.setAttribute("aria-selected", String(i === place));
      button.tabIndex = i === place ? 0 : -1;
    });
    const tab = tabs[place];
    const page = pages[place];
    if (!tab || !page || mounted.has(place)) return;
    mounted.add(place);
    const root = h("div");
    page.append(root);
    tab.panel.mount(root, session, signal);
  };
  const row = h("div", { class: "dqx-tab-row", role: "tablist" }, ...buttons);
  row.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (at < 0 || step === undefined || event.shiftKey) return;
    // Here the arrows walk the tabs, not the queue.
    event.preventDefault();
    event.stopPropagation();
    const next = (at + step + tabs.length) % tabs.length;
    open(next);
    buttons[next]?.focus();
  });
  open(0);
  return [h("div", { class: "dqx-tabs" }, row, ...beside), ...pages];
}
