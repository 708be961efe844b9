/**
 * Panels that open on request, over others or between them: one of them is open at a time, Escape closes it from
 * anywhere in the explorer, and the keyboard goes back to where it was. None is modal.
 */

import type { Session } from "../session/session";
import { isFor } from "./keys";

export interface Pane {
  readonly open: boolean;
  show(on: boolean): void;
}

export interface PaneOptions {
  /** The root of the panel that it belongs to. */
  root: HTMLElement;
  session: Session;
  signal: AbortSignal;
  /** Opens and closes it; says so to a screen reader. */
  opener?: HTMLElement;
  /** Has been opened or closed; nothing has the keyboard yet. */
  changed?(on: boolean): void;
  /** Whether Escape, pressed elsewhere, means something else first. */
  waits?(): boolean;
}

/** Make a pane of an element, which is hidden until it is asked for. */
export function makePane(element: HTMLElement, options: PaneOptions): Pane {
  const { root, session, signal, opener } = options;
  const around = (): HTMLElement => root.closest<HTMLElement>(".dqx-explorer") ?? root;
  /** What had the keyboard before the pane took it. */
  let before: Element | null = null;
  let byMouse = false;

  const put = (on: boolean): void => {
    element.hidden = !on;
    opener?.setAttribute("aria-expanded", String(on));
    options.changed?.(on);
  };
  const show = (on: boolean): void => {
    if (on !== element.hidden) return;
    const now = activeElement(element);
    if (on) {
      // A button pressed with the mouse would be pressed again by Enter, which means to accept.
      byMouse = now?.matches("button:not(:focus-visible)") ?? false;
      before = now;
      put(true);
      session.emit("opened", element);
      element.focus({ preventScroll: true });
      element.scrollIntoView?.({ block: "nearest" });
      return;
    }
    // Whoever went on to something else meanwhile keeps the keyboard there.
    const mine = element.contains(now);
    put(false);
    if (mine) placeToReturn().focus({ preventScroll: true });
  };
  /** Where the keyboard was, else what lies over the card, else what opens it, else the explorer. */
  const placeToReturn = (): HTMLElement => {
    const place = around();
    const cover = place.querySelector<HTMLElement>("[data-dqx-cover]");
    if (before instanceof HTMLElement && place.contains(before) && isShown(before))
      return byMouse ? (cover ?? place) : before;
    return cover ?? (opener && isShown(opener) ? opener : place);
  };

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    show(false);
  });
  session.on(
    "command",
    (wish) => {
      if (wish.name !== "escape" || wish.taken || element.hidden || !isFor(root, wish.from)) return;
      if (options.waits?.()) return;
      show(false);
      wish.taken = true;
    },
    signal,
  );
  session.on("opened", (other) => closeFor(other), signal);
  const closeFor = (other: HTMLElement): void => {
    if (element.hidden || other.contains(element) || element.contains(other)) return;
    if (around().contains(other)) put(false);
  };
  return {
    get open() {
      return !element.hidden;
    },
    show,
  };
}

function activeElement(element: HTMLElement): Element | null {
  return (element.getRootNode() as Document | ShadowRoot).activeElement;
}

function isShown(element: HTMLElement): boolean {
  return element.isConnected && element.closest("[hidden]") === null && !element.matches(":disabled");
}
