/** The history: who changed what, when and why, newest first; it comes from the label store, not from this page. */
import "./history.css";
import { count, h, key } from "../core/dom";
import { keepFocus } from "../core/focus";
import { frame } from "../core/frame";
import { printed } from "../core/keys";
import type { Panel } from "../core/panel";
import { Disconnected } from "../core/transport";
import { clock, day, sentence } from "../core/words";
import { makeRow } from "./row";
import { sittings } from "./sittings";

const PAGE = 50;
/** Several labels often change together: ask once for all. */
const SOON_MS = 120;

export const History: Panel = {
  name: "history",
  mount(root, session, signal) {
    frame(root, "history", signal);
    const total = h("span", { class: "dqx-muted", role: "status" });
    const undo = h(
      "button",
      {
        class: "dqx-button",
        type: "button",
        data: { dqx: "history-undo" },
        on: { click: () => void session.undo() },
      },
      "Undo",
      key(printed("undo")),
    );
    const list = h("div", { class: "dqx-history-list" });
    const more = h("button", {
      class: "dqx-button dqx-history-more",
      type: "button",
      text: "Show more",
      hidden: true,
      on: {
        click: () => {
          limit += PAGE * 2;
          void load();
        },
      },
    });
    root.append(h("div", { class: "dqx-history-head" }, total, undo), list, more);

    let limit = PAGE;
    let turn = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });

    const load = async (): Promise<void> => {
      const mine = ++turn;
      if (!session.hello) {
        total.textContent = "Waiting for the review …";
        return;
      }
      try {
        const { entries, total: all } = await session.history(limit);
        if (mine !== turn || signal.aborted) return;
        total.textContent = all === 0 ? "No decisions yet." : `${count(all)} decision${all === 1 ? "" : "s"}`;
        undo.disabled = all === 0;
        more.hidden = entries.length >= all;
        keepFocus(root, () =>
          list.replaceChildren(
            ...sittings(entries).map((sitting) =>
              h(
                "section",
                {},
                h("h4", {
                  class: "dqx-history-when",
                  text: `${sentence(day(sitting.newest))}, ${span(sitting.oldest, sitting.newest)} · ${count(sitting.entries.length)}`,
                }),
                h(
                  "ul",
                  { class: "dqx-history-rows" },
                  ...sitting.entries.map((entry) => h("li", {}, makeRow(session, entry))),
                ),
              ),
            ),
          ),
        );
        mark();
      } catch (error) {
        if (mine !== turn || signal.aborted || error instanceof Disconnected) return;
        total.textContent = `The history could not be read: ${(error as Error).message}`;
      }
    };

    const mark = (): void => {
      for (const row of list.querySelectorAll<HTMLElement>(".dqx-history-row"))
        row.classList.toggle("dqx-history-current", row.dataset.item === String(session.current));
    };

    const loadSoon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => void load(), SOON_MS);
    };

    session.on("hello", loadSoon, signal);
    session.on("labels", loadSoon, signal);
    session.on("current", mark, signal);
    void load();
  },
};

function span(from: string, to: string): string {
  const [a, b] = [clock(from), clock(to)];
  return a === b ? a : `${a}–${b}`;
}
