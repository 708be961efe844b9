/** The help that `?` shows: every key from the one table, and what the map's encodings mean. Nothing waits for it. */
import { h, key } from "../core/dom";
import { BINDINGS, isFor } from "../core/keys";
import type { Session } from "../core/session";

const GROUPS = ["Decide", "Reasons", "Move", "Map", "Help"] as const;

export function makeHelp(root: HTMLElement, session: Session, signal: AbortSignal): HTMLElement {
  const close = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Close",
    on: { click: () => show(false) },
  });
  close.append(key("?"));
  const element = h(
    "section",
    {
      class: "dqx-help",
      role: "dialog",
      tabIndex: -1,
      data: { dqx: "help" },
      aria: { label: "Keys and marks" },
    },
    h("div", { class: "dqx-help-head" }, h("span", { class: "dqx-strong", text: "Keys" }), close),
    h("div", { class: "dqx-help-groups" }, ...GROUPS.map(group)),
    h("div", { class: "dqx-strong", text: "Marks" }),
    h("div", { class: "dqx-help-marks" }, ...marks(session).map((text) => h("div", { text }))),
  );
  element.hidden = true;

  const show = (on: boolean): void => {
    element.hidden = !on;
    if (on) element.focus({ preventScroll: true });
    else root.focus({ preventScroll: true });
  };
  session.on(
    "command",
    (wish) => {
      if (!isFor(root, wish.from)) return;
      if (wish.name === "help") show(element.hidden === true);
      else if (wish.name === "escape" && !element.hidden) show(false);
      else return;
      wish.taken = true;
    },
    signal,
  );
  return element;
}

function group(name: (typeof GROUPS)[number]): HTMLElement {
  return h(
    "dl",
    { class: "dqx-help-group" },
    ...BINDINGS.filter((b) => b.group === name).flatMap((b) => [
      h("dt", {}, key(b.print)),
      h("dd", { text: b.about }),
    ]),
  );
}

function marks(session: Session): string[] {
  return [
    "Fill: the label now. Ring: the suggested label. Beyond ten classes the shape tells them apart too.",
    session.hello?.calibrated
      ? "Size and presence: p_error, the calibrated probability that the given label is wrong."
      : "Size and presence: the rank. Percentages appear once p_error is calibrated.",
    "Faded: reviewed. Edges of the current item: solid agrees, dashed conflicts.",
    "Drag moves the map, the wheel zooms once the widget has the focus, Shift and drag draws a lasso.",
  ];
}
