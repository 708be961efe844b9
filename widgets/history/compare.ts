/** Two versions side by side: how many labels went from which class to which, and the items that did. */

import type { Diff, DiffRow } from "../core/kernel/schema";
import { Disconnected } from "../core/kernel/transport";
import { diff } from "../core/session/versions";
import { count, h, key } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import type { Context } from "./context";
import { changeElement, itemElement, itemEvents, picture } from "./entryRow";
import { makeVersionChooser } from "./versionChooser";
import { ARROW, complaint, items, labelName, moment } from "./words";

const PAGE = 100;
/** More changed items than this are never in the page at once. */
const MOST = 300;

export interface Compare {
  element: HTMLElement;
  open(a: string, b: string): void;
  /** The labels changed, or the versions did: look again. */
  refresh(): void;
  update(): void;
}

export function makeCompare(context: Context, close: () => void): Compare {
  const { session, signal } = context;
  let found: Diff | null = null;
  /** The class pair that the list is narrowed to, as its key. */
  let pair: string | null = null;
  let limit = PAGE;
  let turn = 0;

  const from = makeVersionChooser(context, "Earlier version", "history-compare-from", () => again());
  const to = makeVersionChooser(context, "Later version", "history-compare-to", () => again());
  const back = h(
    "button",
    { class: "dqx-button", type: "button", data: { dqx: "history-compare-close" }, on: { click: close } },
    "Close",
    key("Esc"),
  );
  const swap = h("button", {
    class: "dqx-button",
    type: "button",
    text: "⇄",
    title: "Swap the two versions",
    aria: { label: "Swap the two versions" },
    on: {
      click: () => {
        const [a, b] = [from.value, to.value];
        from.set(b);
        to.set(a);
        again();
      },
    },
  });
  const word = h("p", { class: "dqx-history-word", role: "status", data: { dqx: "history-diff-word" } });
  const pairs = h("div", { class: "dqx-history-pairs" });
  const list = h("ul", {
    class: "dqx-history-rows dqx-history-diff",
    role: "list",
    aria: { label: "Changed items" },
  });
  const more = h("button", {
    class: "dqx-button dqx-history-more",
    type: "button",
    hidden: true,
    text: "Show more",
    on: {
      click: () => {
        limit = Math.min(limit + PAGE, MOST);
        draw();
      },
    },
  });
  const element = h(
    "section",
    {
      class: "dqx-history-compare",
      hidden: true,
      tabIndex: -1,
      data: { dqx: "history-diff" },
      aria: { label: "Compare versions" },
    },
    h(
      "div",
      { class: "dqx-history-versions" },
      h("label", {}, h("span", { class: "dqx-muted", text: "from " }), from.element),
      swap,
      h("label", {}, h("span", { class: "dqx-muted", text: "to " }), to.element),
      back,
    ),
    word,
    h("div", { class: "dqx-history-found" }, pairs, h("div", { class: "dqx-history-items" }, list, more)),
  );
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    if (pair === null) close();
    else narrow(null);
  });
  // The mouse would leave the keyboard outside, where Escape does not close the comparison.
  element.addEventListener("click", (event) => {
    const { activeElement } = element.getRootNode() as Document | ShadowRoot;
    if (event.detail > 0 && activeElement?.tagName === "BUTTON" && element.contains(activeElement))
      element.focus({ preventScroll: true });
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    if (step === undefined || at < 0 || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = buttons[at + step];
    if (!next) return;
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  });

  const again = (): void => {
    found = null;
    pair = null;
    limit = PAGE;
    void load();
  };

  const load = async (): Promise<void> => {
    const mine = ++turn;
    if (!found) word.textContent = "Comparing …";
    try {
      const answer = await diff(session, from.value, to.value, MOST + 200);
      if (mine !== turn || signal.aborted) return;
      found = answer;
      if (pair !== null && !answer.counts.some(([a, b]) => pairKey(a, b) === pair)) pair = null;
      draw();
    } catch (error) {
      if (mine !== turn || signal.aborted || error instanceof Disconnected) return;
      found = null;
      draw();
      word.textContent = complaint(error);
    }
  };

  const narrow = (to: string | null): void => {
    pair = to;
    limit = PAGE;
    draw();
  };

  const draw = (): void => {
    const rows = (found?.rows ?? []).filter((row) => pair === null || pairKey(row.old, row.new) === pair);
    const shown = rows.slice(0, limit);
    const wanted = found?.counts.find(([a, b]) => pairKey(a, b) === pair)?.[2] ?? found?.total ?? 0;
    word.textContent = found ? inWords(found, shown.length, wanted, pair !== null) : "";
    keepFocus(
      element,
      () => {
        const held = pairs.querySelector<HTMLElement>(":focus")?.dataset.pair;
        pairs.replaceChildren(...(found && found.counts.length > 0 ? [pairTable(found, pair, narrow)] : []));
        pairs
          .querySelector<HTMLElement>(`[data-pair="${CSS.escape(held ?? "")}"]`)
          ?.focus({ preventScroll: true });
        const old = list.querySelector<HTMLElement>(":focus")?.dataset.itemId;
        list.replaceChildren(...shown.map((row, i) => h("li", {}, makeDiffRow(context, row, i === 0))));
        if (old !== undefined)
          list
            .querySelector<HTMLElement>(`[data-item-id="${CSS.escape(old)}"]`)
            ?.focus({ preventScroll: true });
      },
      () => back,
    );
    more.hidden = shown.length >= Math.min(rows.length, MOST);
    mark();
  };

  const mark = (): void => {
    for (const row of list.querySelectorAll<HTMLElement>("[data-item]"))
      row.classList.toggle("dqx-history-current", row.dataset.item === String(session.current));
  };

  return {
    element,
    open(a, b) {
      from.set(a);
      to.set(b);
      element.focus({ preventScroll: true });
      again();
    },
    refresh() {
      if (!element.hidden) void load();
    },
    update() {
      from.update();
      to.update();
      mark();
    },
  };
}

function inWords(found: Diff, shown: number, wanted: number, narrowed: boolean): string {
  const parts = [found.total === 0 ? "No label differs." : `${items(found.total)} changed.`];
  if (found.added > 0) parts.push(`${items(found.added)} came in.`);
  if (found.removed > 0) parts.push(`${items(found.removed)} went.`);
  if (shown < wanted)
    parts.push(
      `${count(shown)} of ${narrowed ? "this pair’s " : ""}${count(wanted)} are shown${narrowed ? "" : "; a pair narrows the list"}.`,
    );
  return parts.join(" ");
}

/** "cat\ndog": a class pair as one text. */
function pairKey(old: string | null, next: string | null): string {
  return JSON.stringify([old, next]);
}

/** Pairs beyond these stand behind a word: the list itself holds them. */
const PAIRS = 40;

function pairTable(found: Diff, chosen: string | null, narrow: (to: string | null) => void): HTMLElement {
  const sorted = [...found.counts].sort((a, b) => b[2] - a[2]);
  const most = sorted[0]?.[2] ?? 1;
  return h(
    "table",
    { class: "dqx-history-pair-table" },
    h("caption", {
      class: "dqx-visually-hidden",
      text: "Changes by class; a row narrows the list to its pair",
    }),
    h(
      "tbody",
      {},
      ...sorted.slice(0, PAIRS).map(([old, next, n]) => {
        const name = pairKey(old, next);
        const bar = h("span", { class: "dqx-history-bar" });
        bar.style.width = `${Math.max(2, (100 * n) / most)}%`;
        return h(
          "tr",
          {},
          h(
            "td",
            {},
            h(
              "button",
              {
                class: "dqx-button dqx-history-pair",
                type: "button",
                data: { dqx: "history-diff-pair", pair: name },
                aria: { pressed: String(chosen === name) },
                on: { click: () => narrow(chosen === name ? null : name) },
              },
              changeElement(`${labelName(old)}${ARROW}${labelName(next)}`),
            ),
          ),
          h("td", { class: "dqx-history-n", text: count(n) }),
          h("td", { class: "dqx-history-bars", aria: { hidden: "true" } }, bar),
        );
      }),
      sorted.length > PAIRS
        ? h(
            "tr",
            {},
            h("td", { class: "dqx-muted", text: `and ${count(sorted.length - PAIRS)} rarer pairs` }),
          )
        : null,
    ),
  );
}

/** "cat → dog", "cat left out", "cat → dog, left out". */
function differenceOf({ old, new: now, left_out: out }: DiffRow): string {
  const changed = `${labelName(old)}${ARROW}${labelName(now)}`;
  if (!out) return changed;
  return old === now ? `${labelName(now)} ${out}` : `${changed}, ${out}`;
}

function makeDiffRow(context: Context, row: DiffRow, first: boolean): HTMLElement {
  const { session } = context;
  const { item } = row;
  const cells = [
    picture(session, item),
    changeElement(differenceOf(row)),
    itemElement(session, item, row.itemId),
    h("span", {
      class: "dqx-history-who dqx-muted dqx-cut",
      text: [row.rater, moment(row.time)].filter(Boolean).join(", "),
      title: row.time ?? "",
    }),
    h("span", {
      class: "dqx-history-why dqx-muted dqx-cut",
      text: row.why && `“${row.why}”`,
      title: row.why,
    }),
  ];
  const data = { dqx: "history-diff-row", itemId: row.itemId };
  if (item === null) return h("div", { class: "dqx-history-diff-row", data }, ...cells);
  return h(
    "button",
    {
      class: "dqx-history-diff-row",
      type: "button",
      tabIndex: first ? 0 : -1,
      data: { ...data, item: String(item) },
      on: { click: () => session.select(item), ...itemEvents(session, item) },
    },
    ...cells,
  );
}
