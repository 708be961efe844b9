/** "Stop here": what is left below the end of the queue or the cut, said when the reviewer has come there. */

import type { Stops } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { shownAbove } from "./dial";
import { extent, place, type Shape } from "./window";

/** Room for the words after the last tile of a strip, and under the last row of a grid. */
const WIDTH = 190;
const HEIGHT = 26;

export interface StopView {
  /** The line above the queue, there when the reviewer has come to the end or beyond the cut. */
  line: HTMLElement;
  /** Room that the words at the end of the queue take. */
  room(shape: Shape): { width: number; height: number };
  /** Put the words after the last tile. */
  draw(area: HTMLElement, shown: readonly number[], shape: Shape): void;
  update(): void;
}

export function makeStop(session: Session): StopView {
  const line = h("div", { class: "dqx-queue-stop", role: "status", hidden: true, data: { dqx: "stop" } });
  // For eyes only: the line above says the same once it matters.
  const end = h("div", {
    class: "dqx-queue-end",
    hidden: true,
    data: { dqx: "queue-end" },
    aria: { hidden: "true" },
  });
  const stops = (): Stops => session.left?.stop ?? { suspects: "", cut: "" };

  /** What is left below the end of the queue as it is filtered. */
  const atEnd = (): string => {
    const { scope, cut } = session.filter;
    if (scope !== "label" || session.narrowed || session.queue.length === 0) return "";
    return cut !== null ? stops().cut : stops().suspects;
  };
  /** What to say where the reviewer is now. */
  const here = (): string => {
    const { queue, current, dial, filter, reviewed } = session;
    const ranked = filter.scope === "label" || filter.scope === "all";
    if (queue.length === 0 || session.narrowed || !ranked || filter.sort !== "suspicion") return "";
    const at = current === null ? -1 : session.position(current);
    if (atEnd() && (at === queue.length - 1 || reviewed === queue.length)) return atEnd();
    // Where not even the first item is that likely wrong, there is no line to stop at.
    const crossed = dial.ready && !dial.on && dial.cut.count > 0 && at >= 0;
    return crossed && at >= shownAbove(session, queue) ? stops().cut : "";
  };
  return {
    line,
    room(shape) {
      if (!atEnd()) return { width: 0, height: 0 };
      return shape.mode === "strip" ? { width: WIDTH, height: 0 } : { width: 0, height: HEIGHT };
    },
    draw(area, shown, shape) {
      if (end.parentElement !== area) area.append(end);
      const words = shown.length > 0 ? atEnd() : "";
      end.hidden = words === "";
      if (end.textContent !== words) end.textContent = words;
      if (end.hidden) return;
      const strip = shape.mode === "strip";
      const at = strip
        ? place(shown.length, shape)
        : { x: shape.gap, y: extent(shown.length, shape).height - shape.gap / 2 };
      end.style.transform = `translate(${at.x}px, ${at.y}px)`;
      end.style.width = strip ? `${WIDTH - shape.gap}px` : "";
      end.style.height = `${strip ? shape.tileHeight : HEIGHT - shape.gap / 2}px`;
    },
    update() {
      const words = here();
      line.hidden = words === "";
      if (line.textContent !== words) line.textContent = words;
    },
  };
}
