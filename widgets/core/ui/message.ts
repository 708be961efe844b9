/** What the newest action did, and how to take it back: one line in one place, until the next action; spoken.ts says it. */
import "./message.css";
import type { Session } from "../session/session";
import { setAttribute, setText } from "./change";
import { h } from "./dom";

export function makeMessage(session: Session, signal: AbortSignal): HTMLElement {
  const element = h("div", {
    class: "dqx-said",
    data: { dqx: "said" },
  });
  session.on(
    "said",
    (text) => {
      setText(element, text);
      setAttribute(element, "title", text);
    },
    signal,
  );
  return element;
}
