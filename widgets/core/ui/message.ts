/** What the newest action did, and how to take it back: one line in one place, until the next action; spoken.ts says it. */
import "./message.css";
import type { Session } from "../session/session";
import { h } from "./dom";

export function makeMessage(session: Session, signal: AbortSignal): HTMLElement {
  const element = h("div", {
    class: "dqx-said",
    data: { dqx: "said" },
  });
  session.on(
    "said",
    (text) => {
      element.textContent = text;
      element.title = text;
    },
    signal,
  );
  return element;
}
