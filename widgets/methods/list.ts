/** All methods by name, with how each one's last run went; each opens its page. */
import "./methods.css";
import type { Method } from "../core/kernel/schema";
import { Disconnected, LOST } from "../core/kernel/transport";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { stateWords } from "./words";

export interface MethodList {
  element: HTMLElement;
  /** Ask for the methods as they stand now. */
  load(): Promise<void>;
}

export function makeMethodList(
  session: Session,
  open: (name: string) => void,
  signal: AbortSignal,
): MethodList {
  const element = h("div", { class: "dqx-methods", data: { dqx: "methods" } });
  let turn = 0;
  const load = async (): Promise<void> => {
    const mine = ++turn;
    if (!element.firstChild) element.append(h("p", { class: "dqx-muted", text: "Loading the methods …" }));
    try {
      const methods = await session.transport.call("methods");
      if (mine !== turn || signal.aborted) return;
      const focused = focusedIn(element);
      element.replaceChildren(
        ...[behind(session, methods), h("ul", {}, ...methods.map((each) => row(each, open)))].filter(
          (part) => part !== null,
        ),
      );
      if (focused) element.querySelector<HTMLElement>(focused)?.focus({ preventScroll: true });
    } catch (error) {
      if (mine !== turn) return;
      const text =
        error instanceof Disconnected ? LOST : `The methods could not be listed: ${(error as Error).message}`;
      element.replaceChildren(h("p", { role: "status", text }));
    }
  };
  // A run has come to its end, or the scores have followed a decision: what is in sight follows too.
  session.on(
    "scores",
    () => {
      if (element.firstChild && !element.closest("[hidden]")) void load();
    },
    signal,
  );
  session.on(
    "stages",
    () => {
      const again = element.querySelector('[data-dqx="methods-rerun"]');
      if (again) again.textContent = runs(session) ? RUNNING : RUN;
    },
    signal,
  );
  return { element, load };
}

const RUN = "Run again";
const RUNNING = "Running …";

/** Whether the pipeline is at work, so that a new run has begun already. */
function runs(session: Session): boolean {
  return session.stages.some((stage) => stage.state === "running");
}

/** How to find again what has the focus, once the list is made anew; "" if nothing of it has. */
function focusedIn(element: HTMLElement): string {
  const { activeElement } = element.getRootNode() as Document | ShadowRoot;
  if (!(activeElement instanceof HTMLElement) || !element.contains(activeElement)) return "";
  const { method, dqx } = activeElement.dataset;
  return method ? `[data-method="${CSS.escape(method)}"]` : `[data-dqx="${CSS.escape(dqx ?? "")}"]`;
}

/** The one offer for all methods that only a new run brings up to the labels; null where there is none. */
function behind(session: Session, methods: readonly Method[]): HTMLElement | null {
  const old = methods.filter((each) => each.state === "stale");
  const [first] = old;
  if (!first) return null;
  const stand = old.length === 1 ? "1 method stands" : `${old.length} methods stand`;
  const again = h("button", {
    class: "dqx-button",
    type: "button",
    title: "Run the methods on the labels as they are now; the embedding comes from the cache",
    data: { dqx: "methods-rerun" },
    on: {
      click: () => {
        // Not disabled: the keyboard would lose its place.
        if (runs(session)) return;
        again.textContent = RUNNING;
        session.rerun("");
      },
    },
  });
  again.textContent = runs(session) ? RUNNING : RUN;
  return h(
    "div",
    { class: "dqx-methods-behind", data: { dqx: "methods-behind" } },
    h("span", { text: `${stand} ${stateWords(first)}.` }),
    again,
  );
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
