/** One commit of the timeline: what changed, who, when, why; and, while it is the active one, what can be done with it. */

import type { CommitRow } from "../core/kernel/schema";
import { clock } from "../core/kernel/words";
import { untag } from "../core/session/versions";
import { h, key } from "../core/ui/dom";
import { type PanelKeyNames, printedIn } from "../core/ui/keys";
import { askBranch, askRevert, askTag, refusal } from "./actions";
import { arrange } from "./childOrder";
import type { Context } from "./context";
import { makeEntries } from "./entries";
import { changeElement, itemElement, picture } from "./entryRow";
import { complaint, shortCommit, summary, whyOf } from "./words";

/** Pictures of a commit of many. */
const PICTURES = 3;

export interface Row {
  element: HTMLElement;
  main: HTMLElement;
  commit: CommitRow;
  /** Show active, ticked, open and current as the state has them. */
  update(): void;
}

export function makeCommitRow(context: Context, row: CommitRow): Row {
  const { session, state } = context;
  const only = row.count === 1 ? (row.entries[0] ?? null) : null;
  const tick = h("input", {
    class: "dqx-history-tick",
    type: "checkbox",
    tabIndex: -1,
    disabled: !row.undoable,
    title: row.undoable ? "Choose several commits to take them back together (Space)" : refusal(row),
    data: { dqx: "history-select" },
    aria: { label: `Choose commit ${shortCommit(row.commit)}` },
    on: {
      change: () => {
        if (tick.checked) state.marked.add(row.commit);
        else state.marked.delete(row.commit);
        state.active = row.commit;
        context.update();
      },
    },
  });
  const main = makeMain(context, row);
  const twist = h("button", {
    class: "dqx-history-twist",
    type: "button",
    text: "▸",
    tabIndex: -1,
    title: "Show or hide its decisions (→ ←)",
    data: { dqx: "history-expand" },
    on: { click: () => toggle(context, row) },
  });
  const line = h("div", { class: "dqx-history-line" }, tick, main, twist);
  const element = h(
    "li",
    {
      class: "dqx-history-commit",
      role: "listitem",
      data: {
        dqx: "history-commit",
        commit: row.commit,
        kind: row.kind,
        undone: String(row.undone),
        rater: row.rater,
      },
    },
    line,
  );
  if (row.kind === "merge") element.classList.add("dqx-history-merge");
  let acts: HTMLElement | null = null;
  let details: HTMLElement | null = null;

  return {
    element,
    main,
    commit: row,
    update() {
      const active = state.active === row.commit;
      const open = state.open.has(row.commit);
      const current = session.current !== null && row.entries.some((entry) => entry.item === session.current);
      element.classList.toggle("dqx-history-active", active);
      element.classList.toggle("dqx-history-current", current);
      main.tabIndex = active ? 0 : -1;
      if (only === null) main.setAttribute("aria-expanded", String(open));
      if (current) element.setAttribute("aria-current", "true");
      else element.removeAttribute("aria-current");
      tick.checked = state.marked.has(row.commit);
      twist.textContent = open ? "▾" : "▸";
      twist.setAttribute("aria-expanded", String(open));
      twist.setAttribute("aria-label", open ? "Hide decisions" : "Show decisions");
      acts = active ? (acts ?? makeActs(context, row)) : null;
      details = open ? (details ?? makeEntries(session, row, Object.keys(state.filter).length > 0)) : null;
      for (const each of details?.querySelectorAll<HTMLElement>("[data-item]") ?? [])
        each.classList.toggle("dqx-history-current", each.dataset.item === String(session.current));
      const asking = state.asking?.commit === row.commit ? state.asking.form.element : null;
      arrange(
        element,
        [line, asking ? null : acts, asking, details].filter((part) => part !== null),
      );
    },
  };
}

/** Show or hide the decisions of a commit. */
export function toggle(context: Context, row: CommitRow, on = !context.state.open.has(row.commit)): void {
  const { state } = context;
  if (on) state.open.add(row.commit);
  else state.open.delete(row.commit);
  state.active = row.commit;
  context.update();
}

/** Show the commit's item everywhere; one of many shows its decisions instead. */
export function press(context: Context, row: CommitRow): void {
  const item = row.entries[0]?.item ?? null;
  context.state.active = row.commit;
  if (row.count === 1 && item !== null) {
    context.session.select(item);
    context.update();
  } else toggle(context, row);
}

function makeMain(context: Context, row: CommitRow): HTMLElement {
  const { session } = context;
  const first = row.entries[0];
  const only = row.count === 1 ? first : undefined;
  const pictures = row.entries.slice(0, PICTURES).map((entry) => picture(session, entry.item));
  const why = whyOf(row);
  const labels = [
    ...row.tags.map((name) =>
      h("span", { class: "dqx-history-label", title: `Tag ${name}`, text: `⚑ ${name}` }),
    ),
    row.kind === "merge" ? h("span", { class: "dqx-history-label", text: "merge" }) : null,
    row.undone ? h("span", { class: "dqx-history-label", text: "undone" }) : null,
  ];
  return h(
    "div",
    {
      class: "dqx-history-main",
      role: "button",
      tabIndex: -1,
      data: {
        dqx: "history-row",
        ...(only ? { op: only.op } : {}),
        ...(only && only.item !== null ? { item: String(only.item) } : {}),
      },
      on: {
        click: () => {
          press(context, row);
          context.focusRow();
        },
        pointerenter: () => session.hover(only?.item ?? null),
        pointerleave: () => session.hover(null),
      },
    },
    h("time", { class: "dqx-muted", dateTime: row.time, title: row.time, text: clock(row.time) }),
    h("span", { class: "dqx-history-pictures" }, ...pictures),
    h(
      "span",
      { class: "dqx-history-what" },
      changeElement(summary(row), row.count === 1),
      h("span", { class: "dqx-history-labels" }, ...labels),
    ),
    h(
      "span",
      { class: "dqx-history-meta" },
      h("span", { class: "dqx-history-why dqx-muted dqx-cut", text: why, title: why }),
      only ? itemElement(session, only.item, only.itemId) : h("span", { class: "dqx-history-item" }),
      h("span", {
        class: "dqx-history-rater dqx-muted dqx-cut",
        text: row.rater,
        title: row.raterKind && row.raterKind !== "person" ? `${row.rater} (${row.raterKind})` : row.rater,
      }),
    ),
  );
}

function makeActs(context: Context, row: CommitRow): HTMLElement {
  const { session } = context;
  const act = (
    text: string,
    name: PanelKeyNames["History"],
    hook: string,
    title: string,
    run: () => void,
  ): HTMLButtonElement =>
    h(
      "button",
      { class: "dqx-button", type: "button", title, data: { dqx: hook }, on: { click: run } },
      text,
      key(printedIn("History", name)),
    );
  const takeBack = act(
    "Revert",
    "revert",
    "history-revert",
    row.undoable ? "Take this commit back by a new one" : refusal(row),
    () => askRevert(context, [row]),
  );
  takeBack.disabled = !row.undoable;
  return h(
    "div",
    { class: "dqx-history-acts", role: "group", aria: { label: `Commit ${shortCommit(row.commit)}` } },
    takeBack,
    act("Tag", "tag", "history-tag", "Give this version a name", () => askTag(context, row)),
    act("Compare", "compare", "history-compare-now", "Compare this version with now", () => {
      context.compare(row.commit, "head");
    }),
    act("Branch", "branch", "history-branch-here", "Begin a branch at this version", () => {
      askBranch(context, row.commit);
    }),
    ...row.tags.map((name) =>
      h("button", {
        class: "dqx-button dqx-cut",
        type: "button",
        text: `Remove tag ${name}`,
        data: { dqx: "history-untag", tag: name },
        on: {
          click: () =>
            void untag(session, name).then(
              () => {
                context.say({ text: `The tag ${name} is gone; the version stays.`, kind: "status" });
                return context.reload();
              },
              (error) => context.say({ text: complaint(error), kind: "alert" }),
            ),
        },
      }),
    ),
  );
}
