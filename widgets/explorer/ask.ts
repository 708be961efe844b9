/** The line under the head while hardly anything is known of the share of wrong labels: in words, and one button. */
import "./ask.css";
import { checkRandom } from "../core/session/randomCheck";
import type { Session } from "../core/session/session";
import { setText } from "../core/ui/change";
import { count, h } from "../core/ui/dom";

/** Make the line; it is there where the range is wide, until enough random labels are decided on. */
export function makeAsk(session: Session, signal: AbortSignal): HTMLElement {
  const words = h("span", { data: { dqx: "ask-words" } });
  const go = h("button", {
    class: "dqx-button",
    type: "button",
    title: "Queue labels drawn at random: decide on each, and all probabilities follow",
    data: { dqx: "ask-go" },
    on: { click: () => void checkRandom(session, signal, session.left?.missing) },
  });
  const element = h(
    "div",
    { class: "dqx-ask", role: "status", hidden: true, data: { dqx: "ask" } },
    words,
    go,
  );
  const fill = (): void => {
    const { left, leftError } = session;
    const ask = leftError ? "" : (left?.ask ?? "");
    element.hidden = ask === "";
    setText(words, ask);
    if (left && ask) setText(go, `Answer ${count(left.missing)}`);
  };
  session.on("left", fill, signal);
  fill();
  return element;
}
