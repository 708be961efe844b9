/**
 * The keyboard: one table, read by the handler, by the help overlay and by the buttons that print their key.
 *
 * What a session can do is done here; what only a panel can do (draw a lasso, pan, show help) goes out as the topic
 * `command` and is taken by the panels that hold, or are held by, the element where the key was pressed.
 */
import { acceptSuggestion, classOfKey, keep, mark, relabel } from "./actions";
import { isTyping } from "./dom";
import type { Session } from "./session";

export interface Binding {
  name: string;
  /** As `KeyboardEvent.key` names them, letters in lower case, `Shift+` before an arrow. */
  keys: readonly string[];
  /** As the button and the help print them. */
  print: string;
  about: string;
  group: "Decide" | "Move" | "Map" | "Help";
}

export const BINDINGS: readonly Binding[] = [
  { name: "accept", keys: ["Enter"], print: "↵", about: "relabel to the suggested label", group: "Decide" },
  { name: "keep", keys: ["k"], print: "K", about: "keep the given label", group: "Decide" },
  {
    name: "label",
    keys: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    print: "0–9",
    about: "choose a class by its number",
    group: "Decide",
  },
  { name: "find-label", keys: ["/"], print: "/", about: "type to find a label", group: "Decide" },
  { name: "ambiguous", keys: ["a"], print: "A", about: "mark as ambiguous", group: "Decide" },
  { name: "undo", keys: ["u"], print: "U", about: "take the last decision back", group: "Decide" },
  { name: "next", keys: ["ArrowRight", "j", "n"], print: "→", about: "next item", group: "Move" },
  { name: "previous", keys: ["ArrowLeft", "p"], print: "←", about: "previous item", group: "Move" },
  { name: "escape", keys: ["Escape"], print: "Esc", about: "leave the lasso, then forget it", group: "Move" },
  { name: "lasso", keys: ["l"], print: "L", about: "choose items with a lasso", group: "Map" },
  { name: "pan-left", keys: ["Shift+ArrowLeft"], print: "⇧ ←", about: "pan left", group: "Map" },
  { name: "pan-right", keys: ["Shift+ArrowRight"], print: "⇧ →", about: "pan right", group: "Map" },
  { name: "pan-up", keys: ["Shift+ArrowUp"], print: "⇧ ↑", about: "pan up", group: "Map" },
  { name: "pan-down", keys: ["Shift+ArrowDown"], print: "⇧ ↓", about: "pan down", group: "Map" },
  { name: "zoom-in", keys: ["+", "="], print: "+", about: "zoom in", group: "Map" },
  { name: "zoom-out", keys: ["-", "_"], print: "−", about: "zoom out", group: "Map" },
  { name: "fit", keys: ["f"], print: "F", about: "show the whole map", group: "Map" },
  { name: "help", keys: ["?"], print: "?", about: "show or hide this help", group: "Help" },
];

const BY_KEY = new Map(BINDINGS.flatMap((binding) => binding.keys.map((k) => [k, binding] as const)));

/** The key of a command, as it is printed on the button. */
export function printed(name: string): string {
  return BINDINGS.find((binding) => binding.name === name)?.print ?? "";
}

/** The binding that a key event stands for. Keys with Ctrl, Alt or Command belong to the browser. */
export function bindingOf(event: KeyboardEvent): Binding | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return BY_KEY.get(event.shiftKey && name.startsWith("Arrow") ? `Shift+${name}` : name);
}

/** Make keys work anywhere inside a widget's root element. */
export function bindKeys(root: HTMLElement, session: Session, signal: AbortSignal): void {
  if (!root.hasAttribute("tabindex")) root.tabIndex = 0;
  root.addEventListener(
    "keydown",
    (event) => {
      // JupyterLab's one-key commands (B adds a cell, D D deletes one) must never be set off from inside a widget,
      // bound here or not; chords with Ctrl, Alt or Command (save, …) stay the host's.
      if (!event.ctrlKey && !event.altKey && !event.metaKey) event.stopPropagation();
      if (isTyping(event)) return;
      const binding = bindingOf(event);
      if (!binding || (pressesTarget(event) && (event.key === "Enter" || event.key === " "))) return;
      if (!run(binding, event, root, session)) return;
      event.preventDefault();
    },
    { signal },
  );
  // A button clicked with the mouse would keep the focus, and Enter would then press it again instead of accepting.
  root.addEventListener(
    "click",
    (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (event.detail > 0 && button && button === document.activeElement)
        root.focus({ preventScroll: true });
    },
    { signal },
  );
}

/** Do what a binding says; whether anything took it. */
function run(binding: Binding, event: KeyboardEvent, root: HTMLElement, session: Session): boolean {
  // A held key may walk the queue, but must not decide about one item after another.
  const walks = /^(next|previous|pan|zoom)/.test(binding.name);
  if (event.repeat && !walks) return true;
  switch (binding.name) {
    case "accept":
      acceptSuggestion(session);
      return true;
    case "keep":
      keep(session);
      return true;
    case "ambiguous":
      mark(session, "ambiguous");
      return true;
    case "undo":
      void session.undo();
      return true;
    case "next":
      session.step(1);
      return true;
    case "previous":
      session.step(-1);
      return true;
    case "label": {
      const code = classOfKey(session.classes, event.key);
      if (code >= 0) relabel(session, session.className(code));
      return code >= 0;
    }
    case "find-label": {
      if (command(binding.name, root, session)) return true;
      const input = root.querySelector<HTMLElement>('[data-dqx="label-input"]');
      input?.focus();
      return input !== null;
    }
    case "escape": {
      if (command(binding.name, root, session)) return true;
      if (session.chosen.length === 0) return false;
      session.choose([]);
      return true;
    }
    default:
      return command(binding.name, root, session);
  }
}

/** Ask the panels around `from`; whether one of them took it. */
export function command(name: string, from: Node, session: Session): boolean {
  const wish = { name, from, taken: false };
  session.emit("command", wish);
  return wish.taken;
}

/** Whether a command given at `from` is meant for a panel at `root`. */
export function isFor(root: Node, from: Node): boolean {
  return root.contains(from) || from.contains(root);
}

/** Whether Enter or Space on the event's target already means pressing it. */
function pressesTarget(event: Event): boolean {
  const target = event.composedPath()[0];
  return (
    target instanceof Element && target.closest("button, a, summary, [role=option], [role=tab]") !== null
  );
}
