/**
 * The tabs and their pages. One page is open; beside an open item stand the map, and in full screen the neighbours, where
 * there is room. A panel is mounted when it is first seen, so that what nobody looks at costs nothing.
 */

import { freshId } from "../core/kernel/wire";
import type { Session } from "../core/session/session";
import { TabPlace } from "../core/state/tabPlace";
import { h, key } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { isFor, printed } from "../core/ui/keys";
import type { Panel } from "../core/ui/panel";
import { fillsScreen } from "./screen";

/** From this width on, in pixels, a second page stands beside the item. */
const TWO_PX = 1100;

export interface Tab {
  title: string;
  panel: Panel;
  /** Its name in `data-tab` and among the commands. */
  name: string;
}

export interface Tabs {
  /** The row of tabs. */
  row: HTMLElement;
  pages: readonly HTMLElement[];
  /** Open the first page; once it is known which store this is, the page that was open before a reload. */
  begin(): void;
  /** Show what there is room for: the explorer's size has changed. */
  arrange(): void;
}

/** Make the row, with `beside` at its end, and the pages, all closed. */
export function makeTabs(
  root: HTMLElement,
  tabs: readonly Tab[],
  session: Session,
  signal: AbortSignal,
  ...beside: HTMLElement[]
): Tabs {
  const id = `dqx-tab-${freshId().slice(0, 8)}`;
  const pages = tabs.map((tab) =>
    h("div", {
      class: "dqx-tab-page",
      tabIndex: -1,
      id: `${id}-${tab.name}-page`,
      data: { page: tab.name },
      aria: { label: tab.title },
      hidden: true,
    }),
  );
  const buttons = tabs.map((tab) =>
    h(
      "button",
      {
        class: "dqx-tab",
        type: "button",
        role: "tab",
        id: `${id}-${tab.name}`,
        data: { dqx: "tab", tab: tab.name },
        aria: { controls: `${id}-${tab.name}-page` },
        on: { click: () => open(tab.name) },
      },
      h("span", { text: tab.title, data: { dqx: `tab-${tab.name}` } }),
      key(printed(tab.name)),
    ),
  );
  // A panel that has to be seen comes to the front by itself.
  pages.forEach((page, i) => {
    page.addEventListener("dqx-show", () => open(tabs[i]?.name ?? ""), { signal });
  });
  const mounted = new Set<string>();
  let current = "";
  const mount = (tab: Tab, page: HTMLElement): void => {
    if (mounted.has(tab.name)) return;
    mounted.add(tab.name);
    const place = h("div");
    page.append(place);
    tab.panel.mount(place, session, signal);
  };
  /** The pages that are to be seen, the open one first. */
  const seen = (): string[] => {
    if (current !== "item" || root.clientWidth < TWO_PX) return [current];
    return fillsScreen(root) ? ["item", "map", "neighbours"] : ["item", "map"];
  };
  const arrange = (): void => {
    const names = seen();
    root.dataset.tab = current;
    root.dataset.pages = String(names.length);
    keepFocus(root, () => {
      tabs.forEach((tab, i) => {
        const page = pages[i] as HTMLElement;
        page.hidden = !names.includes(tab.name);
        page.setAttribute("role", tab.name === current ? "tabpanel" : "region");
        if (!page.hidden) mount(tab, page);
      });
    });
  };
  const place = new TabPlace();
  const open = (name: string): void => {
    if (session.hello) place.keep(session.hello.store.id, name);
    show(name);
  };
  const show = (name: string): void => {
    current = name;
    tabs.forEach((tab, i) => {
      const button = buttons[i] as HTMLElement;
      button.setAttribute("aria-selected", String(tab.name === name));
      button.tabIndex = tab.name === name ? 0 : -1;
    });
    arrange();
  };
  let known = "";
  const begin = (): void => {
    const first = tabs[0]?.name ?? "";
    const recall = (): void => {
      const store = session.hello?.store.id ?? "";
      if (store === known) return;
      known = store;
      const kept = place.at(store);
      // Whoever has opened another page meanwhile stays there.
      if (current === first && tabs.some((tab) => tab.name === kept)) show(kept as string);
    };
    show(first);
    recall();
    session.on("hello", recall, signal);
  };
  const row = h("div", { class: "dqx-tab-row", role: "tablist", aria: { label: "Views" } }, ...buttons);
  row.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const last = buttons.length - 1;
    const to = {
      ArrowRight: (at + 1) % buttons.length,
      ArrowLeft: at > 0 ? at - 1 : last,
      Home: 0,
      End: last,
    }[event.key];
    if (at < 0 || to === undefined || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey)
      return;
    // Here the arrows walk the tabs, not the queue.
    event.preventDefault();
    event.stopPropagation();
    open(tabs[to]?.name ?? "");
    buttons[to]?.focus();
  });
  session.on(
    "command",
    (wish) => {
      const at = tabs.findIndex((tab) => tab.name === wish.name);
      if (at < 0 || wish.taken || !isFor(root, wish.from)) return;
      // In front already: its key may mean more inside it.
      if (wish.name === current && row.closest("[hidden]") === null) return;
      wish.taken = true;
      const page = pages[at] as HTMLElement;
      page.dispatchEvent(new CustomEvent("dqx-show", { bubbles: true }));
      // The next Tab goes into the page; on the item all keys work from anywhere.
      (wish.name === "item" ? root : page).focus({ preventScroll: true });
    },
    signal,
  );
  if (globalThis.ResizeObserver) {
    // A host may hide its page for a moment: then nothing has a width.
    const observer = new ResizeObserver(() => root.clientWidth > 0 && arrange());
    observer.observe(root);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }
  return { row: h("div", { class: "dqx-tabs" }, row, ...beside), pages, begin, arrange };
}
