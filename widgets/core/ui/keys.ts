/**
 * The keyboard: one table, read by the handler, by the help overlay and by the buttons that print their key.
 *
 * What a session can do is done here; what only a panel can do (draw a lasso, pan, show help) goes out as the topic
 * `command` and is taken by the panels that hold, or are held by, the element where the key was pressed.
 */
import { REASONS } from "../kernel/schema";
import {
  acceptSuggestion,
  classOfKey,
  keep,
  keepTheirs,
  mark,
  nextConflict,
  relabel,
  toggleReason,
  useMine,
} from "../session/actions";
import type { Session } from "../session/session";
import { isTyping } from "./dom";
import { fence } from "./fence";
import { hasKeyboard, showKeyboard } from "./keyboard";

export interface Binding {
  name: string;
  /** As `KeyboardEvent.key` names them, letters in lower case, `Shift+` before an arrow or a letter. */
  keys: readonly string[];
  /** As the button and the help print them. */
  print: string;
  about: string;
  group: "Decide" | "Reasons" | "Many" | "Move" | "Map" | "Help";
}

/** The letter of each reason: alone it marks the item, with Shift it goes with the next decision on the item. */
const LETTERS: Record<(typeof REASONS)[number], string> = {
  wrong: "w",
  ambiguous: "a",
  "guideline unclear": "g",
  "several fit": "s",
  "none fits": "x",
  duplicate: "d",
};
const REASON_OF_KEY = new Map(REASONS.map((reason) => [LETTERS[reason], reason] as const));

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
  { name: "undo", keys: ["u"], print: "U", about: "take the last decision back", group: "Decide" },
  {
    name: "theirs",
    keys: ["t"],
    print: "T",
    about: "in a conflict on the card: let the other's stand",
    group: "Decide",
  },
  {
    name: "mine",
    keys: ["m"],
    print: "M",
    about: "in a conflict on the card: use yours after all",
    group: "Decide",
  },
  ...REASONS.map((reason) => ({
    name: reason,
    keys: [LETTERS[reason]],
    print: LETTERS[reason].toUpperCase(),
    about: `mark as ${reason}`,
    group: "Reasons" as const,
  })),
  {
    name: "reason",
    keys: REASONS.map((reason) => `Shift+${LETTERS[reason]}`),
    print: "⇧ W",
    about: "with Shift, a reason goes with the next decision on the item",
    group: "Reasons",
  },
  {
    name: "accept-all",
    keys: ["b"],
    print: "B",
    about: "accept the suggestions of the whole queue; says first what changes",
    group: "Many",
  },
  {
    name: "relabel-all",
    keys: ["r"],
    print: "R",
    about: "give the whole queue one label; says first what changes",
    group: "Many",
  },
  { name: "next", keys: ["ArrowRight", "j", "n"], print: "→", about: "next item", group: "Move" },
  { name: "previous", keys: ["ArrowLeft", "p"], print: "←", about: "previous item", group: "Move" },
  { name: "conflict", keys: ["c"], print: "C", about: "next open conflict", group: "Move" },
  { name: "escape", keys: ["Escape"], print: "Esc", about: "leave the lasso, then forget it", group: "Move" },
  {
    name: "relations",
    keys: ["v"],
    print: "V",
    about: "neighbours, or their relation map",
    group: "Map",
  },
  { name: "lasso", keys: ["l"], print: "L", about: "choose items with a lasso", group: "Map" },
  { name: "pan-left", keys: ["Shift+ArrowLeft"], print: "⇧ ←", about: "pan left", group: "Map" },
  { name: "pan-right", keys: ["Shift+ArrowRight"], print: "⇧ →", about: "pan right", group: "Map" },
  { name: "pan-up", keys: ["Shift+ArrowUp"], print: "⇧ ↑", about: "pan up", group: "Map" },
  { name: "pan-down", keys: ["Shift+ArrowDown"], print: "⇧ ↓", about: "pan down", group: "Map" },
  { name: "zoom-in", keys: ["+", "="], print: "+", about: "zoom in", group: "Map" },
  { name: "zoom-out", keys: ["-", "_"], print: "−", about: "zoom out", group: "Map" },
  { name: "fit", keys: ["f"], print: "F", about: "show the whole map", group: "Map" },
  {
    name: "helped",
    keys: ["h"],
    print: "H",
    about: "did it help: a model before and after the corrections",
    group: "Help",
  },
  { name: "help", keys: ["?"], print: "?", about: "show or hide this help", group: "Help" },
];

/** Keys that a panel takes itself while it has the keyboard, before the table above: for its handler and the help. */
export const PANEL_KEYS = [
  { name: "ours", pressed: ["o"], keys: "O", about: "ours: what this branch says stands", group: "Merge" },
  {
    name: "theirs",
    pressed: ["t"],
    keys: "T",
    about: "theirs: take what the other branch says",
    group: "Merge",
  },
  {
    name: "label",
    pressed: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    keys: "0–9",
    about: "take another label, by its number",
    group: "Merge",
  },
  {
    name: "find-label",
    pressed: ["/"],
    keys: "/",
    about: "take another label, by typing its name",
    group: "Merge",
  },
  {
    name: "walk",
    pressed: ["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"],
    keys: "← →",
    about: "previous or next conflict",
    group: "Merge",
  },
  {
    name: "unresolve",
    pressed: ["u"],
    keys: "U",
    about: "take the choice for this conflict back",
    group: "Merge",
  },
  {
    name: "merge",
    pressed: ["m", "Enter"],
    keys: "M",
    about: "merge, once every conflict is resolved (↵ too)",
    group: "Merge",
  },
  {
    name: "close",
    pressed: ["Escape"],
    keys: "Esc",
    about: "close the merge; what was chosen is kept",
    group: "Merge",
  },
  {
    name: "revert",
    pressed: ["r"],
    keys: "R",
    about: "revert the commit, or those that are ticked",
    group: "History",
  },
  { name: "tag", pressed: ["t"], keys: "T", about: "give this version a name", group: "History" },
  { name: "compare", pressed: ["c"], keys: "C", about: "compare this version with now", group: "History" },
  { name: "branch", pressed: ["b"], keys: "B", about: "begin a branch at this version", group: "History" },
  {
    name: "tick",
    pressed: [" "],
    keys: "Space",
    about: "tick the commit, to revert several together",
    group: "History",
  },
  { name: "go", pressed: ["Enter"], keys: "↵", about: "in its dialog: do what it says", group: "Bulk" },
  { name: "accept", pressed: ["b"], keys: "B", about: "accept the suggestions", group: "Bulk" },
  { name: "relabel", pressed: ["r"], keys: "R", about: "one label for all", group: "Bulk" },
  { name: "keep", pressed: ["k"], keys: "K", about: "keep the given labels", group: "Bulk" },
  { name: "leave_out", pressed: ["o"], keys: "O", about: "leave them out of the dataset", group: "Bulk" },
  {
    name: "label",
    pressed: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    keys: "0–9",
    about: "choose that label by its number",
    group: "Bulk",
  },
  { name: "find-label", pressed: ["/"], keys: "/", about: "choose it by typing its name", group: "Bulk" },
  {
    name: "decided",
    pressed: ["i"],
    keys: "I",
    about: "also those that somebody had decided",
    group: "Bulk",
  },
] as const satisfies readonly {
  name: string;
  /** As `KeyboardEvent.key` names them, letters in lower case. */
  pressed: readonly string[];
  /** As the help prints them. */
  keys: string;
  about: string;
  group: "Merge" | "History" | "Bulk";
}[];

type PanelKey = (typeof PANEL_KEYS)[number];
type PanelKeyNames = { [G in PanelKey["group"]]: Extract<PanelKey, { group: G }>["name"] };

/** What a key means inside a panel with keys of its own. */
export function panelKey<G extends keyof PanelKeyNames>(
  group: G,
  pressed: string,
): PanelKeyNames[G] | undefined {
  const keys: readonly { group: string; pressed: readonly string[]; name: string }[] = PANEL_KEYS;
  const found = keys.find((each) => each.group === group && each.pressed.includes(pressed));
  return found?.name as PanelKeyNames[G] | undefined;
}

const BY_KEY = new Map(BINDINGS.flatMap((binding) => binding.keys.map((k) => [k, binding] as const)));

/** The key of a command, as it is printed on the button. */
export function printed(name: string): string {
  return BINDINGS.find((binding) => binding.name === name)?.print ?? "";
}

/** The binding that a key event stands for. Keys with Ctrl, Alt or Command belong to the browser. */
export function bindingOf(event: KeyboardEvent): Binding | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return (event.shiftKey ? BY_KEY.get(`Shift+${name}`) : undefined) ?? BY_KEY.get(name);
}

/** Make keys work anywhere inside a widget's root element, keep them there, and show when they work. */
export function bindKeys(root: HTMLElement, session: Session, signal: AbortSignal): void {
  if (!root.hasAttribute("tabindex")) root.tabIndex = 0;
  fence(root, signal);
  showKeyboard(root, signal);
  root.addEventListener(
    "keydown",
    (event) => {
      if (isTyping(event)) return;
      const binding = bindingOf(event);
      if (!binding || (pressesTarget(event) && (event.key === "Enter" || event.key === " "))) return;
      if (!divert(binding, root) && !run(binding, event, root, session)) return;
      event.preventDefault();
    },
    { signal },
  );
  // A button clicked with the mouse would keep the focus, and Enter would then press it again instead of accepting.
  root.addEventListener(
    "click",
    (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (event.detail > 0 && button && hasKeyboard(button)) root.focus({ preventScroll: true });
    },
    { signal },
  );
}

/**
 * Whether something lies over the card that decides by keys of its own (the merge view): a decision pressed beside it
 * would be about an item whose card nobody sees, so it only gives the keyboard to what lies there.
 */
function divert(binding: Binding, root: HTMLElement): boolean {
  if (binding.group !== "Decide" && binding.group !== "Reasons") return false;
  const cover = root.querySelector<HTMLElement>("[data-dqx-cover]");
  cover?.focus({ preventScroll: true });
  return cover !== null;
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
    case "reason": {
      const reason = REASON_OF_KEY.get(event.key.toLowerCase()) ?? "";
      return hasReason(session, reason) && toggleReason(session, reason);
    }
    case "theirs":
      return keepTheirs(session);
    case "mine":
      return useMine(session);
    case "conflict":
      return nextConflict(session);
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
      if (binding.group !== "Reasons") return command(binding.name, root, session);
      if (hasReason(session, binding.name)) mark(session, binding.name);
      return true;
  }
}

/** Whether the kernel takes this reason. */
function hasReason(session: Session, reason: string): boolean {
  return session.hello?.reasons.includes(reason) ?? false;
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
