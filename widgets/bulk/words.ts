/** What the dialog says of a plan. */
import type { Outlook } from "../core/kernel/schema";
import { countOf } from "../core/kernel/words";
import { count } from "../core/ui/dom";
import { type BulkAction, changing, decidedIn, type Plan } from "./plan";

const DONE: Record<string, string> = {
  relabelled: "relabelled",
  kept: "kept",
  flagged: "marked",
  "left out": "left out",
  conflict: "decided before their given label changed",
};

/** "Of 326 items, 34 would be changed to ship; 280 are ship already, 12 that somebody had decided are left out." */
export function sentenceOf({ action, label, decided }: Plan, found: Outlook): string {
  const n = changing(found, decided);
  const did: Record<BulkAction, string> = {
    accept: n === 1 ? "would get its suggested label" : "would get their suggested label",
    relabel: `would be changed to ${label ?? ""}`,
    keep: n === 1 ? "would keep its given label" : "would keep their given label",
    leave_out: "would be left out",
  };
  const already: Record<BulkAction, (n: number) => string> = {
    accept: (k) => `${count(k)} ${k === 1 ? "has" : "have"} it already`,
    relabel: (k) => `${count(k)} ${k === 1 ? "is" : "are"} ${label ?? ""} already`,
    keep: (k) => `${count(k)} ${k === 1 ? "is" : "are"} kept already`,
    leave_out: (k) => `${count(k)} ${k === 1 ? "is" : "are"} left out already`,
  };
  const lacks = action === "keep" ? "no given label" : "no suggested label";
  const before = decidedIn(found);
  const rest = [
    found.unchanged > 0 ? already[action](found.unchanged) : "",
    found.without > 0 ? `${count(found.without)} ${found.without === 1 ? "has" : "have"} ${lacks}` : "",
    before > 0 ? decidedWords(before, decided) : "",
  ].filter(Boolean);
  const tail = rest.length > 0 ? `; ${rest.join(", ")}` : "";
  return `Of ${countOf(found.n, "item")}, ${n === 0 ? "none" : count(n)} ${did[action]}${tail}.`;
}

function decidedWords(n: number, included: boolean): string {
  if (included) return `${count(n)} of them somebody had decided`;
  return `${count(n)} that somebody had decided ${n === 1 ? "is" : "are"} left out`;
}

/** "also the 12 that somebody had decided (ben kept 8, ann relabelled 4)". */
export function decidersOf(found: Outlook): string {
  const who = found.deciders.map(
    ({ rater, state, count: n }) => `${rater || "somebody"} ${DONE[state] ?? state} ${count(n)}`,
  );
  return `also the ${count(decidedIn(found))} that somebody had decided (${who.join(", ")})`;
}

/** "Change 34 labels". */
export function goOf({ action, decided }: Plan, found: Outlook): string {
  if (action === "leave_out") return `Leave out ${countOf(changing(found, decided), "item")}`;
  return `${action === "keep" ? "Keep" : "Change"} ${countOf(changing(found, decided), "label")}`;
}
