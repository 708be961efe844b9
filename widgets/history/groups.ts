/** Decisions grouped as they were made: by day, and by sitting within it. */

export interface Sitting<T> {
  /** The time of its newest entry. */
  newest: string;
  oldest: string;
  /** Newest first. */
  entries: T[];
}

/** A pause longer than this begins another sitting. */
const PAUSE_MINUTES = 30;

/** Group entries that come newest first; another day begins another group as well. */
export function sittings<T extends { time: string }>(entries: readonly T[]): Sitting<T>[] {
  const groups: Sitting<T>[] = [];
  for (const entry of entries) {
    const group = groups.at(-1);
    if (group && together(group.oldest, entry.time)) {
      group.entries.push(entry);
      group.oldest = entry.time;
    } else groups.push({ newest: entry.time, oldest: entry.time, entries: [entry] });
  }
  return groups;
}

function together(later: string, earlier: string): boolean {
  const a = new Date(later);
  const b = new Date(earlier);
  return (
    a.toDateString() === b.toDateString() && Math.abs(a.getTime() - b.getTime()) <= PAUSE_MINUTES * 60_000
  );
}
