/** How much of the queue is drawn at random: "1 in 10 drawn at random", as a choice. */

import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";

const CHOICES = [0, 20, 10, 5];

export interface MixView {
  element: HTMLElement;
  update(): void;
}

/** Make the choice; it is there where random items belong in the queue. */
export function makeMix(session: Session): MixView {
  const select = h("select", {
    data: { dqx: "audit-rate" },
    aria: { label: "Share of the queue that is drawn at random" },
    on: { change: () => session.setAuditRate(Number(select.value)) },
  });
  const element = h(
    "label",
    {
      class: "dqx-mix",
      title:
        "Random items stand among the worst, with a badge: what you decide on them says without bias how many errors are left",
      hidden: true,
    },
    select,
    "drawn at random",
  );
  let offered = "";
  return {
    element,
    update() {
      element.hidden = !session.mixes;
      const { every } = session.auditRate;
      const choices = CHOICES.includes(every) ? CHOICES : [...CHOICES, every];
      if (offered !== choices.join())
        select.replaceChildren(
          ...choices.map((each) =>
            h("option", { value: String(each), text: each ? `1 in ${count(each)}` : "none" }),
          ),
        );
      offered = choices.join();
      if (select.value !== String(every)) select.value = String(every);
    },
  };
}
