/** The history: who changed what, when and why, newest first, and what can be done about it: undo, revert, tag, branch, compare. */
// In this order: each builds on those before, and what a narrow place changes comes last.
import "./history.css";
import "./toolbar.css";
import "./timeline.css";
import "./compare.css";
import "./narrow.css";
import { Disconnected } from "../core/kernel/transport";
import { timeline } from "../core/session/versions";
import { count, h } from "../core/ui/dom";
import { frame } from "../core/ui/frame";
import { isFor } from "../core/ui/keys";
import type { Panel } from "../core/ui/panel";
import { askRevert } from "./actions";
import { makeCompare } from "./compare";
import type { Context, State } from "./context";
import { makeFilters } from "./filters";
import { makeSaid } from "./notice";
import { MOST, makeTimeline, size } from "./timeline";
import { makeToolbar } from "./toolbar";
import { complaint } from "./words";

const PAGE = 100;
/** The list goes back this far; what is older, a filter or a comparison reaches. */
const FAR = 10_000;
/** Several labels often change together: ask once for all. */
const SOON_MS = 120;

export const History: Panel = {
  name: "history",
  mount(root, session, signal) {
    frame(root, "history", signal);
    const state: State = {
      timeline: null,
      filter: {},
      active: null,
      marked: new Set(),
      open: new Set(),
      asking: null,
    };
    let limit = PAGE;
    /** Commits newer than those in the page; more than `MOST` are never shown at once. */
    let passed = 0;
    let turn = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });

    const context: Context = {
      root,
      session,
      signal,
      state,
      say: (said) => line.say(said),
      reload: () => load(),
      update: () => update(),
      focusRow: () => (compare.element.hidden ? list.focus() : compare.element.focus()),
      compare: (a, b) => {
        showCompare(true);
        compare.open(a, b);
      },
    };
    const filters = makeFilters(context);
    const toolbar = makeToolbar(context, filters.element);
    const line = makeSaid(context);
    const total = toolbar.element.querySelector<HTMLElement>("[data-dqx=history-total]") as HTMLElement;
    const chosen = h("div", {
      class: "dqx-history-chosen",
      role: "group",
      hidden: true,
      aria: { label: "Chosen commits" },
    });
    const asked = h("div", { class: "dqx-history-asked", hidden: true });
    const list = makeTimeline(context);
    const compare = makeCompare(context, () => {
      showCompare(false);
      list.focus();
    });
    const newer = pager("Show newer", () => {
      passed = Math.max(0, passed - PAGE);
      // Back at the top, a reload need not fetch what was passed on the way.
      if (passed === 0) limit = Math.min(limit, MOST);
      draw();
    });
    const more = pager("Show more", () => {
      const fetched = state.timeline?.commits.length ?? 0;
      if (passed + MOST < fetched) {
        passed = Math.min(passed + PAGE, fetched - MOST);
        draw();
        return;
      }
      limit = Math.min(limit + PAGE, FAR);
      passed = Math.max(0, limit - MOST);
      void load();
    });
    const far = h("p", {
      class: "dqx-muted",
      hidden: true,
      text: `These are the newest ${count(FAR)} commits; a filter reaches further back.`,
    });
    const body = h("div", { class: "dqx-history-body" }, newer, list.element, more, far);
    root.append(toolbar.element, line.element, asked, chosen, body, compare.element);

    const showCompare = (on: boolean): void => {
      compare.element.hidden = !on;
      body.hidden = on;
      toolbar.element.hidden = on;
      if (on) compare.update();
      update();
    };

    const load = async (): Promise<void> => {
      const mine = ++turn;
      if (!session.hello) {
        total.textContent = "Waiting for the review …";
        return;
      }
      try {
        const found = await timeline(session, limit, state.filter);
        if (mine !== turn || signal.aborted) return;
        state.timeline = found;
        draw();
      } catch (error) {
        if (mine !== turn || signal.aborted || error instanceof Disconnected) return;
        total.textContent = `The history could not be read: ${complaint(error)}`;
      }
    };

    const draw = (): void => {
      const found = state.timeline;
      if (!found) return;
      passed = Math.min(passed, Math.max(0, found.commits.length - 1));
      total.textContent = size(found, Object.keys(state.filter).length > 0);
      list.show(found.commits.slice(passed, passed + MOST));
      newer.hidden = passed === 0;
      const last = passed + MOST >= found.commits.length;
      more.hidden = last && (found.commits.length >= found.total || limit >= FAR);
      far.hidden = !last || limit < FAR || found.commits.length >= found.total;
      more.textContent = `Show more (${count(found.total - Math.min(passed + MOST, found.commits.length))} older)`;
      compare.update();
    };

    const update = (): void => {
      const kind = session.hello?.dataset.kind ?? "image";
      root.classList.toggle("dqx-history-wordy", kind !== "image");
      toolbar.update();
      filters.update();
      list.update();
      const { asking, marked } = state;
      asked.replaceChildren(...(asking && asking.commit === null ? [asking.form.element] : []));
      asked.hidden = asking?.commit !== null || asking === null;
      chosen.hidden = marked.size === 0 || !compare.element.hidden;
      if (!chosen.hidden) chosen.replaceChildren(...chosenParts());
    };

    const chosenParts = (): HTMLElement[] => [
      h("span", {
        text: `${count(state.marked.size)} commit${state.marked.size === 1 ? "" : "s"} chosen`,
        role: "status",
      }),
      h("button", {
        class: "dqx-button",
        type: "button",
        text: "Revert…",
        data: { dqx: "history-revert-chosen" },
        on: {
          click: () =>
            askRevert(
              context,
              (state.timeline?.commits ?? []).filter((row) => state.marked.has(row.commit)),
            ),
        },
      }),
      h("button", {
        class: "dqx-button",
        type: "button",
        text: "Choose none",
        on: {
          click: () => {
            state.marked.clear();
            update();
            list.focus();
          },
        },
      }),
    ];

    const loadSoon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        void load();
        compare.refresh();
      }, SOON_MS);
    };

    session.on("hello", loadSoon, signal);
    session.on("labels", loadSoon, signal);
    session.on("versions", loadSoon, signal);
    session.on("merged", (text) => line.say({ text, kind: "status" }), signal);
    session.on(
      "current",
      () => {
        list.update();
        compare.update();
        filters.update();
      },
      signal,
    );
    session.on(
      "command",
      (wish) => {
        // The mouse leaves the keyboard outside of what it opened: a list of branches closes from there as well.
        if (wish.name === "escape" && !wish.taken && isFor(root, wish.from)) wish.taken = toolbar.escape();
      },
      signal,
    );
    root.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape" || event.defaultPrevented || !leave()) return;
        event.preventDefault();
        event.stopImmediatePropagation();
      },
      { signal },
    );

    /** Close what is open, the innermost first; whether there was something. */
    const leave = (): boolean => {
      if (toolbar.escape()) return true;
      if (state.marked.size > 0) state.marked.clear();
      else if (!compare.element.hidden) showCompare(false);
      else return false;
      update();
      list.focus();
      return true;
    };

    update();
    void load();
  },
};

function pager(text: string, click: () => void): HTMLButtonElement {
  return h("button", {
    class: "dqx-button dqx-history-more",
    type: "button",
    text,
    hidden: true,
    on: { click },
  });
}
