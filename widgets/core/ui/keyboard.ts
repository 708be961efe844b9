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
  // What is removed, hidden or switched off while it has the keyboard loses it without a word: the panel has it then.
  const observer = new MutationObserver(() => {
    if (root.dataset.keyboard !== "on" || hasWorkingFocus(root)) return;
    const now = pageOf(root).activeElement;
    if (now === null || now === root.ownerDocument.body || root.contains(now))
      root.focus({ preventScroll: true });
    show(hasKeyboard(root));
  });
  observer.observe(root, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["hidden", "disabled"],
  });
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  document.addEventListener("fullscreenchange", () => enterFullScreen(root), { signal });
  show(hasKeyboard(root));
}

/** Whether the keyboard is on something in the root that is there to be used. */
function hasWorkingFocus(root: HTMLElement): boolean {
  const now = pageOf(root).activeElement;
  if (now === null || !root.contains(now)) return false;
  const hidden = now.closest("[hidden]");
  return !now.matches(":disabled") && (hidden === null || !root.contains(hidden));
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
