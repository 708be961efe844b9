/** Slices: wrong labels by a column of the data, which slices differ beyond chance, and labels that mean something else. */

import type { ShiftRow, SliceItemsArgs, SliceRow, SlicesReply } from "../core/kernel/schema";
import { messageOf } from "../core/kernel/transport";
import { countOf } from "../core/kernel/words";
import { count, h } from "../core/ui/dom";
import type { Place, Section } from "../core/ui/section";
import { makeTable } from "../core/ui/table";

const NONE = "The data have no other columns. explorer.read(…, columns=…) keeps them.";
const CHOOSE =
  "Choose a column of your data: how many labels are wrong for each of its values, and which mean something else there.";

export function makeSlices(place: Place): Section {
  const { session, signal } = place;
  const select = h("select", {
    class: "dqx-select",
    data: { dqx: "slices-by" },
    aria: { label: "Slice by" },
    on: { change: () => void load(select.value) },
  });
  const choice = h("label", { class: "dqx-slices-by" }, "Slice by ", select);
  const word = h("p", { class: "dqx-muted", role: "status", data: { dqx: "slices-word" } });
  const found = h("div", { data: { dqx: "slices" } });
  const element = h("div", {}, choice, word, found);
  choice.hidden = true;
  let turn = 0;
  let stale = true;

  const load = async (by: string): Promise<void> => {
    const mine = ++turn;
    stale = false;
    say("Reading …", true);
    try {
      const reply = await session.transport.call("slices", { by });
      if (mine !== turn || signal.aborted) return;
      offer(reply);
      say(reply.columns.length === 0 ? NONE : reply.sentence || CHOOSE, reply.by === "");
      found.replaceChildren(...(reply.by ? contents(reply, place) : []));
    } catch (error) {
      if (mine !== turn || signal.aborted) return;
      stale = true;
      say(messageOf(error), false);
      found.replaceChildren();
    }
  };
  const say = (text: string, faint: boolean): void => {
    word.textContent = text;
    word.classList.toggle("dqx-muted", faint);
  };
  const offer = ({ columns, by }: SlicesReply): void => {
    choice.hidden = columns.length === 0;
    const names = ["", ...columns];
    if (names.join("\0") !== [...select.options].map((each) => each.value).join("\0"))
      select.replaceChildren(
        ...names.map((name) => h("option", { value: name, text: name || "choose a column" })),
      );
    select.value = by;
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
      if (stale) void load(select.value);
    },
  };
}

function contents(reply: SlicesReply, place: Place): HTMLElement[] {
  const { by, rows, more, shift, shifts } = reply;
  const parts = [
    makeTable(
      `Wrong labels by ${by}`,
      ["slice", "labels", "wrong", "share", "range", "than elsewhere", ""],
      rows.map((row) => [
        ...figures(row),
        opener(place, { by, code: row.code, name: row.name }, row.items, row.name),
      ]),
      "slices-table",
    ),
  ];
  if (more > 0) parts.push(h("p", { class: "dqx-muted", text: `and ${countOf(more, "more slice")}` }));
  if (shift) parts.push(h("h4", { text: "Other meanings" }), h("p", { text: shift }));
  if (shifts.length > 0)
    parts.push(
      makeTable(
        `Labels that mean something else by ${by}`,
        ["slice", "label", "looks like", "there", "elsewhere", ""],
        shifts.map((row) => [...meaning(row), opener(place, meant(by, row), row.count, saying(row))]),
        "slices-shifts",
      ),
    );
  return parts;
}

/** A slice in cells: name, labels, wrong ones, their share and its range, and how it differs. */
export function figures(row: SliceRow): string[] {
  const { name, labels, wrong, rate, low, high, differs } = row;
  const known = rate !== null && low !== null && high !== null;
  return [
    name,
    count(labels),
    count(Math.round(wrong)),
    known ? `${Math.round(100 * rate)} %` : "",
    known ? `${Math.round(100 * low)} to ${Math.round(100 * high)} %` : "",
    differs,
  ];
}

function meaning(row: ShiftRow): string[] {
  const { slice, given, looks_like, of, elsewhere, of_elsewhere } = row;
  return [
    slice,
    given,
    looks_like,
    `${count(row.count)} of ${count(of)}`,
    `${count(elsewhere)} of ${count(of_elsewhere)}`,
  ];
}

type Asked = SliceItemsArgs;

function meant(by: string, { code, slice: name, given, looks_like }: ShiftRow): Asked {
  return { by, code, name, given, looks_like };
}

function saying({ slice, given, looks_like }: ShiftRow): string {
  return `${given} that look like ${looks_like} in ${slice}`;
}

/** "Show 41 items": lets go of the details, and the queue holds these. */
function opener(place: Place, asked: Asked, n: number, of: string): HTMLElement {
  const text = `Show ${countOf(n, "item")}`;
  return h("button", {
    class: "dqx-button",
    type: "button",
    text,
    aria: { label: `${text}: ${of}` },
    data: { dqx: "slice-open" },
    on: { click: () => void open(place, asked) },
  });
}

async function open({ session, signal, leave }: Place, asked: Asked): Promise<void> {
  try {
    const { items } = await session.transport.call("slice_items", asked);
    if (signal.aborted) return;
    session.present([...items]);
    leave();
  } catch (error) {
    session.emit("notice", { kind: "error", text: `The items could not be shown: ${messageOf(error)}` });
  }
}
