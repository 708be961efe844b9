/** How sure: the estimate of the wrong labels left in words and by class, the stop rule, the spot checks, what drifts. */

import type { ClassLeft, LeftReply } from "../core/kernel/schema";
import { clock, day } from "../core/kernel/words";
import { checkRandom } from "../core/session/randomCheck";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";
import { seeEstimate } from "../core/ui/estimate";
import type { Place, Section } from "../core/ui/section";
import { makeTable } from "../core/ui/table";
import { makeSpotChecks } from "./spotChecks";
import { makeStopRule } from "./stopRule";

export function makeSure({ session, signal, leave }: Place): Section {
  const words = h("p", { class: "dqx-strong", role: "status", data: { dqx: "left-words" } });
  const more = h("p", { class: "dqx-muted", data: { dqx: "left-more" } });
  const drift = h("p", { class: "dqx-warn", data: { dqx: "left-drift" } });
  const passed = h("button", {
    class: "dqx-link",
    type: "button",
    hidden: true,
    title: "Random labels count in the order in which they were drawn: those after it wait for this one",
    data: { dqx: "left-passed" },
    on: {
      click: () => {
        const [first] = passedOver(session);
        if (first === undefined) return;
        session.select(first);
        leave();
      },
    },
  });
  const rule = makeStopRule(session);
  const checks = makeSpotChecks(session, signal, () => {
    // What comes now is to decide, and on the button Enter would draw more.
    void checkRandom(session, signal).then((drawn) => drawn > 0 && leave());
  });
  const classes = h("div", { data: { dqx: "left-classes" } });
  const byClass = h("section", {}, h("h4", { text: "By class" }), classes);
  const element = h(
    "div",
    {},
    words,
    more,
    passed,
    drift,
    h("section", {}, h("h4", { text: "When to stop" }), rule.element),
    h("section", {}, h("h4", { text: "Spot checks" }), checks.element),
    byClass,
  );

  const fill = (): void => {
    const { left, leftError } = session;
    words.textContent = leftError
      ? `How many wrong labels are left could not be estimated: ${leftError}`
      : (left?.sentence ?? "How many wrong labels are left is known once the items are scored.");
    more.textContent = left && !leftError ? moreWords(left) : "";
    drift.textContent = left?.drift ?? "";
    drift.hidden = drift.textContent === "";
    byClass.hidden = !left?.classes.length;
    classes.replaceChildren(...(left ? [classTable(left)] : []));
    checks.update(left?.draws ?? null);
  };
  const place = (): void => {
    const over = passedOver(session).length;
    passed.hidden = over === 0;
    passed.textContent =
      over === 1 ? "Go to the random label passed over" : `Go to ${count(over)} random labels passed over`;
    rule.update();
    checks.update(session.left?.draws ?? null);
  };
  const update = (): void => {
    if (!element.closest("[hidden]")) place();
  };
  session.on("left", fill, signal);
  for (const topic of ["current", "queue", "labels", "filter", "scores"] as const)
    session.on(topic, update, signal);
  seeEstimate(element, session, signal);
  fill();
  return {
    element,
    shown() {
      fill();
      place();
    },
  };
}

/** Random items before the current one that nobody has decided on. */
function passedOver(session: Session): number[] {
  const at = session.current === null ? -1 : session.position(session.current);
  const found: number[] = [];
  for (const item of session.drawn) {
    // They come in the queue's order.
    if (session.position(item) >= at) break;
    if (!session.isReviewed(item)) found.push(item);
  }
  return found;
}

/** What would make the estimate surer, and since when it is counted. */
function moreWords({ draws, more, since }: LeftReply): string {
  const heard =
    draws > 0 ? `${count(draws)} random ${draws === 1 ? "label is" : "labels are"} decided so far` : "";
  const began = heard && since ? `, since ${day(since)}, ${clock(since)}` : "";
  return [heard && `${heard}${began}.`, more].filter(Boolean).join(" ");
}

/** The table by class, most wrong labels left first; names come from data and are text. */
function classTable({ classes, basis }: LeftReply): HTMLElement {
  // What the model says is a range of its assumptions.
  const range = basis === "audit" ? "95 % range" : "range";
  const words = (value: number | null): string => (value === null ? "?" : count(value));
  return makeTable(
    "By class",
    ["class", "labels", "not reviewed", "found wrong", "wrong labels left", range],
    classes.map((row: ClassLeft) => [
      row.name,
      words(row.labels),
      words(row.unreviewed),
      words(row.found),
      words(row.left),
      `${words(row.low)} to ${words(row.high)}`,
    ]),
  );
}
