/** What the dialog says of a file: how much it would hold, what is there now, what was written. */
import type { ExportOutlook, ExportReply } from "../core/kernel/schema";
import { clock, countOf, day } from "../core/kernel/words";

/** "1,797 rows: 42 with another label than was given, 3 left out." */
export function extentOf({
  rows,
  relabelled,
  left_out,
}: Pick<ExportReply, "rows" | "relabelled" | "left_out">): string {
  if (rows === 0) return "No rows: no label has been changed.";
  const parts = [
    `${relabelled === 0 ? "none" : relabelled.toLocaleString("en-GB")} with another label than was given`,
    left_out > 0 ? `${left_out.toLocaleString("en-GB")} left out` : "",
  ];
  return `${countOf(rows, "row")}: ${parts.filter(Boolean).join(", ")}.`;
}

/** "replace the file that is there (12 kB, written today, 10:04)". */
export function thereOf({ size, time }: Pick<ExportOutlook, "size" | "time">): string {
  const when = time ? `, written ${day(time)}, ${clock(time)}` : "";
  return `replace the file that is there (${sizeOf(size)}${when})`;
}

function sizeOf(bytes: number): string {
  if (bytes < 1000) return countOf(bytes, "byte");
  const units = ["kB", "MB", "GB"];
  let value = bytes / 1000;
  let at = 0;
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}

/** What waits to be saved cannot be in the file. */
export function waitingOf(n: number): string {
  if (n === 0) return "";
  const are = n === 1 ? "is" : "are";
  return `${countOf(n, "decision")} ${are} not saved yet and would not be in it.`;
}
