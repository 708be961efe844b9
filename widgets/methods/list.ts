/** All methods by name, with how each one's last run went; each opens its page. */
import "./methods.css";
import { h } from "../core/dom";
import type { Session } from "../core/session";
import { Disconnected } from "../core/transport";
import type { Method } from "../core/types";
import { stateWords } from "./words";

export interface MethodList {
  element: HTMLElement;
  /** Ask for the methods as they stand now. */
  load(): Promise<void>;
}

export function makeMethodList(session: Session, open: (name: string) => void): MethodList {
  const element = h("div", { class: "dqx-methods", data: { dqx: "methods" } });
  let turn = 0;
  return {
    element,
    async load() {
      const mine = ++turn;
      if (!element.firstChild) element.append(h("p", { class: "dqx-muted", text: "Loading the methods …" }));
      try {
        const methods = await session.methods();
        if (mine === turn) element.replaceChildren(h("ul", {}, ...methods.map((each) => row(each, open))));
      } catch (error) {
        if (mine !== turn) return;
        const text =
          error instanceof Disconnected
            ? "No kernel is connected: run the notebook's cell again."
            : `The methods could not be listed: ${(error as Error).message}`;
        element.replaceChildren(h("p", { role: "status", text }));
      }
    },
  };
}

function row(method: Method, open: (name: string) => void): HTMLElement {
  return h(
    "li",
    { data: { state: method.state } },
    h("button", {
      class: "dqx-link dqx-methods-name",
      type: "button",
      text: method.title,
      title: method.about,
      data: { dqx: "method-name", method: method.name },
      on: { click: () => open(method.name) },
    }),
    h("span", { class: "dqx-methods-state", text: stateWords(method) }),
  );
}
