/** The history's sentences, made from entries and commits; no DOM, so that each is easy to test. */

import type { CommitRow, HistoryEntry } from "../core/kernel/schema";
import { CallError } from "../core/kernel/transport";
import { clock, day, sentence } from "../core/kernel/words";
import { count } from "../core/ui/dom";

export const ARROW = " → ";
/** Kinds of change that a commit of many names. */
const NAMED = 3;

/** What an entry did, in words. */
export function change(entry: HistoryEntry): string {
  return `${entry.kind === "revert" ? "undone: " : ""}${plainChange(entry)}`;
}

function plainChange(entry: HistoryEntry & { field?: string }): string {
  const { field } = entry;
  return `${field && field !== "label" ? `${field}: ` : ""}${done(entry)}`;
}

function done(entry: HistoryEntry): string {
  switch (entry.op) {
    case "keep":
      return `${entry.new ?? entry.old ?? "label"} kept`;
    case "flag":
      return entry.reason === "left out" ? "left out" : `marked ${entry.reason || "for a closer look"}`;
    case "clear":
      return entry.new === null ? "decision taken back" : `back to ${entry.new}`;
    case "set":
      return `${labelName(entry.old)}${ARROW}${labelName(entry.new)}`;
  }
}

/** A label as it is printed; null is the item without one. */
export function labelName(label: string | null): string {
  return label ?? "unlabelled";
}

/** What a commit did, in words. */
export function summary(row: CommitRow): string {
  const from = row.kind === "merge" ? `merged ${row.mergedFrom ?? "another branch"}` : "";
  const first = row.entries[0];
  if (!first || row.count === 0) {
    if (from) return from;
    return row.message || KINDS[row.kind] || row.kind;
  }
  if (row.count === 1) return from ? `${from}: ${plainChange(first)}` : change(first);
  const lead = from ? `${from}: ` : row.kind === "revert" ? "undone: " : "";
  return `${lead}${items(row.count)}: ${kinds(row)}`;
}

const KINDS: Record<string, string> = {
  import: "items and given labels taken in",
  schema: "classes changed",
  revert: "taken back",
};

/** "cat → dog (9), newt kept (3), …"; without numbers where the page has not all entries to count. */
function kinds(row: CommitRow): string {
  const tally = new Map<string, number>();
  for (const entry of row.entries) {
    const words = plainChange(entry);
    tally.set(words, (tally.get(words) ?? 0) + 1);
  }
  const all = row.entries.length >= row.count;
  const sorted = [...tally].sort((a, b) => b[1] - a[1]);
  const named = sorted
    .slice(0, NAMED)
    .map(([words, n]) => (all && sorted.length > 1 ? `${words} (${n})` : words));
  if (sorted.length > NAMED || !all) named.push("…");
  return named.join(", ");
}

/** Reason and why of a commit: those of its entries where they agree, else what was said about the whole. */
export function whyOf(row: CommitRow): string {
  const first = row.entries[0];
  const same = <T>(read: (entry: HistoryEntry) => T): T | undefined =>
    first && row.entries.every((entry) => read(entry) === read(first)) ? read(first) : undefined;
  const reason = first?.op === "flag" ? "" : first && (same((entry) => entry.reason) ?? "several reasons");
  const why = same((entry) => entry.why) || (row.count > 0 ? saidOf(row.message) : "");
  return [reason, why && `“${why}”`].filter(Boolean).join(" · ");
}

/** What a person said of a commit: the store's own words ("revert 12ab: …") come before it, or stand alone. */
function saidOf(message: string): string {
  const own = /^(?:undo|revert|merge|bind)\b[^:]*(?::\s*(.*))?$/s.exec(message);
  return own ? (own[1] ?? "") : message;
}

/** Who made the commits of a sitting: "ann", or "ann 20, ben 4". */
export function people(rows: readonly CommitRow[]): string {
  const tally = new Map<string, number>();
  for (const row of rows) tally.set(row.rater, (tally.get(row.rater) ?? 0) + row.count);
  const sorted = [...tally].sort((a, b) => b[1] - a[1]);
  if (sorted.length === 1) return sorted[0]?.[0] ?? "";
  return sorted.map(([name, n]) => `${name} ${count(n)}`).join(", ");
}

/** "Today, 10:02–10:31". */
export function heading(oldest: string, newest: string): string {
  const [from, to] = [clock(oldest), clock(newest)];
  return `${sentence(day(newest))}, ${from === to ? from : `${from}–${to}`}`;
}

/** Day and time of a version where room is short: "today 10:31", "3 Mar 10:31", "3 Mar 2024 10:31". */
export function moment(iso: string | null, now: Date = new Date()): string {
  const time = new Date(iso ?? "");
  if (iso === null || Number.isNaN(time.getTime())) return iso ?? "";
  const said = day(iso, now);
  if (!/\d/.test(said)) return `${said} ${clock(iso)}`;
  const year = time.getFullYear() === now.getFullYear() ? "" : ` ${time.getFullYear()}`;
  return `${time.getDate()} ${time.toLocaleDateString("en-GB", { month: "short" })}${year} ${clock(iso)}`;
}

export function decisions(n: number): string {
  return `${count(n)} decision${n === 1 ? "" : "s"}`;
}

export function items(n: number): string {
  return `${count(n)} item${n === 1 ? "" : "s"}`;
}

/** The first letters of a commit's id, enough to name it. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 8);
}

/** What went wrong and what to do, as one text. */
export function complaint(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof CallError ? error.detail.remedy : "";
  return [text, remedy].filter(Boolean).join(" ");
}
