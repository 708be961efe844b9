/** The data: what the methods know of the whole, a sentence each, with a small table; each opens the items it is about. */

import type { Fact, Opens } from "../core/kernel/schema";
import { CallError, Disconnected } from "../core/kernel/transport";
import { countOf } from "../core/kernel/words";
import { h } from "../core/ui/dom";
import type { Place, Section } from "../core/ui/section";
import { makeTable } from "../core/ui/table";

/** Nothing narrows a scope. */
const WHOLE = { pair: null, label: null, items: null, found: null };

/** Scopes that have some of a fact's items, each with why on its card. */
const EXAMPLES: ReadonlySet<string> = new Set(["giveaway", "odd_class", "shifted"]);

export function makeData(place: Place): Section {
  const { session, signal } = place;
  const word = h("p", { class: "dqx-muted", role: "status", data: { dqx: "facts-word" } });
  const list = h("div", { class: "dqx-facts", data: { dqx: "facts" } });
  const element = h("div", {}, word, list);
  let turn = 0;
  /** The facts are of before: scores have changed since. */
  let stale = true;

  const load = async (): Promise<void> => {
    const mine = ++turn;
    stale = false;
    word.textContent = list.firstChild
      ? "Reading what has changed …"
      : "Reading what the methods have found of the whole …";
    try {
      const facts = await session.transport.call("facts");
      if (mine !== turn || signal.aborted) return;
      list.replaceChildren(...facts.map((fact) => factElement(fact, place)));
      word.textContent = "";
    } catch (error) {
      if (mine !== turn || signal.aborted) return;
      stale = true;
      word.textContent = `The facts could not be read: ${why(error)}`;
    }
  };
  session.on(
    "scores",
    (items) => {
      stale = true;
      // A run has ended while somebody looks; what single decisions change is read at the next look.
      if (items === null && !element.closest("[hidden]")) void load();
    },
    signal,
  );
  session.on(
    "facts",
    () => {
      stale = true;
      if (!element.closest("[hidden]")) void load();
    },
    signal,
  );
  return {
    element,
    shown() {
      if (stale) void load();
    },
  };
}

function factElement(fact: Fact, place: Place): HTMLElement {
  const { title, sentence, name, columns, rows, more, opens, known } = fact;
  const bars = rows.some((row) => row.share !== null);
  const opening = rows.some((row) => row.opens !== null);
  const head = [...columns, ...(bars ? [""] : []), ...(opening ? [""] : [])];
  const lines = rows.map((row) => [
    ...row.cells,
    ...(bars ? [bar(row.share)] : []),
    ...(opening ? [row.opens ? opener(fact, row.opens, place) : ""] : []),
  ]);
  return h(
    "section",
    { class: known ? "dqx-fact" : "dqx-fact dqx-muted", data: { dqx: "fact", fact: name } },
    h("h4", { text: title }),
    h("p", { text: sentence }),
    opens ? opener(fact, opens, place) : null,
    rows.length > 0 ? makeTable(title, head, lines) : null,
    more > 0 ? h("p", { class: "dqx-muted", text: `and ${countOf(more, "more line")}` }) : null,
  );
}

/** "Show 41 items": lets go of the details, and the queue holds these. */
function opener(fact: Fact, opens: Opens, place: Place): HTMLElement {
  const text = `Show ${countOf(opens.n, EXAMPLES.has(opens.scope ?? "") ? "example" : "item")}`;
  return h("button", {
    class: "dqx-button",
    type: "button",
    text,
    aria: { label: `${text}: ${[fact.title, ...opens.of].join(", ")}` },
    data: { dqx: "fact-open", fact: fact.name },
    on: { click: () => void open(fact, opens, place) },
  });
}

async function open(fact: Fact, opens: Opens, { session, signal, leave }: Place): Promise<void> {
  const [given, suggested] = opens.pair ?? [];
  if (given !== undefined && suggested !== undefined) {
    session.setFilter({ ...WHOLE, scope: "label", pair: [given, suggested] });
    leave();
    return;
  }
  if (opens.scope) {
    session.setFilter({ ...WHOLE, scope: opens.scope });
    leave();
    return;
  }
  try {
    const { items } = await session.transport.call("fact_items", { fact: fact.name, of: opens.of });
    if (signal.aborted) return;
    session.present([...items]);
    leave();
  } catch (error) {
    session.emit("notice", { kind: "error", text: `The items could not be shown: ${why(error)}` });
  }
}

function bar(share: number | null): Node {
  const fill = h("i");
  fill.style.width = `${Math.round(100 * (share ?? 0))}%`;
  return h("span", { class: "dqx-fact-bar", aria: { hidden: "true" } }, fill);
}

function why(error: unknown): string {
  if (error instanceof Disconnected) return "no kernel is connected: run the notebook's cell again.";
  const remedy = error instanceof CallError ? error.detail.remedy : "";
  return `${(error as Error).message} ${remedy}`.trim();
}
