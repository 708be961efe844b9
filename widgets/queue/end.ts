/**
 * The end of a queue, said once above the item: what was done here, how many wrong labels are left, and the ways on. It
 * takes no key and covers nothing: whoever wants to goes on.
 */
import "./end.css";
import { goToNextScope, nextScopeWords } from "../core/session/nextScope";
import { checkRandom } from "../core/session/randomCheck";
import type { Session } from "../core/session/session";
import { command } from "../core/ui/command";
import { count, h } from "../core/ui/dom";
import { leftWords } from "../core/ui/estimate";
import { keepFocus } from "../core/ui/focus";
import { shownAbove } from "./line";

/** All is decided on; or what is left lies beyond the stop rule; or neither. */
type End = "done" | "rule" | "";

/** Make the line, hidden until the queue has come to its end; and while that is `told` elsewhere. */
export function makeEnd(
  root: HTMLElement,
  session: Session,
  signal: AbortSignal,
  told: () => boolean = () => false,
): HTMLElement {
  const words = h("span", { class: "dqx-end-words", data: { dqx: "end-words" } });
  const button = (text: string, name: string, click: () => void): HTMLButtonElement =>
    h("button", { class: "dqx-button", type: "button", text, data: { dqx: name }, on: { click } });
  const ask = (name: string) => () => void command(name, root, session);
  const random = button("Check 20 random labels", "end-random", () => void checkRandom(session, signal));
  const next = button("", "end-next", () => goToNextScope(session));
  random.title = "Decide on items drawn at random: they tell how many wrong labels are left";
  const close = button("✕", "end-close", () => {
    gone = said;
    show();
  });
  close.title = "Close this and go on";
  close.setAttribute("aria-label", "Close");
  const element = h(
    "div",
    { class: "dqx-end", role: "status", hidden: true, data: { dqx: "end" } },
    words,
    h(
      "span",
      { class: "dqx-end-ways" },
      button("Export…", "end-export", ask("export")),
      random,
      next,
      button("History", "end-history", ask("history")),
      close,
    ),
  );

  /** What it was closed for, or left behind: it is not said twice of one queue. */
  let gone = "";
  let said = "";
  /** How many were decided on when it was said. */
  let before = 0;

  const show = (): void => {
    const now = endOf(session);
    const here = now === "" ? "" : placeOf(session, now);
    if (now !== "" && here !== said) {
      said = here;
      before = session.reviewed;
    }
    // Who goes on beyond the stop rule knows of it.
    if (now === "rule" && session.reviewed > before) gone = here;
    const hidden = now === "" || here === gone || told();
    if (!hidden) {
      const text = sentenceOf(session, now);
      if (words.textContent !== text) words.textContent = text;
      next.textContent = nextScopeWords(session);
      next.hidden = next.textContent === "";
    }
    if (element.hidden !== hidden) keepFocus(root, () => element.toggleAttribute("hidden", hidden));
  };
  for (const topic of ["hello", "scores", "labels", "queue", "filter", "current", "left", "scopes"] as const)
    session.on(topic, show, signal);
  // Where this can be read, nobody else says it.
  session.on(
    "ended",
    (wish) => {
      if (!element.hidden && element.closest("[hidden]") === null) wish.taken = true;
    },
    signal,
  );
  show();
  return element;
}

function endOf(session: Session): End {
  const { scores, queue, filter, dial, current, reviewed } = session;
  if (!scores) return "";
  if (queue.length > 0 && reviewed === queue.length) return "done";
  // Only the ranking as a whole has a line to stop at, and none where not even its first item is that likely wrong.
  if (filter.scope !== "label" || filter.sort !== "suspicion" || session.narrowed) return "";
  if (!dial.ready || dial.on || dial.cut.count === 0 || current === null) return "";
  const above = shownAbove(session, queue);
  const next = session.upcoming(1)[0];
  const at = session.position(current);
  return at >= above && (next === undefined || session.position(next) >= above) ? "rule" : "";
}

/** A name of the queue as it is filtered, and of its end. */
function placeOf({ filter, chosen }: Session, end: End): string {
  const items = filter.items ? [chosen.length, chosen[0]] : null;
  return JSON.stringify([end, { ...filter, items, found: filter.found?.text ?? null }]);
}

/** "Done here: 235 checked, 198 changed; about 12 wrong labels left (3 to 40)." */
function sentenceOf(session: Session, end: End): string {
  const { queue, left, reviewed } = session;
  let changed = 0;
  for (const item of queue) if (session.stateOf(item) === "relabelled") changed++;
  const found = leftWords(left);
  const rest = found ? `; ${found.text}${found.range ? ` (${found.range})` : ""}` : "";
  const begin = end === "done" ? "Done here" : "You can stop here";
  return `${begin}: ${count(reviewed)} checked, ${count(changed)} changed${rest}.`;
}
