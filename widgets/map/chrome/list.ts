/** What the canvas shows, as a list for the keyboard and for screen readers: the worst marks in sight. */

import { freshId } from "../../core/kernel/wire";
import { WAITING } from "../../core/kernel/words";
import type { Session } from "../../core/session/session";
import { h } from "../../core/ui/dom";

const SHOWN = 25;

export interface SightList {
  element: HTMLElement;
  /** List these items (worst first). */
  fill(items: readonly number[]): void;
}

/** Make the list; it appears when it gets the focus. Up and down point at items on the map, Enter takes one. */
export function makeList(session: Session, signal: AbortSignal): SightList {
  const id = `dqx-sight-${freshId().slice(0, 8)}`;
  const element = h("div", {
    class: "dqx-map-list",
    role: "listbox",
    tabIndex: 0,
    data: { dqx: "map-list" },
    aria: { label: "Suspects in sight, worst first: arrow up and down to look, Enter to take one" },
  });
  let items: readonly number[] = [];
  let active = -1;

  const point = (place: number): void => {
    active = place;
    element.querySelectorAll("[role=option]").forEach((option, i) => {
      option.setAttribute("aria-selected", String(i === active));
      if (i === active) option.scrollIntoView?.({ block: "nearest" });
    });
    if (active >= 0) element.setAttribute("aria-activedescendant", `${id}-${active}`);
    else element.removeAttribute("aria-activedescendant");
    session.hover(items[active] ?? null);
  };

  element.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "ArrowDown") point(Math.min(items.length - 1, active + 1));
      else if (event.key === "ArrowUp") point(Math.max(0, active - 1));
      else if (event.key === "Home") point(items.length ? 0 : -1);
      else if (event.key === "End") point(items.length - 1);
      else if ((event.key === "Enter" || event.key === " ") && active >= 0) {
        const item = items[active];
        if (item !== undefined) session.select(item);
      } else return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal },
  );
  element.addEventListener("blur", () => active >= 0 && point(-1), { signal });
  element.addEventListener(
    "click",
    (event) => {
      const option = (event.target as Element).closest<HTMLElement>("[data-item]");
      if (option) session.select(Number(option.dataset.item));
    },
    { signal },
  );

  return {
    element,
    fill(now) {
      const next = now.slice(0, SHOWN);
      if (next.length === items.length && next.every((item, i) => item === items[i])) return;
      const kept = items[active];
      items = next;
      element.replaceChildren(
        ...items.map((item, i) =>
          h("div", {
            role: "option",
            id: `${id}-${i}`,
            text: describe(session, item),
            data: { item: String(item) },
          }),
        ),
      );
      active = kept === undefined ? -1 : items.indexOf(kept);
      if (active >= 0) element.children[active]?.setAttribute("aria-selected", "true");
    },
  };
}

function describe(session: Session, item: number): string {
  const given = session.className(session.labels?.given[item] ?? -1);
  const suggested = session.className(session.scores?.suggested[item] ?? -1);
  const wait = session.isWaiting(item) ? `, ${WAITING}` : "";
  const state = session.isReviewed(item) ? `, ${session.stateOf(item)}${wait}` : wait;
  const place = session.position(item);
  return `${place >= 0 ? `${place + 1}. ` : ""}${given} → ${suggested}${state}`;
}
