/** The line above the queue: how many there are, how many are done, and what narrows the queue. */

import { makeBulkButtons } from "../bulk/buttons";
import { SUSPECTS } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";
import { makeMix } from "./auditRate";
import { makeDial } from "./dial";
import { makeLeft } from "./sample";

export interface Bar {
  element: HTMLElement;
  /** The line below it, shown on request: how many errors are left. */
  left: HTMLElement;
  /** Queue random items by themselves. */
  audit(): Promise<void>;
  update(): void;
}

/** Make the line; `onGrid` switches between strip and grid. */
export function makeBar(
  session: Session,
  root: HTMLElement,
  signal: AbortSignal,
  onGrid: (grid: boolean) => void,
): Bar {
  const counts = h("span", { class: "dqx-queue-counts", role: "status", data: { dqx: "queue-counts" } });
  const waits = h("span", {
    class: "dqx-waiting",
    title: "Decided here and not saved yet: counted as reviewed when they are",
    data: { dqx: "queue-waiting" },
    hidden: true,
  });
  const suspects = toggle("Suspects", "Only items that the ranking calls label issues", () =>
    session.setFilter({ suspects: true }),
  );
  const all = toggle("All", "Every ranked item", () => session.setFilter({ suspects: false }));
  const hide = toggle("Hide reviewed", "Pass over items that are already decided", () =>
    session.setFilter({ hideReviewed: !session.filter.hideReviewed }),
  );
  hide.dataset.dqx = "hide-reviewed";
  const grid = toggle("Grid", "Wrap the queue into a grid", () => {
    const on = grid.getAttribute("aria-pressed") !== "true";
    grid.setAttribute("aria-pressed", String(on));
    onGrid(on);
  });
  const pair = chip(() => session.setFilter({ pair: null }));
  const lasso = chip(() => session.choose([]));
  const dial = makeDial(session);
  const mix = makeMix(session);
  const left = makeLeft(session, root, signal);
  const element = h(
    "div",
    { class: "dqx-queue-bar" },
    h("span", {}, counts, waits),
    dial.element,
    mix.element,
    left.button,
    makeBulkButtons(session, signal),
    h(
      "span",
      { class: "dqx-queue-tools" },
      h("span", { class: "dqx-queue-narrowing" }, pair, lasso, suspects, all),
      hide,
      grid,
    ),
  );
  return {
    element,
    left: left.line,
    audit: left.audit,
    update() {
      dial.update();
      mix.update();
      left.update();
      const { filter, queue, passing } = session;
      const { all: waiting, decided } = session.waiting.inQueue;
      const reviewed = session.reviewed - decided;
      waits.hidden = waiting === 0;
      waits.textContent = waiting === 0 ? "" : ` +${count(waiting)} waiting`;
      suspects.setAttribute("aria-pressed", String(filter.suspects));
      all.setAttribute("aria-pressed", String(!filter.suspects && filter.cut === null));
      hide.setAttribute("aria-pressed", String(filter.hideReviewed));
      pair.hidden = filter.pair === null;
      if (filter.pair)
        pair.textContent = `${session.className(filter.pair[0])} → ${session.className(filter.pair[1])} only ✕`;
      lasso.hidden = filter.items === null;
      if (filter.items) lasso.textContent = `${count(filter.items.size)} chosen ✕`;
      const audited =
        filter.asNamed === true && queue.length > 0 && queue.every((item) => session.isRandom(item));
      const what = filter.suspects ? "suspect" : audited ? "random item" : "item";
      // A suspect that was drawn as well is counted once.
      const extra = queue.length - passing;
      const random = extra > 0 ? `, ${count(extra)} at random` : "";
      // Narrowed, they are still so many of those that the card counts.
      const narrowed = filter.suspects && (filter.pair !== null || filter.items !== null);
      const of = narrowed ? ` of ${count(session.suspects)}` : "";
      const many = (narrowed ? session.suspects : passing) === 1 ? what : `${what}s`;
      const text = session.scores
        ? `${count(passing)}${of} ${many}${random}, ${count(reviewed)} reviewed`
        : "";
      if (counts.textContent !== text) counts.textContent = text;
      counts.title = filter.suspects ? SUSPECTS : "";
    },
  };
}

function toggle(text: string, title: string, click: () => void): HTMLButtonElement {
  return h("button", {
    class: "dqx-button",
    type: "button",
    text,
    title,
    aria: { pressed: "false" },
    on: { click },
  });
}

function chip(click: () => void): HTMLButtonElement {
  return h("button", {
    class: "dqx-button dqx-cut",
    type: "button",
    title: "Take this filter away",
    hidden: true,
    on: { click },
  });
}
