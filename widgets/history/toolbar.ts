/** The line above the history: the branch one is on, and where else one can look. */

import type { Branch } from "../core/kernel/schema";
import { count, h, key } from "../core/ui/dom";
import { printed } from "../core/ui/keys";
import { askBranch, goTo } from "./actions";
import type { Context } from "./context";
import { moment } from "./words";

export interface Toolbar {
  element: HTMLElement;
  update(): void;
  /** Close what is open; whether something was. */
  escape(): boolean;
}

export function makeToolbar(context: Context, filters: HTMLElement): Toolbar {
  const { root, session, state } = context;
  const name = h("span", { class: "dqx-cut" });
  const chooser = h(
    "button",
    {
      class: "dqx-button dqx-history-chooser",
      type: "button",
      data: { dqx: "history-branch" },
      aria: { expanded: "false" },
      on: { click: () => showBranches(branches.hidden === true) },
    },
    h("span", { class: "dqx-muted", text: "branch " }),
    name,
    h("span", { text: " ▾", aria: { hidden: "true" } }),
  );
  const merge = button("Merge…", "history-merge-choose", "", () => {
    showBranches(branches.hidden === true, "[data-dqx=history-merge]");
  });
  const fresh = button("New branch", "history-branch-new", "Begin a branch from what is there now", () => {
    showBranches(false);
    askBranch(context, "head");
  });
  const filter = button("Filter", "history-filter", "Show only some commits", () =>
    showFilters(filters.hidden === true),
  );
  filter.setAttribute("aria-expanded", "false");
  const compare = button("Compare", "history-compare", "See what changed between two versions", () =>
    context.compare("base", "head"),
  );
  const undo = button("Undo", "history-undo", "Take the last decision back", () => void session.undo());
  undo.append(key(printed("undo")));
  const branches = h("ul", {
    class: "dqx-history-branches",
    role: "list",
    hidden: true,
    aria: { label: "Branches" },
  });
  const total = h("span", {
    class: "dqx-muted dqx-history-total",
    role: "status",
    data: { dqx: "history-total" },
  });

  const showBranches = (on: boolean, first = "button"): void => {
    branches.hidden = !on;
    for (const each of [chooser, merge]) each.setAttribute("aria-expanded", String(on));
    if (on) branches.querySelector<HTMLElement>(first)?.focus({ preventScroll: true });
  };
  showBranches(false);
  const showFilters = (on: boolean): void => {
    filters.hidden = !on;
    filter.setAttribute("aria-expanded", String(on));
    if (on) filters.querySelector("select")?.focus({ preventScroll: true });
  };
  branches.addEventListener("keydown", (event) => {
    const buttons = [...branches.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    if (step !== undefined) buttons[(at + step + buttons.length) % buttons.length]?.focus();
    else if (event.key === "Escape") {
      showBranches(false);
      chooser.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const makeBranch = (branch: Branch): HTMLElement =>
    h(
      "li",
      { class: "dqx-history-branch-row", data: { branch: branch.name } },
      branch.current
        ? h("span", {
            class: "dqx-history-here",
            text: `✓ ${branch.name} (you are here)`,
            aria: { current: "true" },
          })
        : h("span", { class: "dqx-history-branch-name dqx-cut", text: branch.name, title: branch.name }),
      branch.current
        ? null
        : h("button", {
            class: "dqx-button dqx-cut",
            type: "button",
            text: `Switch to ${branch.name}`,
            title: branch.name,
            data: { dqx: "history-branch-switch", branch: branch.name },
            on: {
              click: () => {
                showBranches(false);
                chooser.focus({ preventScroll: true });
                void goTo(context, branch.name);
              },
            },
          }),
      branch.current
        ? null
        : h("button", {
            class: "dqx-button",
            type: "button",
            text: "Merge…",
            title: `Bring what was decided on ${branch.name} to ${state.timeline?.branch ?? "here"}`,
            data: { dqx: "history-merge", branch: branch.name },
            aria: { label: `Merge ${branch.name}…` },
            on: {
              click: () => {
                showBranches(false);
                chooser.focus({ preventScroll: true });
                root.dispatchEvent(
                  new CustomEvent("dqx-merge", {
                    bubbles: true,
                    composed: true,
                    detail: { source: branch.name },
                  }),
                );
              },
            },
          }),
      h("span", {
        class: "dqx-muted dqx-cut dqx-history-branch-info",
        text: [ahead(branch), branch.time && `newest commit ${moment(branch.time)}`]
          .filter(Boolean)
          .join(" · "),
      }),
    );

  let drawn = "";
  return {
    element: h(
      "div",
      { class: "dqx-history-tools" },
      h("div", { class: "dqx-history-head" }, chooser, merge, fresh, filter, compare, undo, total),
      branches,
      filters,
    ),
    update() {
      const { timeline } = state;
      chooser.hidden = fresh.hidden = filter.hidden = compare.hidden = timeline === null;
      const active = Object.keys(state.filter).length;
      filter.textContent = active ? `Filter (${active})` : "Filter";
      filter.setAttribute("aria-pressed", String(active > 0));
      undo.disabled = timeline === null || !timeline.commits.some((row) => row.count > 0);
      merge.hidden = !timeline?.branches.some((each) => !each.current);
      if (!timeline) return;
      merge.title = `Choose a branch to merge into ${timeline.branch}`;
      name.textContent = timeline.branch;
      chooser.title = `Branch ${timeline.branch}: choose another, or merge one`;
      const wanted = JSON.stringify([timeline.branches, timeline.branch]);
      if (wanted === drawn) return;
      drawn = wanted;
      const at = [...branches.querySelectorAll("button")].indexOf(
        branches.querySelector(":focus") as HTMLButtonElement,
      );
      branches.replaceChildren(...sorted(timeline.branches).map(makeBranch));
      if (at >= 0) branches.querySelectorAll("button")[at]?.focus({ preventScroll: true });
    },
    escape() {
      const open = !branches.hidden || !filters.hidden;
      if (open) {
        showBranches(false);
        showFilters(false);
      }
      return open;
    },
  };
}

/** The current branch, then main, then the others, newest first. */
function sorted(branches: readonly Branch[]): Branch[] {
  const rank = (b: Branch): number => (b.current ? 0 : b.name === "main" ? 1 : 2);
  return [...branches].sort((a, b) => rank(a) - rank(b) || (a.time < b.time ? 1 : -1));
}

function ahead(branch: Branch): string {
  if (branch.name === "main") return "";
  return branch.ahead === 0
    ? "all of it is in main"
    : `${count(branch.ahead)} commit${branch.ahead === 1 ? "" : "s"} ahead of main`;
}

function button(text: string, hook: string, title: string, click: () => void): HTMLButtonElement {
  return h("button", {
    class: "dqx-button",
    type: "button",
    text,
    title,
    data: { dqx: hook },
    on: { click },
  });
}
