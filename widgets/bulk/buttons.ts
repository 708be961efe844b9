/** "Accept 19…" and "Relabel 19…": over what the queue offers now. */
import type { Session } from "../core/session/session";
import { count, h, key } from "../core/ui/dom";
import { command, printed } from "../core/ui/keys";

/** Make the buttons; they are away while the queue is empty. */
export function makeBulkButtons(session: Session, signal: AbortSignal): HTMLElement {
  const button = (name: string, title: string): [HTMLButtonElement, HTMLElement] => {
    const text = h("span");
    const made: HTMLButtonElement = h(
      "button",
      {
        class: "dqx-button",
        type: "button",
        title,
        data: { dqx: name },
        aria: { haspopup: "dialog" },
        on: { click: () => void command(name, made, session) },
      },
      text,
      key(printed(name)),
    );
    return [made, text];
  };
  const [accept, acceptText] = button("accept-all", "Accept the suggested label of every item in the queue");
  const [relabel, relabelText] = button("relabel-all", "Give every item in the queue one label");
  const element = h("span", { class: "dqx-bulk-buttons" }, accept, relabel);
  const fill = (): void => {
    const n = session.passing;
    element.hidden = !session.scores || n === 0;
    acceptText.textContent = `Accept ${count(n)}…`;
    relabelText.textContent = `Relabel ${count(n)}…`;
  };
  session.on("queue", fill, signal);
  session.on("scores", fill, signal);
  session.on("hello", fill, signal);
  fill();
  return element;
}
