/**
 * The help that `?` shows: every key from the one table, what the map's encodings mean, the notebooks of the manual, and
 * every method with how it ran and its page. Nothing waits for it.
 */

import type { Session } from "../core/session/session";
import { h, key } from "../core/ui/dom";
import { BINDINGS, command, isFor, PANEL_KEYS, printed } from "../core/ui/keys";
import { makePane } from "../core/ui/pane";
import { makeMethodList } from "../methods/list";
import { makeMethodPage } from "../methods/page";
import { manual } from "./manual";

/** The groups of keys and where each acts; `inside` finds the panel whose keys they are, if only one has them. */
const GROUPS = [
  { name: "Decide", where: "on the card" },
  { name: "Reasons", where: "on the card" },
  { name: "Many", where: "on the whole queue" },
  { name: "Bulk", where: "before many labels change", inside: ".dqx-bulk" },
  { name: "Move", where: "outside a merge and a commit" },
  { name: "Map", where: "outside a merge" },
  { name: "Merge", where: "while a merge is open", inside: ".dqx-merge" },
  { name: "History", where: "on a commit of the history", inside: ".dqx-history" },
  { name: "Help", where: "anywhere" },
] as const;

export function makeHelp(root: HTMLElement, session: Session, signal: AbortSignal): HTMLElement {
  const close = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Close",
    on: { click: () => pane.show(false) },
  });
  close.append(key(printed("escape")));
  const made = GROUPS.map((each) => ({ inside: "inside" in each ? each.inside : "", element: group(each) }));
  const groups = h("div", { class: "dqx-help-groups" });
  const said = h("div", { class: "dqx-help-marks" });
  const further = h("div", { class: "dqx-help-manual" });
  const keys = h("div", {}, groups, h("div", { class: "dqx-strong", text: "Marks" }), said, further);
  const list = makeMethodList(session, (name) => void page.open(name), signal);
  const page = makeMethodPage(session, {
    closing: "All methods",
    shown(open) {
      list.element.hidden = open;
    },
    back: (name) => list.element.querySelector<HTMLElement>(`[data-method="${CSS.escape(name)}"]`) ?? element,
  });
  const methods = h("div", {}, list.element, page.element);
  const view = (which: "keys" | "methods"): void => {
    page.close();
    keys.hidden = which !== "keys";
    methods.hidden = which !== "methods";
    toKeys.setAttribute("aria-pressed", String(which === "keys"));
    toMethods.setAttribute("aria-pressed", String(which === "methods"));
    if (which === "methods") void list.load();
  };
  const toKeys = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Keys and marks",
    data: { dqx: "help-keys" },
    on: { click: () => view("keys") },
  });
  const toMethods = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Methods",
    title: "All methods, with how their last run went",
    data: { dqx: "help-methods" },
    on: { click: () => view("methods") },
  });
  const toHelped = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Did it help?",
    title: "Compare a model taught on the given labels with one taught on the corrected ones",
    data: { dqx: "help-helped" },
    on: {
      click: () => {
        pane.show(false);
        command("helped", root, session);
      },
    },
  });
  toHelped.append(key(printed("helped")));
  const element = h(
    "section",
    {
      class: "dqx-help",
      role: "dialog",
      tabIndex: -1,
      data: { dqx: "help" },
      aria: { label: "Help" },
    },
    h(
      "div",
      { class: "dqx-help-head" },
      h("span", { class: "dqx-help-views" }, toKeys, toMethods, toHelped),
      close,
    ),
    keys,
    methods,
  );
  element.hidden = true;
  view("keys");

  const pane = makePane(element, {
    root,
    session,
    signal,
    changed(on) {
      if (!on) return;
      // First the keys of the place that one asks from.
      const now = (root.getRootNode() as Document | ShadowRoot).activeElement;
      const here = made.filter(({ inside }) => inside !== "" && now?.closest(inside));
      groups.replaceChildren(...[...new Set([...here, ...made])].map((each) => each.element));
      // What size means is known only once there are scores.
      said.replaceChildren(...marks(session).map((text) => h("div", { text })));
      // The page's address follows the notebook that is in front.
      further.replaceChildren(manual(root.ownerDocument.location.href));
      view("keys");
      element.scrollTop = 0;
    },
  });
  session.on(
    "command",
    (wish) => {
      if (!isFor(root, wish.from)) return;
      if (wish.name === "help") pane.show(!pane.open);
      else if (wish.name === "methods") {
        pane.show(true);
        view("methods");
      } else return;
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
      ? "Size and presence: p_error, the calibrated probability that the given label is wrong."
      : "Size and presence: the rank. Percentages appear once p_error is calibrated.",
    "Faded: reviewed. Dotted: decided here and waiting, not saved yet. Edges of the current item: solid agrees, dashed conflicts.",
    "Drag moves the map, the wheel zooms once the widget has the focus, Shift and drag draws a lasso.",
  ];
}
