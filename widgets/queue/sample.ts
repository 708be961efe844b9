/** How many errors are left: a figure that is always there, and on request the sentence behind it and a random audit. */

import type { ClassLeft, LeftReply, Stops } from "../core/kernel/schema";
import { clock, day } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { makeDialog } from "../core/ui/dialog";
import { count, h } from "../core/ui/dom";
import { makeNewSample } from "./newSample";

export const AUDIT = 20;

/** Decisions come in bursts, and so do new scores. */
const SOON_MS = 200;
/**
 * The estimate is made of all items: it follows the scores of a few when nobody has decided for so long, and is asked for
 * no more often than that.
 */
const REST_MS = 1000;

export interface LeftView {
  button: HTMLButtonElement;
  line: HTMLElement;
  /** Queue random items by themselves. */
  audit(): Promise<void>;
  update(): void;
}

/** Make figure and line; `onStop` hears what is left below the end of the suspects and below the cut. */
export function makeLeft(
  session: Session,
  root: HTMLElement,
  signal: AbortSignal,
  onStop: (stops: Stops) => void = () => {},
): LeftView {
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

  const fill = (reply: LeftReply): void => {
    button.textContent = figure(reply);
    button.title = reply.sentence;
    button.hidden = false;
    words.textContent = reply.sentence;
    more.textContent = moreWords(reply);
    classes.hidden = reply.classes.length === 0;
    table.replaceChildren(classTable(reply.classes, reply.basis));
    onStop(reply.stop);
    drift.textContent = reply.drift;
    drift.hidden = reply.drift === "";
    sample.update(reply.draws);
  };
  let turn = 0;
  const load = async (): Promise<void> => {
    const mine = ++turn;
    try {
      const cut = session.dial.ready ? session.dial.cut.count : null;
      const reply = await session.transport.call("left", { cut });
      if (mine === turn && !signal.aborted) fill(reply);
    } catch (error) {
      if (mine === turn && !signal.aborted) {
        words.textContent = `How many are left could not be estimated: ${(error as Error).message}`;
        button.textContent = "left: ?";
        button.title = words.textContent;
        button.hidden = !session.scores;
      }
    }
  };
  let drawing = false;
  const begin = async (): Promise<void> => {
    // Not disabled: the keyboard would lose its place.
    if (drawing) return;
    drawing = true;
    try {
      const reply = await session.transport.call("audit", {
        count: AUDIT,
      });
      if (signal.aborted) return;
      session.audit(reply.items, reply.draws);
      // On the button Enter would draw more; what comes now is to decide.
      const { activeElement } = root.getRootNode() as Document | ShadowRoot;
      if (reply.items.length > 0 && line.contains(activeElement))
        (root.closest<HTMLElement>(".dqx-explorer") ?? root).focus({ preventScroll: true });
      if (reply.items.length === 0)
        tell(session, "Everything that was drawn has been decided on.", "Draw more.");
    } catch (error) {
      tell(session, `Nothing was drawn: ${(error as Error).message}`);
    } finally {
      drawing = false;
    }
  };

  let timer: ReturnType<typeof setTimeout> | undefined;
  let wanted = false;
  let asked = Number.NEGATIVE_INFINITY;
  /** Whether somebody sees the figure. */
  let seen = true;
  const ask = (): void => {
    if (!seen || document.hidden) return;
    wanted = false;
    asked = performance.now();
    void load();
  };
  const soon = (wait: number, gap = REST_MS): void => {
    wanted = true;
    clearTimeout(timer);
    timer = setTimeout(ask, Math.max(wait, asked + gap - performance.now()));
  };
  const look = (): void => {
    if (wanted) soon(0);
  };
  const observer = globalThis.IntersectionObserver
    ? new IntersectionObserver((entries) => {
        seen = entries.at(-1)?.isIntersecting ?? seen;
        look();
      })
    : null;
  observer?.observe(root);
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener(
    "abort",
    () => {
      clearTimeout(timer);
      observer?.disconnect();
    },
    { once: true },
  );
  session.on("scores", (items) => soon(items === null ? SOON_MS : REST_MS), signal);
  // Somebody has asked for it.
  session.on("sample", () => soon(SOON_MS, SOON_MS), signal);
  if (session.scores) soon(SOON_MS);
  let cut = session.dial.cut.count;
  return {
    button,
    line,
    audit: begin,
    update() {
      const over = passedOver(session).length;
      passed.hidden = over === 0;
      passed.textContent =
        over === 1 ? "Go to the random item passed over" : `Go to ${count(over)} random items passed over`;
      // The line of the cut has moved.
      if (session.scores && cut !== session.dial.cut.count) soon(SOON_MS, SOON_MS);
      cut = session.dial.cut.count;
    },
  };
}

/** How many are left, in few words; the range where the interval is cut at one end, as the sentence has it. */
function figure({ left, low, high, basis }: LeftReply): string {
  if (left === null || low === null || high === null) return "left: ?";
  const middle = Math.round(left);
  if (basis !== "audit") return `about ${count(middle)} left`;
  const up = Math.round(high - left);
  const down = Math.round(left - low);
  return up === down
    ? `${count(middle)} ± ${count(up)} left`
    : `${count(middle - down)} to ${count(middle + up)} left`;
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

/** Said where it is seen: the panel may be closed. */
function tell(session: Session, text: string, remedy = ""): void {
  session.emit("notice", { kind: "info", text, remedy });
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
