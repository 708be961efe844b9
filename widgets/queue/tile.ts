/** One tile of the queue: preview, and given → suggested in few letters. */

import { percent, WAITING } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { WHY_DRAWN } from "../core/state/mixedQueue";
import { setAttribute } from "../core/ui/change";
import { count, h } from "../core/ui/dom";
import { nameElement } from "../core/ui/name";
import { thumbnail, wordsOf } from "../core/ui/preview";

export interface Tile {
  element: HTMLElement;
  /** Ask for the preview, once. */
  load(): void;
  /** Show the labels and the state as the session has them now. */
  update(position: number, total: number): void;
}

/** Make a tile; it is filled by `update`, and its preview by `load`. */
export function makeTile(session: Session, item: number): Tile {
  const picture = h("div", { class: "dqx-tile-picture" });
  const from = h("span", { class: "dqx-tile-from" });
  const to = h("span", { class: "dqx-tile-to" });
  const random = h("span", {
    class: "dqx-random dqx-tile-random",
    text: "random",
    title: WHY_DRAWN,
    data: { dqx: "tile-random" },
  });
  const element = h(
    "div",
    { class: "dqx-tile", role: "option", data: { dqx: "queue-tile", item: String(item) } },
    // Spaces, so that its words as they stand are those of its name.
    " ",
    picture,
    " ",
    h("div", { class: "dqx-tile-labels" }, from, " ", to),
  );
  let asked = false;
  /** What a reader who does not see the tile hears: in the order in which it stands there. */
  let about = "";
  let words = "";
  const nameIt = (): void => {
    const isDrawn = random.parentElement !== null;
    const name = [isDrawn ? "drawn at random" : "", words, about].filter(Boolean).join(", ");
    setAttribute(element, "title", name);
    setAttribute(element, "aria-label", name);
  };
  const say = (where: HTMLElement, text: string): void => {
    if (where.textContent !== text)
      where.replaceChildren(...(text ? [nameElement(text, session.classes)] : []));
  };
  return {
    element,
    load() {
      if (asked) return;
      asked = true;
      picture.append(thumbnail(session, item));
      session.previews.get(item).then(
        (preview) => {
          words = wordsOf(preview);
          nameIt();
        },
        // Said where the picture would be.
        () => {},
      );
    },
    update(position, total) {
      const labels = labelsOf(session, item);
      say(from, labels.from);
      from.classList.toggle("dqx-tile-out", labels.out);
      say(to, labels.to);
      const set = (name: string, value: string | null): void => setAttribute(element, name, value);
      const state = session.stateOf(item);
      set("data-state", state);
      const waits = session.isWaiting(item);
      set("data-waiting", String(waits));
      element.classList.toggle("dqx-tile-waiting", waits);
      element.classList.toggle("dqx-tile-reviewed", session.isReviewed(item) && !waits);
      const current = item === session.current;
      element.classList.toggle("dqx-tile-current", current);
      set("aria-current", current ? "true" : null);
      // Several can be selected: those that are picked.
      set("aria-selected", String(session.picked.has(item)));
      set("aria-posinset", String(position + 1));
      set("aria-setsize", String(total));
      const isDrawn = session.isRandom(item);
      element.classList.toggle("dqx-tile-drawn", isDrawn);
      if (!isDrawn) random.remove();
      else if (!random.parentElement) element.prepend(random);
      const decided = `${state === "given" ? "not reviewed" : state}${waits ? `, ${WAITING}` : ""}`;
      const open = state === "given" && isCheck(session, item);
      about = `${labels.from} ${labels.to} · ${open ? "random check" : standing(session, item)} · ${decided}`;
      nameIt();
    },
  };
}

/** The two labels of a tile: what the item was given, and what was decided or else suggested. */
function labelsOf(session: Session, item: number): { from: string; to: string; out: boolean } {
  const given = session.labels?.given[item] ?? -1;
  const now = session.labels?.current[item] ?? given;
  const suggested = session.scores?.suggested[item] ?? -1;
  const from = session.className(given);
  switch (session.stateOf(item)) {
    case "kept":
      return { from, to: "kept", out: false };
    case "flagged":
      return { from, to: "marked", out: false };
    case "left out":
      return { from, to: "left out", out: false };
    case "given":
      return suggested < 0 || suggested === given || isCheck(session, item)
        ? { from, to: "", out: false }
        : { from, to: `→ ${session.className(suggested)}`, out: false };
    default:
      return now === given
        ? { from, to: "", out: false }
        : { from, to: `→ ${session.className(now)}`, out: given >= 0 };
  }
}

/** Whether an item is looked at as a random check: what is suggested must not lead whoever answers. */
function isCheck(session: Session, item: number): boolean {
  return session.isRandom(item) || session.filter.scope === "random";
}

function standing(session: Session, item: number): string {
  const rank = session.rank(item);
  if (rank === null) return "not ranked";
  const p = session.scores?.p_error[item] ?? Number.NaN;
  if (session.hello?.calibrated && !Number.isNaN(p)) return `${percent(p)} likely wrong`;
  return `rank ${count(rank)}`;
}
