/**
 * A notebook keeps a picture of the review as an output of its own, for readers without a kernel. While the widget
 * shows the review itself, the picture is hidden; other reviews' pictures on the page are not.
 */
import type { Session } from "../session/session";

/** Hide the picture of a session's review until `signal` ends, once the kernel has told of the review. */
export function hideSnapshot(root: HTMLElement, session: Session, signal: AbortSignal): void {
  const style = root.ownerDocument.createElement("style");
  style.textContent = `.dqx-snapshot-${session.review} { display: none; }`;
  const hide = (): void => {
    if (session.hello && !style.isConnected) root.ownerDocument.head.append(style);
  };
  session.on("hello", hide, signal);
  signal.addEventListener("abort", () => style.remove(), { once: true });
  hide();
}
