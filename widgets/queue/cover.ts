/** The switch between strip and grid. In the explorer the grid takes the room of the page above it; alone, the panel grows. */

export interface Cover {
  readonly on: boolean;
  set(on: boolean): void;
}

/** What opens a page of the explorer, and so ends the grid. */
const PAGES: ReadonlySet<string> = new Set(["item", "map", "neighbours", "charts", "history"]);

export function opensPage(command: string): boolean {
  return PAGES.has(command);
}

/** Make the switch of a panel; `changed` hears of it. */
export function makeCover(root: HTMLElement, signal: AbortSignal, changed: () => void): Cover {
  let on = false;
  /** A page is opened with the mouse. */
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
      changed();
    },
  };
  return cover;
}
