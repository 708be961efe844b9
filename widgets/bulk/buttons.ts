/** "Accept 19 suggestions…" and the other decisions on many items: on those that are picked, else on what the queue offers. */
import type { Session } from "../core/session/session";
import { toldScope } from "../core/state/told";
import { setText } from "../core/ui/change";
import { count, h, key } from "../core/ui/dom";
import { command, printed } from "../core/ui/keys";
import { openSize, scopeSize, takesMany } from "./plan";

export interface BulkButtons {
  /** What is done most in this scope: accept the suggestions; of outliers, leave them out. Stands in the bar. */
  main: HTMLElement;
  /** The others: on request. */
  others: HTMLElement;
}

/** Commands, what they do to so many items, and what for. */
const OTHERS: readonly (readonly [string, string, string])[] = [
  ["relabel-all", "Relabel", "Give all of them one label"],
  ["keep-all", "Keep", "Say that their given labels are right"],
  ["leave-out-all", "Leave out", "Leave them out of the dataset, their labels as they are"],
];

/** Make the buttons; they are away while there is nothing to decide about. */
export function makeBulkButtons(session: Session, signal: AbortSignal): BulkButtons {
  const button = (name: string, title: string, ...inside: HTMLElement[]): HTMLButtonElement => {
    const cap = printed(name);
    const made: HTMLButtonElement = h(
      "button",
      {
        class: "dqx-button dqx-bulk-button",
        type: "button",
        title: `${title}; says first what would change`,
        data: { dqx: name },
        aria: { haspopup: "dialog" },
        on: { click: () => void command(name, made, session) },
      },
      ...inside,
      cap ? key(cap) : null,
    );
    return made;
  };
  const many = h("span");
  const thing = h("span", { class: "dqx-bulk-thing" });
  const accept = button("accept-all", "Accept the suggested label of all of them", many, thing);
  const others = OTHERS.map(([name, verb, title]) => {
    const text = h("span");
    return { element: button(name, title, text), text, verb };
  });
  const main = h("span", { class: "dqx-bulk-main" });
  const rest = h("span", { class: "dqx-bulk-main" });
  let leaves: boolean | null = null;
  /** What is there because it is like nothing else is not given a class by the dozen. */
  const arrange = (now: boolean): void => {
    if (now === leaves) return;
    leaves = now;
    const all = [accept, ...others.map(({ element }) => element)];
    const first = now ? all.pop() : all.shift();
    main.replaceChildren(...(first ? [first] : []));
    rest.replaceChildren(...all);
  };
  const fill = (): void => {
    arrange(toldScope(session.filter) === "outlier");
    const n = openSize(session);
    const none = !session.scores || scopeSize(session) === 0 || !takesMany(session);
    accept.hidden = none || n === 0;
    setText(many, `Accept ${count(n)}`);
    setText(thing, n === 1 ? " suggestion" : " suggestions");
    for (const { element, text, verb } of others) {
      element.hidden = none;
      setText(text, `${verb} ${count(n)}…`);
    }
  };
  thing.after("…");
  for (const topic of ["queue", "scores", "hello", "picked", "labels"] as const)
    session.on(topic, fill, signal);
  fill();
  return { main, others: rest };
}
