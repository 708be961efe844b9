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
  /** What has the keyboard, until it goes elsewhere by itself. */
  let last: Element | null = null;
  root.addEventListener(
    "focusin",
    (event) => {
      last = event.composedPath()[0] as Element;
      show(true);
    },
    { signal },
  );
  root.addEventListener(
    "focusout",
    ({ relatedTarget: to }) => {
      const stays = to instanceof Node && root.contains(to);
      // Where it goes to nothing from what is not there any more, it is lost.
      if (!stays && (to !== null || isUsable(last))) last = null;
      show(stays);
    },
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
  const regain = (): void => {
    if (last === null || isUsable(last)) return;
    last = null;
    const now = pageOf(root).activeElement;
    if (now === null || now === root.ownerDocument.body || (root.contains(now) && !isUsable(now)))
      root.focus({ preventScroll: true });
    show(hasKeyboard(root));
  };
  // Later: what is hidden as the keyboard leaves it has nothing to lose.
  const observer = new MutationObserver(() => {
    if (last !== null && !isUsable(last)) setTimeout(regain, 0);
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

/** Whether an element is there, to be seen and switched on. */
function isUsable(element: Element | null): boolean {
  return (
    element?.isConnected === true && !element.matches(":disabled") && element.closest("[hidden]") === null
  );
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
