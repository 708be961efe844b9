/** What went wrong or wants to be known, on a panel that stands alone; inside the explorer its own lines say it. */
import "./notice.css";
import type { Session } from "../session/session";
import { h } from "./dom";
import { keepFocus } from "./focus";

/** Put the line at the end of a panel. */
export function placeNotice(root: HTMLElement, session: Session, signal: AbortSignal): void {
  const text = h("span", { class: "dqx-notice-line-text" });
  const line = h("div", { class: "dqx-notice-line", role: "status", hidden: true }, text);
  line.append(
    h("button", {
      class: "dqx-button",
      type: "button",
      text: "Dismiss",
      on: {
        click: () =>
          keepFocus(root, () => {
            line.hidden = true;
          }),
      },
    }),
  );
  root.append(line);
  session.on(
    "notice",
    (notice) => {
      if (root.closest(".dqx-explorer")) return;
      line.hidden = false;
      line.dataset.dqx = "notice";
      line.dataset.kind = notice.kind;
      text.textContent = [notice.text, notice.remedy].filter(Boolean).join(" ");
    },
    signal,
  );
}
