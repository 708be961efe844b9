/** The commits, newest first and grouped into sittings, as a list that the arrow keys walk and Space ticks. */

import type { CommitRow } from "../core/kernel/schema";
import { count, h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { panelKey } from "../core/ui/keys";
import { askBranch, askRevert, askTag } from "./actions";
import { arrange } from "./childOrder";
import { makeCommitRow, press, type Row, toggle } from "./commitRow";
import type { Context } from "./context";
import { sittings } from "./groups";
import { decisions, heading, people } from "./words";

/** More commits than this are never in the page at once. */
export const MOST = 300;

export interface List {
  element: HTMLElement;
  /** Show these commits, as far as `from` begins and `MOST` reaches. */
  show(commits: readonly CommitRow[]): void;
  /** Show again what follows from the state. */
  update(): void;
  focus(): void;
}

export function makeTimeline(context: Context): List {
  const { state, root } = context;
  const element = h("div", { class: "dqx-history-list", data: { dqx: "history-list" } });
  const rows = new Map<string, { row: Row; signature: string }>();
  const sections = new Map<string, { element: HTMLElement; title: HTMLElement; list: HTMLElement }>();
  /** The commits in the page, in their order. */
  let shown: readonly CommitRow[] = [];

  const rowOf = (commit: string | null): Row | undefined =>
    commit === null ? undefined : rows.get(commit)?.row;

  const show = (commits: readonly CommitRow[]): void => {
    shown = commits.slice(0, MOST);
    const filter = JSON.stringify(state.filter);
    const kept = new Set(shown.map((row) => row.commit));
    for (const commit of [...rows.keys()]) if (!kept.has(commit)) rows.delete(commit);
    // A row that says the same is kept as it stands: no flicker, and the keyboard stays where it is.
    for (const commit of shown) {
      const signature = filter + JSON.stringify(commit);
      if (rows.get(commit.commit)?.signature !== signature)
        rows.set(commit.commit, { row: makeCommitRow(context, commit), signature });
    }
    if (state.active === null || !kept.has(state.active)) state.active = shown[0]?.commit ?? null;
    for (const commit of state.marked) if (!rowOf(commit)?.commit.undoable) state.marked.delete(commit);
    const typing = state.asking?.form.element.contains(focused(root)) === true;
    const groups = sittings(shown);
    const keys = new Set(groups.map((group) => group.entries.at(-1)?.commit ?? ""));
    for (const name of [...sections.keys()]) if (!keys.has(name)) sections.delete(name);
    keepFocus(
      root,
      () =>
        arrange(
          element,
          groups.map((group) => {
            // New commits come in at the top: a sitting is known by its oldest.
            const name = group.entries.at(-1)?.commit ?? "";
            const section = sections.get(name) ?? makeSection();
            sections.set(name, section);
            const total = group.entries.reduce((sum, row) => sum + row.count, 0);
            section.title.textContent = `${heading(group.oldest, group.newest)} · ${people(group.entries)} · ${decisions(total)}`;
            section.list.setAttribute("aria-label", section.title.textContent);
            arrange(
              section.list,
              group.entries.flatMap((row) => rowOf(row.commit)?.element ?? []),
            );
            return section.element;
          }),
        ),
      () => rowOf(state.active)?.main ?? null,
    );
    context.update();
    // A row that was made anew took the open question with it.
    if (typing && !state.asking?.form.element.contains(focused(root))) state.asking?.form.focus();
  };

  const update = (): void => {
    for (const { row } of rows.values()) row.update();
  };

  const focus = (): void => {
    const main = rowOf(state.active)?.main;
    main?.focus({ preventScroll: true });
    main?.parentElement?.scrollIntoView?.({ block: "nearest" });
  };

  const go = (place: number, mark: boolean): void => {
    const before = state.active;
    const next = shown[Math.max(0, Math.min(shown.length - 1, place))];
    if (!next) return;
    state.active = next.commit;
    if (mark) for (const commit of [before, next.commit]) tick(commit, true);
    context.update();
    focus();
  };

  /** From a commit into the decisions shown below it, and along them; whether there was somewhere to go. */
  const walkEntries = (target: Element, step: 1 | -1, marking: boolean): boolean => {
    const entries = [
      ...(target.closest("li[data-commit]")?.querySelectorAll<HTMLElement>("button.dqx-history-entry") ?? []),
    ];
    const at = entries.indexOf(target as HTMLElement);
    const next = entries[at + step];
    if (marking || !next || (at < 0 && (step < 0 || !target.matches(".dqx-history-main")))) return false;
    next.focus();
    return true;
  };

  const tick = (commit: string | null, on: boolean): void => {
    const row = rowOf(commit)?.commit;
    if (!row?.undoable) return;
    if (on) state.marked.add(row.commit);
    else state.marked.delete(row.commit);
  };

  const activate = (event: Event): void => {
    const commit = (event.target as Element).closest<HTMLElement>("[data-commit]")?.dataset.commit;
    if (!commit || commit === state.active || pressing) return;
    state.active = commit;
    update();
  };
  /** Between pressing and releasing the pointer no row may move away under it, or there is no click. */
  let pressing = false;
  element.addEventListener("pointerdown", () => {
    pressing = true;
    const page = element.ownerDocument;
    const up = (): void => {
      pressing = false;
      page.removeEventListener("pointerup", up, true);
      page.removeEventListener("pointercancel", up, true);
    };
    page.addEventListener("pointerup", up, true);
    page.addEventListener("pointercancel", up, true);
  });
  element.addEventListener("focusin", activate);
  element.addEventListener("click", (event) => {
    activate(event);
    // The mouse would leave the keyboard outside of the panel; a commit's keys go on where one has clicked.
    const inside = focused(root);
    if (event.detail > 0 && inside?.tagName === "BUTTON" && element.contains(inside))
      rowOf(state.active)?.main.focus({ preventScroll: true });
  });

  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target as Element;
    const row = rowOf(state.active)?.commit;
    if (!row || !target.closest("[data-commit]")) return;
    const at = shown.findIndex((r) => r.commit === row.commit);
    const onMain = target.closest(".dqx-history-main") !== null;
    const press_ = onMain && (event.key === "Enter" || event.key === " ");
    const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const meant = panelKey("History", event.shiftKey ? `Shift+${pressed}` : pressed);
    switch (meant ?? pressed) {
      case "ArrowDown":
        if (!walkEntries(target, 1, event.shiftKey)) go(at + 1, event.shiftKey);
        break;
      case "ArrowUp":
        if (!walkEntries(target, -1, event.shiftKey)) go(at - (onMain ? 1 : 0), event.shiftKey);
        break;
      case "Home":
        go(0, false);
        break;
      case "End":
        go(shown.length - 1, false);
        break;
      case "ArrowRight":
        if (event.shiftKey) return;
        toggle(context, row, true);
        break;
      case "ArrowLeft":
        if (event.shiftKey) return;
        toggle(context, row, false);
        if (!onMain) focus();
        break;
      case "Enter":
        if (!press_) return;
        press(context, row);
        break;
      case "tick":
        if (!press_) return;
        tick(row.commit, !state.marked.has(row.commit));
        context.update();
        break;
      case "revert":
        askRevert(context, state.marked.size > 0 ? shown.filter((r) => state.marked.has(r.commit)) : [row]);
        break;
      case "tag":
        askTag(context, row);
        break;
      case "compare":
        context.compare(row.commit, "head");
        break;
      case "branch":
        askBranch(context, row.commit);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  });

  return { element, show, update, focus };
}

function focused(root: HTMLElement): Element | null {
  return (root.getRootNode() as Document | ShadowRoot).activeElement;
}

function makeSection(): { element: HTMLElement; title: HTMLElement; list: HTMLElement } {
  const title = h("h4", { class: "dqx-history-when" });
  const list = h("ul", { class: "dqx-history-rows", role: "list" });
  return { element: h("section", {}, title, list), title, list };
}

/** "420 commits", or "12 of 420 commits". */
export function size(timeline: { commits: readonly CommitRow[]; total: number }, filtered: boolean): string {
  if (timeline.total === 0) return filtered ? "No commit passes the filter." : "No decisions yet.";
  return `${count(timeline.total)} commit${timeline.total === 1 ? "" : "s"}${filtered ? " pass the filter" : ""}`;
}
