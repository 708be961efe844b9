/** Raters: how good each is, how far they agree, by which rule they make one label, and what to ask next. */

import type { Confusion, RaterRow, RatersReply } from "../core/kernel/schema";
import { messageOf } from "../core/kernel/transport";
import { countOf } from "../core/kernel/words";
import { count, h } from "../core/ui/dom";
import type { Place, Section } from "../core/ui/section";
import { makeTable } from "../core/ui/table";

const NONE =
  "There are no raters. explorer.read(…, raters=…) reads their columns; review.add_rater(name, labels) adds one.";
const HEAD = ["rater", "kind", "answers", "right", "95 % range", "counts as", "on settled labels", "slips"];
/** Items that are asked about at once. */
const NEXT = 20;

export function makeRaters(place: Place): Section {
  const { session, signal } = place;
  const word = h("p", { class: "dqx-muted", role: "status", data: { dqx: "raters-word" } });
  const found = h("div", { data: { dqx: "raters" } });
  const element = h("div", {}, word, found);
  let turn = 0;
  let stale = true;

  const load = async (): Promise<void> => {
    const mine = ++turn;
    stale = false;
    word.textContent = "Reading …";
    try {
      const reply = await session.transport.call("raters");
      if (mine !== turn || signal.aborted) return;
      word.textContent = reply.rows.length === 0 ? NONE : "";
      found.replaceChildren(...(reply.rows.length > 0 ? contents(reply, place) : []));
    } catch (error) {
      if (mine !== turn || signal.aborted) return;
      stale = true;
      word.textContent = messageOf(error);
      found.replaceChildren();
    }
  };
  session.on(
    "scores",
    () => {
      stale = true;
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

function contents(reply: RatersReply, place: Place): HTMLElement[] {
  const matrix = h("div", { data: { dqx: "rater-confusion" }, role: "region", aria: { label: "Confusion" } });
  const cells = reply.rows.map(figures);
  // A column that says nothing of anybody is left out.
  const shown = HEAD.map((_, column) => column).filter((column) => cells.some((row) => row[column] !== ""));
  const parts = [
    h("p", { text: reply.sentence, data: { dqx: "raters-sentence" } }),
    h("p", { class: "dqx-muted", text: reply.method, data: { dqx: "raters-method" } }),
    h("p", { text: reply.agreement, data: { dqx: "raters-agreement" } }),
    h(
      "div",
      { class: "dqx-raters-next" },
      h("button", {
        class: "dqx-button",
        type: "button",
        text: `Ask next: ${NEXT} items`,
        data: { dqx: "ask-next" },
        on: { click: () => void askNext(place) },
      }),
      h("span", {
        class: "dqx-muted",
        text: "opens those on which another answer is worth most, and says whom to ask",
      }),
    ),
    makeTable(
      "Raters",
      [...shown.map((column) => HEAD[column] as string), ""],
      reply.rows.map((row, i) => [
        ...shown.map((column) => cells[i]?.[column] ?? ""),
        opener(place, row.name, matrix),
      ]),
      "raters-table",
    ),
  ];
  if (reply.more > 0)
    parts.push(h("p", { class: "dqx-muted", text: `and ${countOf(reply.more, "more rater")}` }));
  return [...parts, matrix];
}

/** A rater in cells. */
export function figures(row: RaterRow): string[] {
  const { name, kind, family, answers, abstentions, accuracy, low, high, counts_as, alike } = row;
  const silent = abstentions > 0 ? `, ${countOf(abstentions, "abstention")}` : "";
  const whom = alike ? `agrees too much with ${alike}` : family ? `one of ${family}` : "";
  const fewer = counts_as < 0.995 ? counts_as.toFixed(2) : "";
  return [
    name,
    family ? `${kind}, ${family}` : kind,
    `${count(answers)}${silent}`,
    accuracy === null ? "" : percent(accuracy),
    low === null || high === null ? "" : `${Math.round(100 * low)} to ${percent(high)}`,
    fewer && whom ? `${fewer}: ${whom}` : fewer || (alike && `1: ${whom}`),
    row.gold === null ? "" : `${percent(row.gold)} of ${count(row.gold_answers)}`,
    [row.confused, row.bias, row.note].filter(Boolean).join("; "),
  ];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** "Confusion": how this rater answers, class by class, below the table. */
function opener(place: Place, name: string, into: HTMLElement): HTMLElement {
  return h("button", {
    class: "dqx-button",
    type: "button",
    text: "Confusion",
    aria: { label: `Confusion of ${name}` },
    data: { dqx: "rater-open" },
    on: { click: () => void open(place, name, into) },
  });
}

async function open({ session, signal }: Place, name: string, into: HTMLElement): Promise<void> {
  into.dataset.rater = name;
  try {
    const reply = await session.transport.call("rater_confusion", { name });
    if (signal.aborted || into.dataset.rater !== name) return;
    into.replaceChildren(...confusion(name, reply));
    into.scrollIntoView?.({ block: "nearest" });
  } catch (error) {
    if (!signal.aborted && into.dataset.rater === name)
      into.replaceChildren(h("p", { class: "dqx-muted", text: messageOf(error) }));
  }
}

function confusion(name: string, { classes, matrix, more }: Confusion): HTMLElement[] {
  const parts: HTMLElement[] = [
    h("h4", { text: `How ${name} answers` }),
    h("p", {
      class: "dqx-muted",
      text: `A row: what an item is, by all raters together. A column: what ${name} says of it.`,
    }),
    makeTable(
      `How ${name} answers`,
      ["what it is", ...classes],
      classes.map((label, row) => [
        label,
        ...(matrix[row] ?? []).map((share, column) =>
          column === row ? h("strong", { text: percent(share) }) : percent(share),
        ),
      ]),
      "rater-matrix",
    ),
  ];
  if (more > 0)
    parts.push(
      h("p", { class: "dqx-muted", text: `and ${count(more)} more ${more === 1 ? "class" : "classes"}` }),
    );
  return parts;
}

/** The queue holds what is most worth another answer. */
async function askNext({ session, signal, leave }: Place): Promise<void> {
  try {
    const { items, text } = await session.transport.call("ask_next", { n: NEXT });
    if (signal.aborted) return;
    session.emit("notice", { kind: "info", text });
    if (items.length === 0) return;
    session.present([...items]);
    leave();
  } catch (error) {
    session.emit("notice", { kind: "error", text: `What to ask next is not known: ${messageOf(error)}` });
  }
}
