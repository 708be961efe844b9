/** How the queue is sorted, as a choice. */
import type { Session } from "../core/session/session";
import { SORTS, type Sort } from "../core/state/filter";
import { h } from "../core/ui/dom";

export function makeSort(session: Session, signal: AbortSignal): HTMLElement {
  const select = h(
    "select",
    {
      class: "dqx-queue-sort",
      title: "How the queue is sorted",
      data: { dqx: "sort" },
      aria: { label: "Sort the queue" },
      on: { change: () => session.setFilter({ sort: select.value as Sort }) },
    },
    ...SORTS.map(({ name, title }) => h("option", { value: name, text: title })),
  );
  const fill = (): void => {
    const { sort, asNamed } = session.filter;
    select.value = sort;
    // What was named one by one stands in that order.
    select.hidden = asNamed === true && session.filter.items !== null;
  };
  session.on("filter", fill, signal);
  fill();
  return select;
}
