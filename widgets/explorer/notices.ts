/** What went wrong or wants to be known, as lines that lie over the tiles of the queue; none of them stops the work. */
import "./notices.css";
import type { Session } from "../core/session/session";
import type { Notice } from "../core/state/topics";
import { h } from "../core/ui/dom";

/** Notices that merely inform go by themselves after this many milliseconds. */
const INFORMED = 7000;
/** Whoever goes on to another item after so many has read them. */
const READ = 1500;
const MOST = 4;

export function makeNotices(session: Session, signal: AbortSignal): HTMLElement {
  const element = h("div", { class: "dqx-notices", aria: { live: "polite" } });
  const shown = new WeakMap<Element, Notice>();
  const since = new WeakMap<Element, number>();
  session.on(
    "notice",
    (notice) => {
      for (const old of [...element.children])
        if ((old as HTMLElement).dataset.text === notice.text) old.remove();
      while (element.children.length >= MOST) element.firstElementChild?.remove();
      const line = show(session, notice);
      shown.set(line, notice);
      since.set(line, Date.now());
      element.append(line);
      if (notice.kind === "info") setTimeout(() => line.remove(), INFORMED);
    },
    signal,
  );
  // They lie over tiles, which whoever goes on looks at.
  session.on(
    "current",
    () => {
      for (const line of [...element.children]) {
        const read = Date.now() - (since.get(line) ?? 0) >= READ;
        if (read && shown.get(line)?.kind === "info" && !shown.get(line)?.act) line.remove();
      }
    },
    signal,
  );
  // On its own card a conflict tells of itself.
  session.on(
    "current",
    (item) => {
      if (item === null || !session.conflicts.of(item)) return;
      for (const line of [...element.children]) {
        const notice = shown.get(line);
        if (
          notice?.kind === "conflict" &&
          notice.items?.length === 1 &&
          notice.items[0] === item &&
          !notice.act
        )
          line.remove();
      }
    },
    signal,
  );
  // A conflict that has been settled needs no more telling; one that can still be acted on as a whole stays.
  session.on(
    "conflicts",
    (open) => {
      for (const line of [...element.children]) {
        const notice = shown.get(line);
        if (notice?.kind !== "conflict" || notice.act || !notice.items?.length) continue;
        if (!notice.items.some((item) => open.includes(item))) line.remove();
      }
    },
    signal,
  );
  return element;
}

function show(session: Session, notice: Notice): HTMLElement {
  const first = notice.items?.[0];
  const line: HTMLElement = h(
    "div",
    {
      class: "dqx-notice",
      role: notice.kind === "info" ? "status" : "alert",
      data: { dqx: "notice", kind: notice.kind, text: notice.text },
    },
    h(
      "div",
      { class: "dqx-notice-words" },
      h("span", { text: notice.text }),
      notice.remedy ? h("span", { class: "dqx-muted", text: ` ${notice.remedy}` }) : null,
    ),
    first !== undefined
      ? h("button", {
          class: "dqx-button",
          type: "button",
          text: "Show",
          on: { click: () => session.select(first) },
        })
      : null,
    notice.act
      ? h("button", {
          class: "dqx-button",
          type: "button",
          text: notice.act.text,
          data: { dqx: "notice-act" },
          on: {
            click: () => {
              line.remove();
              notice.act?.run();
            },
          },
        })
      : null,
    h("button", {
      class: "dqx-button",
      type: "button",
      text: "✕",
      aria: { label: "Dismiss" },
      on: { click: () => line.remove() },
    }),
  );
  return line;
}
