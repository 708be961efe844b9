/** Nearest items of the suggested label above nearest items of the given one: that comparison settles most cases. */

import type { Card } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { labelChip } from "../core/ui/frame";
import { thumbnail } from "../core/ui/preview";

/** Texts or rows of either label, where that many are shown. */
export const FEW = 5;

/** Both rows; either is left out where there is no such label. */
export function comparison(session: Session, card: Card, most = Number.POSITIVE_INFINITY): HTMLElement {
  const element = h("div", { class: "dqx-card-pair" });
  if (card.suggested >= 0 && card.suggested !== card.given)
    element.append(row(session, card.suggested, card.other.slice(0, most), "card-other"));
  if (card.given >= 0) element.append(row(session, card.given, card.same.slice(0, most), "card-same"));
  return element;
}

function row(session: Session, label: number, items: readonly number[], hook: string): HTMLElement {
  const name = session.className(label);
  return h(
    "div",
    {
      class: "dqx-card-like",
      role: "group",
      data: { dqx: hook },
      aria: { label: `nearest items labelled ${name}` },
    },
    h("div", { class: "dqx-card-pair-name" }, "like it, ", h("strong", {}, labelChip(session, label))),
    items.length === 0
      ? h("div", { class: "dqx-muted", text: "none" })
      : h(
          "div",
          { class: "dqx-card-thumbs" },
          ...items.map((item, i) => thumb(session, item, `${i + 1} of ${items.length}, labelled ${name}`)),
        ),
  );
}

function thumb(session: Session, item: number, which: string): HTMLElement {
  return h(
    "button",
    {
      class: "dqx-card-thumb",
      type: "button",
      title: "Go to this item",
      data: { item: String(item) },
      on: {
        click: () => session.select(item),
        pointerenter: () => session.hover(item),
        pointerleave: () => session.hover(null),
      },
    },
    thumbnail(session, item),
    h("span", { class: "dqx-visually-hidden", text: `nearest ${which}: go to it` }),
  );
}
