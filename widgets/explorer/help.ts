/**
 * The help that `?` shows: first the keys of the place that one asks from, the rest folded; what the map's marks mean, and
 * the notebooks of the manual. Nothing waits for it.
 */
import "./help.css";
import type { Session } from "../core/session/session";
import { h, key } from "../core/ui/dom";
import { BINDINGS, isFor, PANEL_KEYS, printed } from "../core/ui/keys";
import { makePane } from "../core/ui/pane";
import { manual } from "./manual";

/** The groups of keys and where each acts. */
const GROUPS = [
  { name: "Decide", where: "on the item" },
  { name: "Reasons", where: "on the item" },
  { name: "Move", where: "along the queue" },
  { name: "Many", where: "on the whole queue" },
  { name: "Tabs", where: "what is to be seen" },
  { name: "Map", where: "wherever the map is to be seen" },
  { name: "Bulk", where: "before many labels change" },
  { name: "Merge", where: "while a merge is open" },
  { name: "History", where: "on a commit of the history" },
  { name: "Help", where: "anywhere" },
] as const;
type Group = (typeof GROUPS)[number]["name"];
/** The groups that come first where the keyboard is inside a panel, or a tab is open; the first that fits. */
const PLACES: readonly { inside: string; tab: string; groups: readonly Group[] }[] = [
  { inside: ".dqx-bulk", tab: "", groups: ["Bulk"] },
  { inside: ".dqx-merge", tab: "", groups: ["Merge"] },
  { inside: ".dqx-history", tab: "history", groups: ["History"] },
  { inside: ".dqx-map", tab: "map", groups: ["Map"] },
  { inside: ".dqx-queue", tab: "", groups: ["Move", "Many"] },
];
const OF_ITEM: readonly Group[] = ["Decide", "Reasons", "Move", "Tabs"];

export function makeHelp(root: HTMLElement, session: Session, signal: AbortSignal): HTMLElement {
  const close = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Close",
    on: { click: () => pane.show(false) },
  });
  close.append(key(printed("escape")));
  const made = GROUPS.map((each) => ({ name: each.name, element: group(each) }));
  const groups = h("div", { class: "dqx-help-groups" });
  const folded = h("div", { class: "dqx-help-groups" });
  const rest = h(
    "details",
    { class: "dqx-help-rest", data: { dqx: "help-rest" } },
    h("summary", { text: "All other keys" }),
    folded,
  );
  const said = h("div", { class: "dqx-help-marks" });
  const further = h("div", { class: "dqx-help-manual" });
  const element = h(
    "section",
    {
      class: "dqx-help",
      role: "dialog",
      tabIndex: -1,
      data: { dqx: "help" },
      aria: { label: "Help" },
    },
    h("div", { class: "dqx-help-head" }, h("strong", { text: "Keys and marks" }), close),
    groups,
    rest,
    h("div", { class: "dqx-strong", text: "Marks" }),
    said,
    further,
  );
  element.hidden = true;

  const pane = makePane(element, {
    root,
    session,
    signal,
    changed(on) {
      if (!on) return;
      // First the keys of the place that one asks from.
      const now = (root.getRootNode() as Document | ShadowRoot).activeElement;
      const place =
        PLACES.find(({ inside }) => now?.closest(inside)) ??
        PLACES.find(({ tab }) => tab !== "" && tab === root.dataset.tab);
      const here = new Set<Group>(place?.groups ?? OF_ITEM);
      const parts = (first: boolean): HTMLElement[] =>
        made.filter(({ name }) => here.has(name) === first).map((each) => each.element);
      groups.replaceChildren(...parts(true));
      folded.replaceChildren(...parts(false));
      rest.open = false;
      // What size means is known only once there are scores.
      said.replaceChildren(...marks(session).map((text) => h("div", { text })));
      // The page's address follows the notebook that is in front.
      further.replaceChildren(manual(root.ownerDocument.location.href));
      element.scrollTop = 0;
    },
  });
  session.on(
    "command",
    (wish) => {
      if (wish.name !== "help" || !isFor(root, wish.from)) return;
      pane.show(!pane.open);
      wish.taken = true;
    },
    signal,
  );
  return element;
}

function group({ name, where }: (typeof GROUPS)[number]): HTMLElement {
  const rows = [
    ...BINDINGS.filter((b) => b.group === name).map((b) => [b.print, b.about] as const),
    ...PANEL_KEYS.filter((b) => b.group === name).map((b) => [b.keys, b.about] as const),
  ];
  return h(
    "section",
    {
      class: "dqx-help-part",
      data: { dqx: "help-group", group: name },
      aria: { label: `${name}, ${where}` },
    },
    h("h4", { class: "dqx-help-title" }, name, h("span", { class: "dqx-muted", text: ` ${where}` })),
    h(
      "dl",
      { class: "dqx-help-group" },
      ...rows.flatMap(([print, about]) => [h("dt", {}, key(print)), h("dd", { text: about })]),
    ),
  );
}

function marks(session: Session): string[] {
  return [
    "Fill: the label now. Ring: the suggested label. Beyond ten classes the shape tells them apart too.",
    session.hello?.calibrated
      ? "Size and presence: how likely the given label is wrong."
      : "Size and presence: the rank. Percentages appear once they are known.",
    "Faded: reviewed. Dotted: decided here and waiting, not saved yet. Edges of the current item: solid agrees, dashed conflicts.",
    "Drag moves the map, the wheel zooms once the explorer has the keyboard, Shift and drag draws a lasso.",
  ];
}
