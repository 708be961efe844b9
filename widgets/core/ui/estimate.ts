/** The estimate as every place says it, and who sees it. */

import type { LeftReply } from "../kernel/schema";
import { countOf } from "../kernel/words";
import type { Session } from "../session/session";
import { count } from "./dom";

/** Ask for the estimate while somebody sees this panel, which shows it. */
export function seeEstimate(root: HTMLElement, session: Session, signal: AbortSignal): void {
  let inSight = true;
  const tell = (): void => session.seeEstimate(root, inSight && !document.hidden);
  const observer = globalThis.IntersectionObserver
    ? new IntersectionObserver((entries) => {
        inSight = entries.at(-1)?.isIntersecting ?? inSight;
        tell();
      })
    : null;
  observer?.observe(root);
  document.addEventListener("visibilitychange", tell, { signal });
  signal.addEventListener(
    "abort",
    () => {
      observer?.disconnect();
      session.seeEstimate(root, false);
    },
    { once: true },
  );
  tell();
}

export interface LeftWords {
  /** "about 230 wrong labels left". */
  text: string;
  /** "165 to 1,090"; "" where there is no range. */
  range: string;
}

/** The estimate in few words: the same numbers wherever it is shown; null where there is none. */
export function leftWords(reply: LeftReply | null): LeftWords | null {
  if (!reply || reply.left === null || reply.low === null || reply.high === null) return null;
  const { left, low, high } = reply;
  const text = `about ${countOf(Math.round(left), "wrong label")} left`;
  return { text, range: `${count(low)} to ${count(high)}` };
}
