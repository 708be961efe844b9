/**
 * The keyboard: one table, read by the handler, by the help and by the buttons that print their key. A key means one thing
 * everywhere on the desk; what a panel with keys of its own adds to it stands in `PANEL_KEYS`.
 */
import { REASONS } from "../kernel/schema";

export { command, isFor } from "./command";

export interface Binding {
  name: string;
  /** As `KeyboardEvent.key` names them, letters in lower case; before them `Shift+`, or `Ctrl+` (Command is the same). */
  keys: readonly string[];
  /** As the button and the help print them. */
  print: string;
  about: string;
  group: "Decide" | "Reasons" | "Many" | "Move" | "Tabs" | "Map" | "Help";
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
/** The reason that a letter stands for. */
export const REASON_OF_KEY: ReadonlyMap<string, (typeof REASONS)[number]> = new Map(
  REASONS.map((reason) => [LETTERS[reason], reason] as const),
);

export const BINDINGS: readonly Binding[] = [
  { name: "accept", keys: ["Enter"], print: "↵", about: "change to the suggested label", group: "Decide" },
  { name: "keep", keys: ["k"], print: "K", about: "keep the given label", group: "Decide" },
  {
    name: "label",
    keys: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    print: "0–9",
    about: "choose a class by its number",
    group: "Decide",
  },
  { name: "find-label", keys: ["/"], print: "/", about: "type to find a label", group: "Decide" },
  { name: "leave-out", keys: ["o"], print: "O", about: "leave the item out of the dataset", group: "Decide" },
  {
    name: "keep-one",
    keys: ["Shift+k"],
    print: "⇧ K",
    about: "of copies: keep this one, leave out the others",
    group: "Decide",
  },
  {
    name: "label-copies",
    keys: ["Shift+Enter"],
    print: "⇧ ↵",
    about: "of copies: give all of them the label that most have",
    group: "Decide",
  },
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
    keys: ["y"],
    print: "Y",
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
  {
    name: "pick-all",
    keys: ["Ctrl+a"],
    print: "Ctrl A",
    about: "pick every item of the queue: what is done to many is done to these",
    group: "Many",
  },
  { name: "search", keys: ["q"], print: "Q", about: "find a text, an id or a row", group: "Move" },
  {
    name: "grow",
    keys: ["e"],
    print: "E",
    about: "grow the selection: pick what hangs together with it; again: more",
    group: "Many",
  },
  { name: "next", keys: ["ArrowRight", "j", "n"], print: "→", about: "next item", group: "Move" },
  { name: "previous", keys: ["ArrowLeft"], print: "←", about: "previous item", group: "Move" },
  { name: "page-next", keys: [" "], print: "Space", about: "next page of a long text", group: "Move" },
  { name: "page-back", keys: ["Shift+ "], print: "⇧ Space", about: "page before", group: "Move" },
  { name: "conflict", keys: ["c"], print: "C", about: "next open conflict", group: "Move" },
  {
    name: "escape",
    keys: ["Escape"],
    print: "Esc",
    about: "back: close what is open, leave the lasso, then forget it",
    group: "Move",
  },
  { name: "item", keys: ["i"], print: "I", about: "the item", group: "Tabs" },
  { name: "map", keys: ["m"], print: "M", about: "the map of all items", group: "Tabs" },
  {
    name: "neighbours",
    keys: ["v"],
    print: "V",
    about: "the item's neighbours; again: their relation map, and back",
    group: "Tabs",
  },
  { name: "charts", keys: ["p"], print: "P", about: "label pairs: which is taken for which", group: "Tabs" },
  { name: "history", keys: ["h"], print: "H", about: "history: who changed what, and when", group: "Tabs" },
  { name: "full-screen", keys: ["z"], print: "Z", about: "full screen (or taller), and back", group: "Tabs" },
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
    pressed: ["Enter"],
    keys: "↵",
    about: "merge, once every conflict is resolved",
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
    pressed: ["Shift+r"],
    keys: "⇧ R",
    about: "revert the commit, or those that are ticked",
    group: "History",
  },
  { name: "tag", pressed: ["Shift+t"], keys: "⇧ T", about: "give this version a name", group: "History" },
  {
    name: "compare",
    pressed: ["Shift+c"],
    keys: "⇧ C",
    about: "compare this version with now",
    group: "History",
  },
  {
    name: "branch",
    pressed: ["Shift+b"],
    keys: "⇧ B",
    about: "begin a branch at this version",
    group: "History",
  },
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
  /** As `KeyboardEvent.key` names them, letters in lower case, `Shift+` before those that need it. */
  pressed: readonly string[];
  /** As the help prints them. */
  keys: string;
  about: string;
  group: "Merge" | "History" | "Bulk";
}[];

type PanelKey = (typeof PANEL_KEYS)[number];
/** Names of the keys of each panel that has keys of its own. */
export type PanelKeyNames = { [G in PanelKey["group"]]: Extract<PanelKey, { group: G }>["name"] };

/** What a key means inside a panel with keys of its own. */
export function panelKey<G extends keyof PanelKeyNames>(
  group: G,
  pressed: string,
): PanelKeyNames[G] | undefined {
  const keys: readonly { group: string; pressed: readonly string[]; name: string }[] = PANEL_KEYS;
  const found = keys.find((each) => each.group === group && each.pressed.includes(pressed));
  return found?.name as PanelKeyNames[G] | undefined;
}

/** A panel's own key, as it is printed on the button. */
export function printedIn<G extends keyof PanelKeyNames>(group: G, name: PanelKeyNames[G]): string {
  return PANEL_KEYS.find((each) => each.group === group && each.name === name)?.keys ?? "";
}

const BY_KEY = new Map(BINDINGS.flatMap((binding) => binding.keys.map((k) => [k, binding] as const)));

/** The key of a command, as it is printed on the button. */
export function printed(name: string): string {
  return BINDINGS.find((binding) => binding.name === name)?.print ?? "";
}

/** The binding that a key event stands for. Keys with Alt belong to the browser, and so do those with Ctrl or Command but few. */
export function bindingOf(event: KeyboardEvent): Binding | undefined {
  if (event.altKey) return undefined;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return event.shiftKey ? undefined : BY_KEY.get(`Ctrl+${name}`);
  return (event.shiftKey ? BY_KEY.get(`Shift+${name}`) : undefined) ?? BY_KEY.get(name);
}
