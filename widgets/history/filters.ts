/** Which commits the history shows: of one person, about one class, for one reason, about one item. */

import type { TimelineFilter } from "../core/kernel/schema";
import { shortId } from "../core/kernel/words";
import { h } from "../core/ui/dom";
import type { Context } from "./context";

export interface Filters {
  element: HTMLElement;
  update(): void;
}

type Field = "rater" | "label" | "reason";
const FIELDS: readonly { field: Field; all: string; about: string; from: "raters" | "labels" | "reasons" }[] =
  [
    { field: "rater", all: "every person", about: "Person", from: "raters" },
    { field: "label", all: "every class", about: "Class", from: "labels" },
    { field: "reason", all: "every reason", about: "Reason", from: "reasons" },
  ];

export function makeFilters(context: Context): Filters {
  const { session, state } = context;
  const set = (field: keyof TimelineFilter, value: string): void => {
    const { [field]: _, ...rest } = state.filter;
    state.filter = value ? { ...rest, [field]: value } : rest;
    state.marked.clear();
    context.update();
    void context.reload();
  };
  const selects = FIELDS.map(({ field, about }) =>
    h("select", {
      class: "dqx-history-select",
      data: { dqx: `history-filter-${field}` },
      aria: { label: about },
      on: { change: (event) => set(field, (event.target as HTMLSelectElement).value) },
    }),
  );
  const item = h("button", {
    class: "dqx-button dqx-cut",
    type: "button",
    data: { dqx: "history-filter-item" },
    aria: { pressed: "false" },
    on: { click: () => void onlyCurrent() },
  });
  const onlyCurrent = async (): Promise<void> => {
    if (state.filter.item !== undefined) set("item", "");
    else if (session.current !== null) set("item", (await session.card(session.current)).id);
  };
  const clear = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Show all",
    data: { dqx: "history-filter-clear" },
    on: {
      click: () => {
        state.filter = {};
        context.update();
        void context.reload();
        selects[0]?.focus();
      },
    },
  });
  const element = h(
    "div",
    { class: "dqx-history-filters", role: "group", hidden: true, aria: { label: "Filter" } },
    ...selects,
    item,
    clear,
  );
  return {
    element,
    update() {
      const { filter, timeline } = state;
      FIELDS.forEach(({ field, all, from }, i) => {
        const select = selects[i];
        if (!select) return;
        const chosen = filter[field] ?? "";
        const names = timeline?.[from] ?? [];
        const values = ["", ...names, ...(chosen && !names.includes(chosen) ? [chosen] : [])];
        if ([...select.options].map((o) => o.value).join("\n") !== values.join("\n"))
          select.replaceChildren(...values.map((value) => h("option", { value, text: value || all })));
        select.value = chosen;
        select.classList.toggle("dqx-history-narrowed", chosen !== "");
      });
      item.textContent = filter.item === undefined ? "This item" : `Item ${shortId(filter.item)} ✕`;
      item.title = "Only what was decided on the current item";
      item.setAttribute("aria-pressed", String(filter.item !== undefined));
      item.disabled = filter.item === undefined && session.current === null;
      clear.hidden = Object.keys(filter).length === 0;
    },
  };
}
