/** Why the item is suspect: the best reasons in one line; and, opened, every reason with its method and what it adds. */

import type { Card, Reason } from "../core/kernel/schema";
import { percent } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { withShortNames } from "../core/ui/name";
import { pushMark } from "./push";

/** Letters of a class name inside a sentence. */
const NAME_LENGTH = 24;
/** Reasons in the line: what the nearest items and the model say. */
const BEST = 2;
/** Least that a method must add, in log-odds, to be listed though it says nothing. */
const LEAST = 0.05;

/** "29 of 50 nearest say automobile, none cat · the model: automobile .68, cat under .01 · why?". */
export function whyLine(
  session: Session,
  card: Card,
  doors: readonly HTMLElement[],
  open: boolean,
  toggle: () => void,
): HTMLElement {
  const best = card.why.slice(0, BEST).map((reason) => shortened(session, reason).text);
  // What raters say stands first: it is what others know beyond these labels, and must not be cut. Where they are why
  // the item is in its scope, that is said above.
  if (card.raters) {
    const at = card.why.slice(0, BEST).findIndex((reason) => reason.method === "raters");
    const [said] = at >= 0 ? best.splice(at, 1) : [];
    if (card.scope?.scope !== "raters" || !card.scope.text)
      best.unshift(said ?? withShortNames(card.raters.text, session.classes, NAME_LENGTH));
  }
  const text = best.join(" · ");
  const more = card.why.length > 0 || card.sum || card.raters;
  const why = h("button", {
    class: "dqx-link dqx-card-more-lines",
    type: "button",
    text: open ? "close the reasons" : "why?",
    title: open ? "Show the item's surroundings again" : "Every reason, with the method behind it",
    data: { dqx: "more-lines" },
    aria: { expanded: String(open) },
    on: { click: toggle },
  });
  const line = h("div", { class: card.raters ? "dqx-card-line dqx-card-line-two" : "dqx-card-line" });
  if (text) line.append(h("span", { class: "dqx-card-best", text, title: text, data: { dqx: "card-why" } }));
  for (const door of more ? [why, ...doors] : doors) line.append(door);
  return line;
}

/** Every reason in words, the number behind each as its title; and what they come to. */
export function reasonList(session: Session, card: Card): HTMLElement {
  const rows = h("dl", { class: "dqx-card-why" });
  for (const reason of card.why) {
    const { text, title } = shortened(session, reason);
    rows.append(
      h("dt", { class: "dqx-cut" }, methodName(reason.name, reason.method)),
      h("dd", { class: "dqx-card-reason-line" }, h("span", { text, title }), pushMark(reason.push)),
    );
  }
  if (card.sum && session.hello?.calibrated && card.p_error !== null)
    rows.append(...total(card, card.p_error));
  return rows;
}

/** What no line has said yet: methods without words, where the sum starts, and what it comes to. */
function total(card: Card, p: number): HTMLElement[] {
  const sum = card.sum ?? { start: 0, parts: [] };
  const said = new Set(card.why.map((reason) => reason.method));
  const silent = sum.parts.filter((part) => !said.has(part.method) && Math.abs(part.push) >= LEAST);
  const rows: HTMLElement[] = [];
  for (const part of silent)
    rows.push(
      h("dt", { class: "dqx-cut" }, methodName(part.title, part.method)),
      h(
        "dd",
        { class: "dqx-card-reason-line" },
        h("span", { class: "dqx-muted", text: part.title }),
        pushMark(part.push),
      ),
    );
  rows.push(
    h("dt", { class: "dqx-muted", text: "to begin with" }),
    h(
      "dd",
      { class: "dqx-card-reason-line" },
      h("span", { text: "how common wrong labels are here, and what your answers have taught" }),
      pushMark(sum.start),
    ),
    h("dt", { text: "together" }),
    h(
      "dd",
      { class: "dqx-card-reason-line dqx-card-total", data: { dqx: "sum" } },
      h("strong", { text: `${percent(p)} likely wrong` }),
      h("button", {
        class: "dqx-link dqx-card-method",
        type: "button",
        text: "how this number is made",
        title: "The method's page: the formula, and when to trust it",
        data: { dqx: "sum-method", method: "p_error" },
      }),
    ),
  );
  return rows;
}

/** A reason's sentence with long class names cut, and all that was cut or is behind it. */
function shortened(session: Session, reason: Reason): { text: string; title: string } {
  const text = withShortNames(reason.text, session.classes, NAME_LENGTH);
  const title = [
    text === reason.text ? "" : reason.text,
    reason.value === null ? "" : `${reason.name}: ${Number(reason.value.toPrecision(4))}`,
  ];
  return { text, title: title.filter(Boolean).join("\n") };
}

/** The name of the method behind a line; pressed, it opens the method's page. */
function methodName(name: string, method: string): HTMLElement {
  if (!method) return h("span", { text: name, title: name });
  return h("button", {
    class: "dqx-link dqx-card-method",
    type: "button",
    text: name.replaceAll("_", " "),
    title: "What this method does, and when to trust it",
    data: { dqx: "reason-method", method },
    aria: { label: `${name.replaceAll("_", " ")}: about this method` },
  });
}
