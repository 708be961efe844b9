/** An item of which only numbers are known: what stands around it is all that can be shown. */
import type { Card } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { labelChip } from "../core/ui/frame";
import { classColour, isDark } from "../core/ui/theme";
import type { ItemView } from "./view";

/** Labels that are named; the rest is one piece. */
const NAMED = 4;

export function vectorView(session: Session, card: Card): ItemView {
  const votes = card.votes ?? [];
  const all = votes.reduce((sum, [, n]) => sum + n, 0);
  const named = votes.slice(0, NAMED);
  const rest = all - named.reduce((sum, [, n]) => sum + n, 0);
  const bar = h("div", { class: "dqx-votes-bar", aria: { hidden: "true" } });
  for (const [code, n] of votes) {
    const part = h("i");
    part.style.flexGrow = String(n);
    part.style.background = classColour(code, isDark());
    bar.append(part);
  }
  const element = h(
    "div",
    {
      class: "dqx-votes",
      tabIndex: 0,
      role: "group",
      data: { dqx: "votes" },
      aria: { label: "around the item" },
    },
    h("p", {
      class: "dqx-muted",
      text: "Only a vector is known of this item, so there is nothing of its own to look at. Its place is on the map.",
    }),
    ...(all === 0
      ? []
      : [
          h("p", { text: `The labels of its ${all} nearest items:` }),
          bar,
          h(
            "ul",
            { class: "dqx-votes-names" },
            ...named.map(([code, n]) => h("li", {}, labelChip(session, code), ` ${n}`)),
            rest > 0 ? h("li", { class: "dqx-muted", text: `others ${rest}` }) : null,
          ),
        ]),
  );
  return { element, release() {}, fit() {} };
}
