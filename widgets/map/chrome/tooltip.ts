/** The preview beside the point under the pointer: its picture or text, and what its label may become. */

import { percent, WAITING } from "../../core/kernel/words";
import type { Session } from "../../core/session/session";
import { h } from "../../core/ui/dom";
import { labelChip } from "../../core/ui/frame";
import { thumbnail } from "../../core/ui/preview";

export interface Tooltip {
  element: HTMLElement;
  /** Show an item at a place in the holder, or nothing. */
  show(item: number | null, at: readonly [number, number] | null, width: number, height: number): void;
}

const GAP = 14;

export function makeTooltip(session: Session): Tooltip {
  const element = h("div", { class: "dqx-map-tooltip", role: "tooltip", data: { dqx: "map-tooltip" } });
  element.hidden = true;
  let shown: number | null = null;
  return {
    element,
    show(item, at, width, height) {
      element.hidden = item === null || at === null;
      if (item === null || at === null) {
        shown = null;
        return;
      }
      if (item !== shown) {
        shown = item;
        element.dataset.item = String(item);
        element.replaceChildren(thumbnail(session, item), words(session, item));
      }
      // Beside the point, on the side that has room.
      const right = at[0] < width / 2;
      const below = at[1] < height / 2;
      element.style.left = right ? `${at[0] + GAP}px` : "auto";
      element.style.right = right ? "auto" : `${width - at[0] + GAP}px`;
      element.style.top = below ? `${at[1] + GAP}px` : "auto";
      element.style.bottom = below ? "auto" : `${height - at[1] + GAP}px`;
    },
  };
}

/** Given → suggested, and how strongly. */
function words(session: Session, item: number): HTMLElement {
  const given = session.labels?.given[item] ?? -1;
  const now = session.labels?.current[item] ?? given;
  const suggested = session.scores?.suggested[item] ?? -1;
  const line = h("div", { class: "dqx-map-verdict" }, labelChip(session, given));
  if (suggested >= 0 && suggested !== given)
    line.append(h("span", { class: "dqx-muted", text: "→" }), labelChip(session, suggested));
  return h("div", {}, line, h("div", { class: "dqx-muted", text: standing(session, item, now, given) }));
}

/** One line on where the item stands; no percentage before anything is calibrated. */
function standing(session: Session, item: number, now: number, given: number): string {
  if (session.isReviewed(item)) {
    const state = session.stateOf(item);
    const done = state === "relabelled" && now !== given ? `relabelled ${session.className(now)}` : state;
    return session.isWaiting(item) ? `${done}, ${WAITING}` : done;
  }
  const p = session.scores?.p_error[item];
  const place = session.position(item);
  if (session.hello?.calibrated && p !== undefined && !Number.isNaN(p)) return `${percent(p)} likely wrong`;
  return place >= 0 ? `${place + 1} of ${session.queue.length} in the queue` : "not in the queue";
}
