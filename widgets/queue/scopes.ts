/**
 * The row of scopes above the queue: one is chosen, as in a group of radio buttons, and each says how many of its items
 * are open. What does not fit into one line, and what has nothing open, stands in the menu at its end, with why.
 */
import "./scopes.css";
import type { ScopeInfo, ScopeName } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";

/** Counts follow what is decided when nobody has decided for so long, and at least so often while somebody does. */
const QUIET_MS = 600;
const MOST_MS = 3000;
const GAP = 4;
/** Beside the row, left and right together. */
const PADDING = 24;

/** Make the row. It asks for the counts while it can be seen. */
export function makeScopeChips(session: Session, signal: AbortSignal): HTMLElement {
  const chips = h("div", { class: "dqx-scope-chips", role: "radiogroup", aria: { label: "Scope" } });
  const more = h("select", {
    class: "dqx-scope-more",
    data: { dqx: "scope-more" },
    aria: { label: "More scopes" },
    hidden: true,
    on: {
      change: () => {
        const name = more.value as ScopeName;
        more.selectedIndex = 0;
        if (name) choose(name);
      },
    },
  });
  const element = h("div", { class: "dqx-scopes", data: { dqx: "scopes" }, hidden: true }, chips, more);
  const made = new Map<ScopeName, HTMLButtonElement>();

  const choose = (name: ScopeName): void => {
    if (session.filter.scope === name && session.filter.cut === null && session.scopes.wanted === null)
      return;
    session.setFilter({ scope: name });
    // Chosen from the menu, it stands in the row from now on.
    place();
  };

  const chip = (info: ScopeInfo): HTMLButtonElement => {
    let button = made.get(info.name);
    if (!button) {
      button = h(
        "button",
        {
          class: "dqx-scope",
          type: "button",
          role: "radio",
          data: { dqx: "scope", scope: info.name },
          on: { click: () => choose(info.name) },
        },
        h("span", { text: info.title }),
        h("span", { class: "dqx-scope-count" }),
      );
      made.set(info.name, button);
    }
    return button;
  };

  /** How many of its items are open. */
  const number = (info: ScopeInfo): void => {
    const button = chip(info);
    const n = button.lastElementChild as HTMLElement;
    const text = info.lacking ? "–" : count(openIn(session, info));
    if (n.textContent !== text) n.textContent = text;
    button.setAttribute("aria-label", `${info.title}, ${opens(session, info)}`);
  };

  /** What each says. */
  const fill = (): void => {
    const { list, wanted } = session.scopes;
    const { scope } = session.filter;
    element.hidden = list.length === 0;
    const chosen = wanted ?? scope;
    for (const info of list) {
      const button = chip(info);
      number(info);
      button.title = info.lacking ? `${info.about} Not computed: ${info.lacking}.` : info.about;
      button.setAttribute("aria-checked", String(info.name === chosen));
      button.setAttribute("aria-busy", String(info.name === wanted));
      button.tabIndex = info.name === chosen ? 0 : -1;
    }
    place();
  };

  /** Which stand in the row, in their order, and which in the menu. */
  const place = (): void => {
    const { list, wanted } = session.scopes;
    const chosen = wanted ?? session.filter.scope;
    const focused = (element.getRootNode() as Document | ShadowRoot).activeElement;
    const wished = list.filter((info) => info.open > 0 || info.name === chosen);
    show(wished);
    more.hidden = wished.length === list.length;
    const inRow = fitting(wished, chosen);
    if (inRow.length < wished.length) {
      more.hidden = false;
      show(fitting(wished, chosen));
    }
    const shown = new Set([...chips.children].map((each) => (each as HTMLElement).dataset.scope));
    menu(list.filter((info) => !shown.has(info.name)));
    if (focused instanceof HTMLElement && made.get(focused.dataset.scope as ScopeName) === focused)
      focused.focus({ preventScroll: true });
  };

  const show = (infos: readonly ScopeInfo[]): void => {
    const buttons = infos.map(chip);
    const same =
      buttons.length === chips.children.length && buttons.every((each, i) => chips.children[i] === each);
    if (!same) chips.replaceChildren(...buttons);
  };

  /** Those of the scopes that the row has room for, the chosen one among them. */
  const fitting = (infos: readonly ScopeInfo[], chosen: ScopeName): ScopeInfo[] => {
    show(infos);
    const room = element.clientWidth - PADDING - (more.hidden ? 0 : more.offsetWidth + GAP);
    const width = (info: ScopeInfo): number => chip(info).offsetWidth + GAP;
    let left = room + GAP;
    for (const info of infos) if (info.name === chosen) left -= width(info);
    // A page without layout (and one that is not shown) has no widths: everything stands in the row.
    if (element.clientWidth === 0) return [...infos];
    let full = false;
    return infos.filter((info) => {
      if (info.name === chosen) return true;
      full ||= width(info) > left;
      if (!full) left -= width(info);
      return !full;
    });
  };

  const menu = (infos: readonly ScopeInfo[]): void => {
    const options = [
      h("option", { value: "", text: "more" }),
      ...infos.map((info) => h("option", { value: info.name, text: line(info), title: info.about })),
    ];
    const now = [...more.options].map((each) => each.text).join("\n");
    if (now !== options.map((each) => each.text).join("\n")) more.replaceChildren(...options);
  };

  chips.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || event.shiftKey) return;
    const buttons = [...chips.children] as HTMLElement[];
    const at = buttons.indexOf(event.target as HTMLElement);
    if (at < 0) return;
    // Here the arrows walk the scopes, not the queue.
    event.preventDefault();
    event.stopPropagation();
    const next = buttons[(at + step + buttons.length) % buttons.length] as HTMLElement;
    choose(next.dataset.scope as ScopeName);
    next.focus({ preventScroll: true });
  });

  const ask = paced(session, element, signal);
  session.on("scopes", fill, signal);
  session.on("filter", fill, signal);
  // What the page knows itself is said at once, so that it agrees with the line below.
  const follow = (): void => {
    const info = session.scopes.info(session.filter.scope);
    if (info) number(info);
  };
  session.on("labels", follow, signal);
  session.on("queue", follow, signal);
  session.on("labels", ask, signal);
  session.on("scores", ask, signal);
  session.on("sample", ask, signal);
  session.on("hello", ask, signal);
  const observer = globalThis.ResizeObserver ? new ResizeObserver(() => place()) : null;
  observer?.observe(element);
  signal.addEventListener("abort", () => observer?.disconnect(), { once: true });
  fill();
  if (session.scores) ask(null);
  return element;
}

/** Ask for the counts a little after things have changed, once for a run of changes, and only where somebody sees them. */
function paced(session: Session, element: HTMLElement, signal: AbortSignal): (changed: unknown) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let since = 0;
  let asking = false;
  let again = false;
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  const ask = async (): Promise<void> => {
    since = 0;
    if (!session.scores) return;
    // Out of sight nobody reads them: they are asked for when something changes again.
    if (element.closest("[hidden]:not(.dqx-scopes)")) return;
    again = asking;
    if (asking) return;
    asking = true;
    await session.countScopes();
    asking = false;
    if (again && !signal.aborted) soon();
  };
  const soon = (): void => {
    const now = Date.now();
    since ||= now;
    clearTimeout(timer);
    const first = session.scopes.list.length === 0;
    const pause = first ? 0 : Math.max(0, Math.min(QUIET_MS, since + MOST_MS - now));
    timer = setTimeout(() => void ask(), pause);
  };
  return soon;
}

/** How many items of a scope are open: of the one that is queued as a whole the page knows it at once. */
function openIn({ filter, scopes, narrowed, open, scores }: Session, info: ScopeInfo): number {
  const queued = info.name === filter.scope && filter.cut === null && !narrowed && scopes.isFresh(info.name);
  return queued && scores ? open : info.open;
}

function opens(session: Session, info: ScopeInfo): string {
  return info.lacking ? "not computed" : `${count(openIn(session, info))} open`;
}

/** How a scope stands in the menu. */
function line(info: ScopeInfo): string {
  if (info.lacking) return `${info.title}: not computed, ${info.lacking}`;
  if (info.open > 0) return `${info.title}: ${count(info.open)}`;
  return `${info.title}: ${info.all > 0 ? `all ${count(info.all)} reviewed` : info.none}`;
}

// What narrows the scope ------------------------------------------------------------------------------------------------

/** Make the chips of what narrows the scope, and of what stands out on the map; a press takes it away. */
export function makeFilterChips(session: Session, signal: AbortSignal): HTMLElement {
  const element = h("span", { class: "dqx-filter-chips", role: "group", aria: { label: "Filters" } });
  const chip = (name: string, off: () => void): HTMLButtonElement => {
    const made = h("button", {
      class: "dqx-button dqx-filter-chip",
      type: "button",
      hidden: true,
      data: { dqx: name },
      on: {
        click: () => {
          off();
          // Focus inside something hidden would fall back to the page, and keys with it.
          made.closest<HTMLElement>(".dqx[tabindex], .dqx")?.focus({ preventScroll: true });
        },
      },
    });
    return made;
  };
  const pair = chip("filter-pair", () => session.setFilter({ pair: null }));
  const only = chip("filter-class", () => session.setFilter({ label: null }));
  const chosen = chip("filter-chosen", () => session.choose([]));
  const words = chip("filter-words", () => session.setFilter({ found: null }));
  const shining = chip("filter-highlight", () => session.highlight([]));
  const put = (button: HTMLElement, text: string): void => {
    button.hidden = text === "";
    if (text === "") return;
    button.textContent = `${text} ✕`;
    button.title = `Take away: ${text}`;
  };
  const fill = (): void => {
    const { filter, highlighted } = session;
    const name = (code: number): string => session.className(code);
    put(pair, filter.pair ? `${name(filter.pair[0])} → ${name(filter.pair[1])}` : "");
    put(only, filter.label === null ? "" : `only ${name(filter.label)}`);
    put(chosen, filter.items ? `${count(filter.items.size)} chosen` : "");
    put(words, filter.found ? `“${filter.found.text}”` : "");
    put(shining, highlighted.size > 0 ? `${count(highlighted.size)} highlighted` : "");
  };
  element.append(pair, only, chosen, words, shining);
  session.on("filter", fill, signal);
  session.on("highlight", fill, signal);
  session.on("hello", fill, signal);
  fill();
  return element;
}
