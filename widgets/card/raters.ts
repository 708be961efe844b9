/** What raters say of the item: a row each, the model and the neighbours beside them, and how likely each class is by all. */
import "./raters.css";
import type { Said, Saying } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { labelChip } from "../core/ui/frame";
import { makeTable } from "../core/ui/table";

/** Classes that have a bar. */
const BARS = 5;

/** The rows and the bars; nothing where no rater saw the item. */
export function raterRows(session: Session, said: Said | undefined): HTMLElement[] {
  if (!said) return [];
  const parts = [
    makeTable(
      "What raters say",
      ["rater", "is", "says", "right when it says so", "as sure as"],
      said.rows.map((row) => cells(session, row)),
      "card-raters",
    ),
  ];
  if (said.posterior.length > 0) parts.push(bars(session, said.posterior.slice(0, BARS)));
  return parts;
}

function cells(session: Session, row: Saying): (string | Node)[] {
  const { name, kind, family, label, right, confidence } = row;
  return [
    name,
    family ? `${kind}, ${family}` : kind,
    label < 0 ? "nothing" : labelChip(session, label),
    share(right),
    share(confidence),
  ];
}

/** "91 %", "under 1 %"; "" where it is not known. */
export function share(p: number | null): string {
  if (p === null) return "";
  return p > 0 && p < 0.01 ? "under 1 %" : `${Math.round(100 * p)} %`;
}

function bars(session: Session, posterior: readonly [number, number][]): HTMLElement {
  const list = h("ul", {
    class: "dqx-card-bars",
    data: { dqx: "card-posterior" },
    aria: { label: "How likely each class is, by the raters together" },
  });
  for (const [label, p] of posterior) {
    const bar = h("span", { class: "dqx-card-bar", aria: { hidden: "true" } });
    bar.style.width = `${(100 * p).toFixed(1)}%`;
    list.append(
      h(
        "li",
        {},
        labelChip(session, label),
        h("span", { class: "dqx-card-bar-room" }, bar),
        h("span", { text: share(p) }),
      ),
    );
  }
  return list;
}
