/** A pane with what every pane has: a name, a button that opens and closes it, and one inside that closes it. */
import { h, key } from "./dom";
import { printed } from "./keys";
import { makePane, type Pane, type PaneOptions } from "./pane";

export interface DialogOptions extends Omit<PaneOptions, "opener"> {
  /** Its class and its name among the hooks that tests rely on. */
  class: string;
  hook: string;
  /** What a screen reader calls it. */
  label: string;
  /** Classes of the button that closes it, besides the usual one. */
  closeClass?: string;
  closeHook: string;
  /** Name of the opener among the hooks. */
  openerHook: string;
}

export interface Dialog {
  element: HTMLElement;
  opener: HTMLButtonElement;
  close: HTMLButtonElement;
  pane: Pane;
}

/** Make a pane, hidden and empty: the caller fills it, puts `close` into it, and places both it and its opener. */
export function makeDialog(options: DialogOptions): Dialog {
  const opener = h("button", {
    class: "dqx-button",
    type: "button",
    data: { dqx: options.openerHook },
    aria: { expanded: "false", haspopup: "dialog" },
    on: { click: () => pane.show(!pane.open) },
  });
  const close = h(
    "button",
    {
      class: `dqx-button ${options.closeClass ?? ""}`.trim(),
      type: "button",
      data: { dqx: options.closeHook },
      on: { click: () => pane.show(false) },
    },
    "Close",
    key(printed("escape")),
  );
  const element = h("section", {
    class: options.class,
    role: "dialog",
    tabIndex: -1,
    hidden: true,
    data: { dqx: options.hook },
    aria: { label: options.label },
  });
  const pane = makePane(element, { ...options, opener });
  return { element, opener, close, pane };
}
