/**
 * How large the explorer is: the whole screen on request, or most of the window's height where a host allows no full
 * screen; a view's height where it stands in one, else as the stylesheet says.
 */

import type { Session } from "../core/session/session";
import { h, key, svg } from "../core/ui/dom";
import { isFor, printed } from "../core/ui/keys";

/** Where JupyterLab puts what "Create New View for Output" makes. */
const VIEW = ".jp-LinkedOutputView";
/** Lower than this the explorer does not get, however low its view is. */
const LEAST_PX = 440;
/** Room below it, so that its frame is seen and the view does not scroll. */
const MARGIN_PX = 4;

/** Share of the window's height that the taller explorer has. */
const TALL = 0.9;
/** Of a browser's window as a whole, its own bars included. */
const TALL_OUTER = 0.75;
/** Lower than this it is not taller. */
const LEAST_TALL_PX = 700;

/** Whether the explorer fills the screen. */
export function fillsScreen(root: HTMLElement): boolean {
  return (root.getRootNode() as Document | ShadowRoot).fullscreenElement === root;
}

/**
 * Make the button that fills the screen with all of the explorer, and leaves it again; `changed` is called after both.
 * Where the host allows no full screen, it is the button that makes the explorer taller.
 */
export function makeFullScreen(
  root: HTMLElement,
  session: Session,
  signal: AbortSignal,
  changed: () => void,
): HTMLElement {
  if (!document.fullscreenEnabled) return makeTaller(root, session, signal, changed);
  const text = h("span", { class: "dqx-head-word", text: "Full screen" });
  const about = "Fill the screen with the item, the map and the neighbours";
  const button = makeButton("full-screen", about, "M9 7l5-5M10 2h4v4M7 9l-5 5M2 10v4h4", text, () =>
    toggle(),
  );
  const toggle = (): void => {
    if (fillsScreen(root)) void document.exitFullscreen();
    else root.requestFullscreen().catch((error: unknown) => session.report(error));
  };
  document.addEventListener(
    "fullscreenchange",
    () => {
      const full = fillsScreen(root);
      text.textContent = full ? "Leave full screen" : "Full screen";
      button.setAttribute("aria-pressed", String(full));
      root.classList.toggle("dqx-full", full);
      changed();
    },
    { signal },
  );
  onWish(root, session, signal, toggle);
  return button;
}

/** The button that makes the explorer taller, and as high as before again; a reload forgets it. */
function makeTaller(
  root: HTMLElement,
  session: Session,
  signal: AbortSignal,
  changed: () => void,
): HTMLElement {
  const text = h("span", { class: "dqx-head-word", text: "Taller" });
  const path = "M8 1v14M4.5 4.5L8 1l3.5 3.5M4.5 11.5L8 15l3.5-3.5";
  const button = makeButton("taller", "Give the explorer most of the window's height", path, text, () =>
    toggle(),
  );
  const measure = (): void => root.style.setProperty("--dqx-tall", `${tallPixels()}px`);
  const toggle = (): void => {
    const tall = root.classList.toggle("dqx-tall");
    button.setAttribute("aria-pressed", String(tall));
    measure();
    changed();
  };
  globalThis.addEventListener("resize", () => root.classList.contains("dqx-tall") && measure(), { signal });
  onWish(root, session, signal, toggle);
  return button;
}

/** A button of the head that stays pressed: its word is out of sight where room is short, its drawing otherwise. */
function makeButton(
  hook: string,
  title: string,
  path: string,
  text: HTMLElement,
  click: () => void,
): HTMLElement {
  return h(
    "button",
    {
      class: "dqx-button",
      type: "button",
      title,
      data: { dqx: hook },
      aria: { pressed: "false" },
      on: { click },
    },
    drawing(path),
    text,
    key(printed("full-screen")),
  );
}

/** Height of the taller explorer, in pixels. */
function tallPixels(): number {
  // A frame is often as high as what is in it: there the browser's own window says how much can be seen.
  const framed = globalThis.parent !== globalThis.window;
  const height = framed ? TALL_OUTER * globalThis.outerHeight : TALL * globalThis.innerHeight;
  return Math.max(LEAST_TALL_PX, Math.floor(height));
}

/** Do `act` where the key of the full screen is pressed in the explorer. */
function onWish(root: HTMLElement, session: Session, signal: AbortSignal, act: () => void): void {
  session.on(
    "command",
    (wish) => {
      if (wish.name !== "full-screen" || wish.taken || !isFor(root, wish.from)) return;
      wish.taken = true;
      act();
    },
    signal,
  );
}

function drawing(path: string): SVGSVGElement {
  const made = svg("svg", { width: 13, height: 13, viewBox: "0 0 16 16", "aria-hidden": "true" });
  made.append(svg("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.6 }));
  return made;
}

/** Give the explorer the height of the view that it stands in, if it does, until the signal ends. */
export function followView(root: HTMLElement, signal: AbortSignal): void {
  if (!globalThis.ResizeObserver) return;
  let view: Element | null = null;
  const observer = new ResizeObserver(() => {
    const found = root.closest(VIEW);
    if (found !== view) {
      if (view) observer.unobserve(view);
      if (found) observer.observe(found);
      view = found;
    }
    const room = view?.clientHeight ?? 0;
    if (view && room > 0) {
      const above = root.getBoundingClientRect().top - view.getBoundingClientRect().top + view.scrollTop;
      root.style.setProperty("--dqx-height", `${Math.max(LEAST_PX, Math.floor(room - above - MARGIN_PX))}px`);
    } else if (!view) root.style.removeProperty("--dqx-height");
  });
  observer.observe(root);
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
}
