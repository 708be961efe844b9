/** The changes of a plan as a table: from which label to which, how many, and how many somebody had decided. */
import type { Outlook } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";
import { labelChip } from "../core/ui/frame";

/** Rows that are shown; the rarer changes are counted together. */
const ROWS = 8;

export function makeTable(session: Session, found: Outlook, decided: boolean): HTMLElement {
  const many = (row: Outlook["changes"][number]): number => (decided ? row.count : row.count - row.decided);
  const rows = [...found.changes].sort((a, b) => many(b) - many(a) || a.before - b.before);
  const rest = rows.slice(ROWS);
  const cell = (n: number): HTMLElement => h("td", { class: "dqx-bulk-number", text: count(n) });
  const table = h(
    "table",
    {
      class: "dqx-bulk-table",
      data: { dqx: "bulk-table" },
      aria: { label: "Labels now and then" },
    },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { text: "label now", scope: "col" }),
        h("th", { text: "then", scope: "col" }),
        h("th", { class: "dqx-bulk-number", text: "labels", scope: "col" }),
        h("th", {
          class: "dqx-bulk-number",
          text: decided ? "of them decided" : "decided, left out",
          scope: "col",
        }),
      ),
    ),
    h(
      "tbody",
      {},
      ...rows
        .slice(0, ROWS)
        .map((row) =>
          h(
            "tr",
            { data: { dqx: "bulk-row", before: String(row.before), after: String(row.after) } },
            h("td", {}, labelChip(session, row.before)),
            h("td", {}, labelChip(session, row.after)),
            cell(many(row)),
            cell(row.decided),
          ),
        ),
      rest.length > 0
        ? h(
            "tr",
            { class: "dqx-muted" },
            h("td", { colSpan: 2, text: `${count(rest.length)} other changes` }),
            cell(rest.reduce((sum, row) => sum + many(row), 0)),
            cell(rest.reduce((sum, row) => sum + row.decided, 0)),
          )
        : null,
    ),
  );
  table.hidden = rows.length === 0;
  return table;
}
