/** What stands where no tile does: why, and the way on. */
import { AUDIT, checkRandom } from "../core/session/randomCheck";
import { whyEmpty as whyNone } from "../core/session/scopeWords";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";

/** Say why the queue is empty. */
export function whyEmpty(session: Session, signal: AbortSignal): Node[] {
  if (!session.scores) return [h("span", { text: "The queue fills when the items are scored." })];
  const { scope, cut, found } = session.filter;
  const everything = { scope: "all", pair: null, label: null, items: null, hideReviewed: false } as const;
  if (found) {
    const text = `“${found.text}”`;
    const n = found.items.size;
    const clear = act("Clear the search", "search-clear-empty", () => session.setFilter({ found: null }));
    if (n === 0) return [h("span", { text: `Nothing is found for ${text}. ` }), clear];
    return [
      h("span", { text: `Nothing is found for ${text} here. ` }),
      act(`In everything (${count(n)})`, "search-everywhere", () => {
        session.setFilter(everything);
      }),
      clear,
    ];
  }
  if (scope === "label" && cut === null && !session.narrowed && session.passing === 0)
    return [
      h("span", { text: "No label errors. To be sure, check some random labels. " }),
      act(`Check ${AUDIT} random labels`, "audit-none", () => void checkRandom(session, signal)),
    ];
  return [
    h("span", { text: `${whyNone(session)} ` }),
    act("Show all", "show-all", () => session.setFilter({ ...everything, found: null })),
  ];
}

function act(text: string, hook: string, click: () => void): HTMLElement {
  return h("button", { class: "dqx-button", type: "button", text, data: { dqx: hook }, on: { click } });
}
