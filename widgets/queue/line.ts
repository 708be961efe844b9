/** The line across the queue where the stop rule would end it: how far down the ranking it is worth going. */

import type { Session } from "../core/session/session";
import { lastBefore } from "../core/state/ranking";
import { setAttribute } from "../core/ui/change";
import { h } from "../core/ui/dom";
import { place, type Shape } from "./window";

/** The line across the queue, between the last item above the cut and the first below it. */
export function makeLine(
  session: Session,
  stop: () => string,
): {
  draw(area: HTMLElement, shown: readonly number[], shape: Shape): void;
} {
  // For eyes only: the line of words above the queue says the same.
  const element = h("div", {
    class: "dqx-queue-cut",
    data: { dqx: "cut-line" },
    aria: { hidden: "true" },
    hidden: true,
  });
  return {
    draw(area, shown, shape) {
      const { dial } = session;
      if (element.parentElement !== area) area.append(element);
      const { items, asNamed, scope, sort } = session.filter;
      const ranked = (scope === "label" || scope === "all") && sort === "suspicion";
      // Items that stand as they were drawn or named, or in a scope's own order, lie on no side of it.
      const away = !dial.ready || shown.length === 0 || !ranked || (items !== null && asNamed === true);
      const above = away ? 0 : shownAbove(session, shown);
      // All that is shown may lie above the cut: the line is drawn where the cut is, or not at all.
      const hides = away || (above === shown.length && !dial.on);
      if (element.hidden !== hides) element.hidden = hides;
      if (hides) return;
      const at = place(Math.max(0, above - 1), shape);
      const x = above === 0 ? at.x - shape.gap / 2 : at.x + shape.tileWidth + shape.gap / 2;
      element.dataset.above = String(above);
      const { style } = element;
      const there = `translate(${x - 1}px, ${at.y}px)`;
      if (style.transform !== there) style.transform = there;
      if (style.height !== `${shape.tileHeight}px`) style.height = `${shape.tileHeight}px`;
      const rule = `Below this line fewer than ${dial.target} % are expected to be wrong.`;
      setAttribute(element, "title", [rule, stop()].filter(Boolean).join("\n"));
    },
  };
}

/** How many of the items shown lie above the cut; a random one lies where the next of the ranking does. */
export function shownAbove(session: Session, shown: readonly number[]): number {
  const { count: cut } = session.dial.cut;
  const passes = (place: number): boolean => {
    let at = place;
    while (session.drawn.has(shown[at] as number)) at++;
    // Random ones at the end, where those after them are hidden, belong to those before.
    if (at === shown.length) for (at = place; at > 0 && session.drawn.has(shown[at] as number); ) at--;
    return (session.rank(shown[at] as number) ?? Number.POSITIVE_INFINITY) <= cut;
  };
  return lastBefore(shown.length, passes);
}
