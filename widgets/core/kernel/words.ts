/** Small pieces of wording that several panels share. */

/** An item id as a reader can hold it in mind: content hashes and long keys are cut, the rest stay whole. */
export function shortId(id: string): string {
  if (/^[0-9a-f]{32,}$/.test(id)) return id.slice(0, 8);
  return id.length > 24 ? `${id.slice(0, 14)}…${id.slice(-8)}` : id;
}

/** A probability as a whole percentage that never claims certainty. */
export function percent(p: number): string {
  return `${Math.min(99, Math.max(1, Math.round(p * 100)))} %`;
}

/** Hour and minute of an ISO 8601 time, in the reader's own zone. */
export function clock(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return `${String(time.getHours()).padStart(2, "0")}:${String(time.getMinutes()).padStart(2, "0")}`;
}

/** Day of an ISO 8601 time as a heading: "today", "yesterday" or "3 March 2026". */
export function day(iso: string, now: Date = new Date()): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return "unknown day";
  const midnight = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(time)) / 86_400_000);
  if (days === 0) return "today";
  if (days === 1) return "yesterday";
  return time.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

/** First letter as a capital, the rest as it is. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What is said of a decision that is not on disk yet. */
export const WAITING = "waiting, not saved yet";

/** What every count of suspects counts. */
export const SUSPECTS =
  "Suspects are the items that the ranking calls label issues by the scores as they stand now, decided on or not";

/** "1 label", "2,310 labels". */
export function countOf(n: number, thing: string): string {
  return `${n.toLocaleString("en-GB")} ${n === 1 ? thing : `${thing}s`}`;
}
