/** Whether a panel has the keyboard, for all to see: without it the key caps are grey and a line says what to do. */
import "./keyboard.css";
import { h } from "./dom";

/** The line for a panel that has not the keyboard. It always has its room, so that nothing moves when it goes. */
export function makeKeyboardHint(): HTMLElement {
  return h("div", {
    class: "dqx-keyboard-hint",
    text: "Click here to use the keys",
    title:
      "The keys work while the explorer has the keyboard: click into it, or press Tab until it has a frame",
    data: { dqx: "keyboard-hint" },
  });
}

/** Whether the keyboard is in an element now. */
export function hasKeyboard(element: HTMLElement): boolean {
  return element.contains(pageOf(element).activeElement);
}

/**
 * Show on `data-keyboard` of a panel's root, as "on" or "off", whether it has the keyboard, until the signal ends. Where
 * the panel has no place of its own for the line, it stands first.
 */
export function showKeyboard(root: HTMLElement, signal: AbortSignal): void {
  if (!root.querySelector('[data-dqx="keyboard-hint"]')) root.prepend(makeKeyboardHint());
  const show = (on: boolean): void => {
    root.dataset.keyboard = on ? "on" : "off";
  };
  root.addEventListener("focusin", () => show(true), { signal });
  root.addEventListener(
    "focusout",
    (event) => show(event.relatedTarget instanceof Node && root.contains(event.relatedTarget)),
    { signal },
  );
  root.addEventListener(
    "click",
    (event) => {
      const onHint = event.target instanceof Element && event.target.closest(".dqx-keyboard-hint");
      // Some browsers give a button that the mouse presses no focus.
      if (onHint || (event.detail > 0 && !hasKeyboard(root))) root.focus({ preventScroll: true });
    },
    { signal },
  );
  // An element that is removed while it has the keyboard loses it without a word.
  const observer = new MutationObserver(() => {
    if (root.dataset.keyboard === "on" && !hasKeyboard(root)) show(false);
  });
  observer.observe(root, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  document.addEventListener("fullscreenchange", () => enterFullScreen(root), { signal });
  show(hasKeyboard(root));
}

/** What fills the screen gets the keyboard. */
function enterFullScreen(root: HTMLElement): void {
  const page = pageOf(root);
  const full = page.fullscreenElement;
  if (!(full instanceof HTMLElement) || !root.contains(full) || full.contains(page.activeElement)) return;
  if (!full.hasAttribute("tabindex")) full.tabIndex = -1;
  full.focus({ preventScroll: true });
}

function pageOf(root: HTMLElement): Document | ShadowRoot {
  const page = root.getRootNode();
  return page instanceof ShadowRoot ? page : root.ownerDocument;
}
