/**
 * Keys pressed in a panel stay in it. A notebook has commands of one letter (X cuts a cell, D D deletes one), and chords
 * that change cells (Ctrl+Z, Alt+Enter): none of them may be set off from a panel, whether the panel knows the key or not.
 *
 * Hosts listen in two ways. Most hear a key as it leaves the panel: there it is stopped. Notebook 7 hears it before the
 * panel does, through Lumino, which looks from the focused element outwards and stops at one with the attribute below.
 * Its shortcuts are for `:focus`, so that they match the focused element first: it needs the attribute itself.
 */

/** Lumino's word for an element whose keys are its own. */
const SUPPRESS = "data-lm-suppress-shortcuts";

/**
 * Chords that a host may have: with Ctrl or Command they save, find, find the next, print or show the commands, show the
 * side bar. They act on the page and change no cell. All other chords are left to the browser and to text fields.
 */
const OF_HOST: ReadonlySet<string> = new Set(["s", "f", "g", "p", "b"]);
/** The same, with Shift only: the command palette. */
const OF_HOST_SHIFTED: ReadonlySet<string> = new Set(["c"]);

/** Keep the keys of an element inside it, until the signal ends. */
export function fence(root: HTMLElement, signal: AbortSignal): void {
  root.setAttribute(SUPPRESS, "true");
  root.addEventListener(
    "focusin",
    (event) => {
      if (event.target instanceof Element) event.target.setAttribute(SUPPRESS, "true");
    },
    { signal },
  );
  for (const type of ["keydown", "keypress", "keyup"] as const)
    root.addEventListener(type, (event) => hold(root, event), { signal });
}

function hold(root: HTMLElement, event: KeyboardEvent): void {
  // Hosts count on hearing when Shift, Ctrl, Alt and Command go up again.
  if (/^(Shift|Control|Alt|AltGraph|Meta)$/.test(event.key)) return;
  event.stopPropagation();
  if (event.type !== "keydown" || event.defaultPrevented || !isOfHost(event)) return;
  // From outside the panel, where Lumino listens to it; what the host takes, the browser must not do too.
  const taken = root.parentNode?.dispatchEvent(new KeyboardEvent(event.type, event)) === false;
  if (taken) event.preventDefault();
}

/** Whether a key event is a chord that the host may have. */
export function isOfHost(event: KeyboardEvent): boolean {
  if (event.altKey || event.ctrlKey === event.metaKey) return false;
  const name = event.key.toLowerCase();
  return OF_HOST.has(name) || (event.shiftKey && OF_HOST_SHIFTED.has(name));
}
