/** The line above the queue: what narrows it, how far one is, and what can be done with all of it. It never wraps. */

import { makeBulkButtons } from "../bulk/buttons";
import { countOf, SUSPECTS } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { setAttribute, setText } from "../core/ui/change";
import { count, h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { makeMenu } from "./menu";
import { makeFilterChips } from "./scopes";
import { makeSearch } from "./search";
import { makeSort } from "./sort";

export interface Bar {
  element: HTMLElement;
  update(): void;
  /** Show what there is room for; the rest is behind "▾". */
  fit(width: number): void;
  /** Whether the grid is shown. */
  showGrid(on: boolean): void;
}

/** Widths in CSS pixels from which on the bar has room for everything, and for all but the least important. */
const WIDE = 900;
const NARROW = 600;

/** Make the line; `onGrid` switches between strip and grid, `pickAll` picks the whole queue. */
export function makeBar(
  session: Session,
  root: HTMLElement,
  signal: AbortSignal,
  { onGrid, pickAll }: { onGrid(): void; pickAll(): void },
): Bar {
  const counts = h("span", { class: "dqx-queue-counts", data: { dqx: "queue-counts" } });
  const waits = h("span", {
    class: "dqx-waiting",
    title: "Decided here and not saved yet: counted as reviewed when they are",
    data: { dqx: "queue-waiting" },
    hidden: true,
  });
  const hide = toggle("Hide reviewed", "Pass over items that are already decided", () =>
    session.setFilter({ hideReviewed: !session.filter.hideReviewed }),
  );
  hide.dataset.dqx = "hide-reviewed";
  const grid = toggle("Grid", "Show the queue as a grid; Esc leads back", onGrid);
  grid.dataset.dqx = "grid";
  const every = toggle("Select all", "Pick every item of the queue: Ctrl+A", pickAll);
  every.removeAttribute("aria-pressed");
  every.dataset.dqx = "pick-all";
  const picked = chip("Let go of the items that are picked: Esc", () => session.picks.clear());
  picked.dataset.dqx = "picked";
  const { main, others } = makeBulkButtons(session, signal);
  const menu = makeMenu(session, root, signal, others, hide);
  const sort = makeSort(session, signal);
  const acts = h("span", { class: "dqx-queue-acts" }, picked, every, main, menu.element, grid);
  const element = h(
    "div",
    { class: "dqx-queue-bar" },
    makeFilterChips(session, signal),
    makeSearch(session, root, signal),
    sort,
    h("span", { class: "dqx-queue-where" }, counts, waits),
    acts,
  );
  session.on("picked", () => update(), signal);

  const update = (): void => {
    const { filter, picked: chosen } = session;
    const waiting = session.waiting.inQueue.all;
    waits.hidden = waiting === 0;
    setText(waits, waiting === 0 ? "" : ` +${count(waiting)} waiting`);
    setAttribute(hide, "aria-pressed", String(filter.hideReviewed));
    picked.hidden = chosen.size === 0;
    setText(picked, `${count(chosen.size)} picked ✕`);
    every.hidden = !session.scores || session.passing === 0;
    const text = whereIn(session);
    setText(counts, text);
    setAttribute(counts, "title", text ? inWords(session) : "");
  };
  let room = "";
  return {
    element,
    update,
    fit(width) {
      const now = width >= WIDE ? "wide" : width >= NARROW ? "middle" : "narrow";
      if (now === room) return;
      room = now;
      element.dataset.room = now;
      keepFocus(root, () => {
        if (now === "wide") element.firstElementChild?.nextElementSibling?.after(sort);
        else menu.slot.append(sort);
        if (now === "narrow") menu.slot.append(every, grid);
        else {
          picked.after(every);
          acts.append(grid);
        }
      });
    },
    showGrid(on) {
      grid.setAttribute("aria-pressed", String(on));
    },
  };
}

/** "next 3 of 19, 15 open": where the current item stands among those that pass the filter, and how many are open. */
function whereIn(session: Session): string {
  const { current, passing, open, scores } = session;
  if (!scores || session.queue.length === 0) return "";
  const place = current === null ? null : session.placeAmong(current);
  const rest = open < passing ? `, ${count(open)} open` : "";
  if (current !== null && session.drawn.has(current)) return "a random check";
  if (current === null || place === null) return countOf(passing, "item") + rest;
  return `${session.isReviewed(current) ? "" : "next "}${count(place)} of ${count(passing)}${rest}`;
}

/** The same at length. */
function inWords(session: Session): string {
  const { filter, queue, passing, waiting } = session;
  const suspects = filter.scope === "label" && filter.cut === null;
  const what = suspects ? "suspect" : "item";
  const of = suspects && session.narrowed ? ` of ${count(session.suspects)}` : "";
  const extra = queue.length - passing;
  const random = extra > 0 ? `, and ${count(extra)} at random` : "";
  const reviewed = session.reviewed - waiting.inQueue.decided;
  const about = suspects ? `. ${SUSPECTS}` : "";
  return `${countOf(passing, what)}${of}${random}; ${count(reviewed)} reviewed${about}`;
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

function chip(title: string, click: () => void): HTMLButtonElement {
  return h("button", {
    class: "dqx-button dqx-cut dqx-queue-chip",
    type: "button",
    title,
    hidden: true,
    on: { click },
  });
}
