/** How a method moves p_error for one item: a small mark with a side and a length, and the same in words. */
import { h, svg } from "../core/ui/dom";

/** Log-odds from which a mark is as long as it gets. */
const FULL = 2.5;
/** Half the mark's width, in pixels. */
const HALF = 12;

/** Against the label it points right and is filled, for the label left and hollow; null where a method has no part. */
export function pushMark(push: number | null | undefined): HTMLElement | null {
  if (typeof push !== "number" || Number.isNaN(push)) return null;
  const words = pushWords(push);
  const length = Math.min(1, Math.abs(push) / FULL) * (HALF - 1);
  const mark = svg("svg", {
    width: 2 * HALF,
    height: 8,
    viewBox: `${-HALF} -4 ${2 * HALF} 8`,
    "aria-hidden": "true",
  });
  if (length >= 0.75)
    mark.append(
      svg("rect", {
        x: push > 0 ? 0 : -length,
        y: -2.5,
        width: length,
        height: 5,
        class: push > 0 ? "dqx-push-against" : "dqx-push-for",
      }),
    );
  mark.append(svg("line", { x1: 0, y1: -4, x2: 0, y2: 4, class: "dqx-push-zero" }));
  const number = `${push < 0 ? "−" : "+"}${Math.abs(push).toFixed(2)}`;
  return h(
    "span",
    {
      class: "dqx-push",
      // A method's push is what it adds to all the others: of two that say the same, one may seem to speak against it.
      title: `beside the others, it ${words} (${number} log-odds of a wrong label)`,
      data: { dqx: "push", side: side(push) },
    },
    mark,
    h("span", { class: "dqx-visually-hidden", text: words }),
  );
}

/** "speaks against the label": which way, and how loudly. */
export function pushWords(push: number): string {
  switch (side(push)) {
    case "neither":
      return "adds next to nothing to the others";
    case "against":
      return `speaks ${loudly(push)}against the label`;
    case "for":
      return `speaks ${loudly(push)}for the label`;
  }
}

function side(push: number): "against" | "for" | "neither" {
  if (Math.abs(push) < 0.15) return "neither";
  return push > 0 ? "against" : "for";
}

function loudly(push: number): string {
  if (Math.abs(push) >= 1.5) return "strongly ";
  return Math.abs(push) < 0.4 ? "a little " : "";
}
