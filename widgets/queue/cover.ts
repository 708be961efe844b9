/**
 * The grid in the explorer: it lies over the page above the queue, which keeps its size below it, so that nothing in there
 * has to be drawn anew. Alone, the panel grows.
 */

export interface Cover {
  readonly on: boolean;
  set(on: boolean): void;
  /** Height of the page that is covered, in CSS pixels; 0 where there is none. */
  height(): number;
}

/** What opens a page of the explorer, and so ends the grid. */
const PAGES: ReadonlySet<string> = new Set(["item", "map", "neighbours", "charts", "history"]);

export function opensPage(command: string): boolean {
  return PAGES.has(command);
}

/** Make the switch between strip and grid of a panel; `changed` hears of it, and of another size of what is covered. */
export function makeCover(root: HTMLElement, signal: AbortSignal, changed: () => void): Cover {
  let on = false;
  let watched: Element | null = null;
  const observer = globalThis.ResizeObserver ? new ResizeObserver(() => on && changed()) : null;
  signal.addEventListener("abort", () => observer?.disconnect(), { once: true });
  const page = (): HTMLElement | null =>
    root.closest(".dqx-explorer")?.querySelector<HTMLElement>(":scope > .dqx-main") ?? null;
  const watch = (element: Element | null): void => {
    if (element === watched) return;
    observer?.disconnect();
    watched = element;
    if (element) observer?.observe(element);
  };
  /** Another tab is opened with the mouse. */
  const pressed = (event: Event): void => {
    if (event.target instanceof Element && event.target.closest('[data-dqx="tab"]')) cover.set(false);
  };
  const cover: Cover = {
    get on() {
      return on;
    },
    set(wish) {
      if (wish === on) return;
      on = wish;
      root.classList.toggle("dqx-queue-tall", on);
      const explorer = root.closest(".dqx-explorer");
      if (on) explorer?.addEventListener("click", pressed, { signal });
      else explorer?.removeEventListener("click", pressed);
      watch(on ? page() : null);
      changed();
    },
    height: () => page()?.offsetHeight ?? 0,
  };
  return cover;
}
