/**
 * The line under the head while hardly anything is known of the share of wrong labels: in words, and one button. While
 * the random checks are answered it counts them; once they are enough it says what they have told.
 */
import "./ask.css";
import type { LeftReply } from "../core/kernel/schema";
import { goToNextScope, nextScopeWords } from "../core/session/nextScope";
import { checkRandom } from "../core/session/randomCheck";
import type { Session } from "../core/session/session";
import { setText } from "../core/ui/change";
import { count, h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";

/** Checks that are under way: how many were answered before, and those that are asked about. */
interface Round {
  /** When their sample began. */
  since: string;
  before: number;
  items: readonly number[];
}

/** Make the line; it is there where the range is wide, until enough random labels are decided on. */
export function makeAsk(root: HTMLElement, session: Session, signal: AbortSignal): HTMLElement {
  const bar = h("progress", { max: 1, aria: { label: "Random checks answered" } });
  const far = h("strong", { data: { dqx: "ask-far" } });
  const progress = h("span", { class: "dqx-ask-progress", hidden: true }, bar, far);
  const between = h("span", { class: "dqx-ask-between", data: { dqx: "ask-between" } });
  // What the checks have told is read out, once; what follows each estimate is not.
  const words = h("span", { data: { dqx: "ask-words" } });
  const go = h("button", {
    class: "dqx-button",
    type: "button",
    title:
      "Queue labels drawn at random, suspects more often than others: decide on each, and all probabilities follow",
    data: { dqx: "ask-go" },
    on: { click: () => void begin() },
  });
  const close = h("button", {
    class: "dqx-button",
    type: "button",
    text: "✕",
    title: "Close this and go on",
    data: { dqx: "ask-close" },
    aria: { label: "Close" },
    on: {
      click: () => {
        round = null;
        keepFocus(root, fill);
      },
    },
  });
  const next = h("button", {
    class: "dqx-button",
    type: "button",
    hidden: true,
    data: { dqx: "ask-onward" },
    on: {
      click: () => {
        round = null;
        goToNextScope(session);
        keepFocus(root, fill);
      },
    },
  });
  const element = h(
    "div",
    { class: "dqx-ask", hidden: true, data: { dqx: "ask" } },
    progress,
    between,
    words,
    go,
    next,
    close,
  );
  let round: Round | null = null;

  const begin = async (): Promise<void> => {
    const { draws: before = 0, since = "", missing } = session.left ?? {};
    if ((await checkRandom(session, signal, missing)) === 0) return;
    round = { since, before, items: [...(session.filter.items ?? [])] };
    // What comes now is to decide, and on the button Enter would draw more.
    keepFocus(root, fill);
  };

  const fill = (): void => {
    const left = session.leftError ? null : session.left;
    if (left && round && round.since !== left.since) round = null;
    // Somebody who has begun, here or in another page, sees how far it is.
    if (left?.ask && left.draws > 0) round ??= { since: left.since, before: left.draws, items: [] };
    const answered = left ? answers(session, left, round) : 0;
    const under = left !== null && left.draws < left.enough;
    const asks = under && (left.ask !== "" || round !== null);
    const going = asks && answered > 0;
    const known = left !== null && !under && round !== null ? left.known : "";
    progress.hidden = !going && known === "";
    if (left) {
      bar.value = Math.min(1, answered / left.enough);
      const n = Math.min(answered, left.enough);
      setText(far, known ? "" : `${count(n)} of ${count(left.enough)} answered`);
    }
    bar.hidden = known !== "";
    setText(between, going ? (left?.between ?? "") : "");
    if (known) words.setAttribute("role", "status");
    else words.removeAttribute("role");
    setText(words, known || (asks && !going ? (left?.ask ?? "") : ""));
    setText(go, `Answer ${count(Math.max(0, (left?.enough ?? 0) - answered))}${answered > 0 ? " more" : ""}`);
    go.hidden = !asks || isAsking(session);
    close.hidden = known === "";
    setText(next, known ? nextScopeWords(session) : "");
    next.hidden = next.textContent === "";
    element.toggleAttribute("data-known", known !== "");
    element.hidden = !asks && known === "";
  };
  for (const topic of ["left", "filter", "labels", "queue", "scopes"] as const)
    session.on(topic, fill, signal);
  fill();
  return element;
}

/** How many are answered: what the page has seen decided counts at once, and not when the estimate comes. */
function answers(session: Session, left: LeftReply, round: Round | null): number {
  if (round === null) return left.draws;
  let here = round.before;
  for (const item of round.items) if (ANSWERS.has(session.stateOf(item))) here++;
  return Math.max(here, left.draws);
}

const ANSWERS: ReadonlySet<string> = new Set(["kept", "relabelled"]);

/** Whether the queue holds random checks that are open: no button need lead to them. */
function isAsking(session: Session): boolean {
  const { items } = session.filter;
  if (items === null) return false;
  for (const item of items) if (session.isRandom(item) && !session.isReviewed(item)) return true;
  return false;
}
