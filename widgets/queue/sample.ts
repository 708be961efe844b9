/** How many wrong labels are left: a figure that is always there, and on request the sentence behind it and a random audit. */

import type { ClassLeft, LeftReply } from "../core/kernel/schema";
import { clock, day } from "../core/kernel/words";
import { AUDIT, checkRandom } from "../core/session/randomCheck";
import type { Session } from "../core/session/session";
import { makeDialog } from "../core/ui/dialog";
import { count, h } from "../core/ui/dom";
import { leftWords, seeEstimate } from "../core/ui/estimate";
import { makeNewSample } from "./newSample";

export interface LeftView {
  button: HTMLButtonElement;
  line: HTMLElement;
  /** Queue random items by themselves. */
  audit(): Promise<void>;
  update(): void;
}

/** Make figure and line. */
export function makeLeft(session: Session, root: HTMLElement, signal: AbortSignal): LeftView {
  const words = h("span", { role: "status", data: { dqx: "left-words" } });
  const more = h("span", { class: "dqx-muted", data: { dqx: "left-more" } });
  const passed = h("button", {
    class: "dqx-link",
    type: "button",
    hidden: true,
    title: "Random items count in the order in which they were drawn: those after it wait for this one",
    data: { dqx: "left-passed" },
    on: { click: () => session.select(passedOver(session)[0] ?? session.current) },
  });
  const table = h("div", {
    class: "dqx-queue-classes-scroll",
    tabIndex: 0,
    role: "group",
    aria: { label: "By class" },
  });
  const classes = h(
    "details",
    { class: "dqx-queue-classes", data: { dqx: "left-classes" } },
    h("summary", { text: "By class" }),
    table,
  );
  const drift = h("span", { class: "dqx-warn", data: { dqx: "left-drift" } });
  const audit = h("button", {
    class: "dqx-button",
    type: "button",
    text: `Audit ${AUDIT} at random`,
    title: "Queue items drawn at random: decide on each, and the estimate rests on them",
    data: { dqx: "audit" },
    on: { click: () => void begin() },
  });
  const sample = makeNewSample(session, signal);
  const {
    element: line,
    opener: button,
    close,
  } = makeDialog({
    root,
    session,
    signal,
    class: "dqx-queue-left",
    hook: "left-line",
    label: "Errors left",
    closeClass: "dqx-queue-left-close",
    closeHook: "left-close",
    openerHook: "left",
    // Outside it, Escape first leads out of the items that were drawn here.
    waits: () => session.chosen.length > 0,
  });
  // There is a figure once the kernel has said one.
  button.hidden = true;
  line.append(
    h("div", { class: "dqx-queue-left-head" }, words, close),
    more,
    passed,
    drift,
    h("span", { class: "dqx-queue-left-acts" }, audit, sample.element),
    classes,
  );

  const fill = (): void => {
    const { left: reply, leftError } = session;
    button.hidden = !reply && !leftError;
    const said = reply?.sentence ?? "";
    words.textContent = leftError ? `How many are left could not be estimated: ${leftError}` : said;
    button.textContent = (leftError ? null : leftWords(reply)?.text) ?? "left: ?";
    button.title = words.textContent;
    if (!reply || leftError) return;
    more.textContent = moreWords(reply);
    classes.hidden = reply.classes.length === 0;
    table.replaceChildren(classTable(reply.classes, reply.basis));
    drift.textContent = reply.drift;
    drift.hidden = reply.drift === "";
    sample.update(reply.draws);
  };
  const begin = async (): Promise<void> => {
    const drawn = await checkRandom(session, signal);
    // On the button Enter would draw more; what comes now is to decide.
    const { activeElement } = root.getRootNode() as Document | ShadowRoot;
    if (drawn > 0 && line.contains(activeElement))
      (root.closest<HTMLElement>(".dqx-explorer") ?? root).focus({ preventScroll: true });
  };
  session.on("left", fill, signal);
  seeEstimate(root, session, signal);
  fill();
  return {
    button,
    line,
    audit: begin,
    update() {
      const over = passedOver(session).length;
      passed.hidden = over === 0;
      passed.textContent =
        over === 1 ? "Go to the random item passed over" : `Go to ${count(over)} random items passed over`;
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

/** What would make the estimate surer, and how far it is from resting on the random items. */
function moreWords({ basis, draws, fewest, more, since }: LeftReply): string {
  const heard =
    basis === "model" && draws > 0
      ? `From ${fewest} random items on it rests on them; ${draws} decided so far.`
      : "";
  const began = draws > 0 && since ? `This sample began ${day(since)}, ${clock(since)}.` : "";
  return [heard, more, began].filter(Boolean).join(" ");
}

/** The table by class, most errors left first; names come from data and are text. */
function classTable(rows: readonly ClassLeft[], basis: LeftReply["basis"]): HTMLElement {
  // What the model says is a range of its assumptions, as the sentence has it.
  const range = basis === "audit" ? "95 % interval" : "range";
  const head = ["class", "labels", "unreviewed", "found", "left", range];
  const words = (value: number | null): string => (value === null ? "?" : count(Math.round(value)));
  const number = (value: number | null): HTMLElement => h("td", { text: words(value) });
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { text, scope: "col" })))),
    h(
      "tbody",
      {},
      ...rows.map((row) =>
        h(
          "tr",
          {},
          h("th", { text: row.name, title: row.name, scope: "row" }),
          number(row.labels),
          number(row.unreviewed),
          number(row.found),
          number(row.left),
          h("td", { text: `${words(row.low)} to ${words(row.high)}` }),
        ),
      ),
    ),
  );
}
