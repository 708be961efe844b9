/** How large the explorer is: the whole screen on request, a view's height where it stands in one, else as the stylesheet says. */

import type { Session } from "../core/session/session";
import { h, key, svg } from "../core/ui/dom";
import { isFor, printed } from "../core/ui/keys";

/** Where JupyterLab puts what "Create New View for Output" makes. */
const VIEW = ".jp-LinkedOutputView";
/** Lower than this the explorer does not get, however low its view is. */
const LEAST_PX = 440;
/** Room below it, so that its frame is seen and the view does not scroll. */
const MARGIN_PX = 4;

/** Whether the explorer fills the screen. */
export function fillsScreen(root: HTMLElement): boolean {
  return (root.getRootNode() as Document | ShadowRoot).fullscreenElement === root;
}

/** Make the button that fills the screen with all of the explorer, and leaves it again; `changed` is called after both. */
export function makeFullScreen(
  root: HTMLElement,
  session: Session,
  signal: AbortSignal,
  changed: () => void,
): HTMLElement {
  const text = h("span", { class: "dqx-head-word", text: "Full screen" });
  const drawing = svg("svg", { width: 13, height: 13, viewBox: "0 0 16 16", "aria-hidden": "true" });
  const path = "M9 7l5-5M10 2h4v4M7 9l-5 5M2 10v4h4";
  drawing.append(svg("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.6 }));
  const button = h(
    "button",
    {
      class: "dqx-button",
      type: "button",
      title: "Fill the screen with the item, the map and the neighbours",
      // A host may forbid it.
      hidden: !document.fullscreenEnabled,
      data: { dqx: "full-screen" },
      aria: { pressed: "false", label: "Full screen" },
      on: { click: () => toggle() },
    },
    drawing,
    text,
    key(printed("full-screen")),
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
  session.on(
    "command",
    (wish) => {
      if (wish.name !== "full-screen" || wish.taken || button.hidden || !isFor(root, wish.from)) return;
      wish.taken = true;
      toggle();
    },
    signal,
  );
  return button;
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
