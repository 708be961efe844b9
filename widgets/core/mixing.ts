/**
 * Random items among the worst: at every so many places of the queue stands the next draw of the audit, so that the
 * answers say without bias how many errors are left. The same as `explorer/mixing.py`.
 */
export interface Mixed {
  items: number[];
  /** Those that stand where they do because they were drawn. */
  drawn: Set<number>;
}

/** What a badge says of a drawn item. */
export const WHY_DRAWN =
  "Drawn at random so that the estimate of what is left is unbiased: decide on it whether or not it looks wrong";

/** Every r-th place goes to a draw where this share of the queue does; 0 for none. */
export function everyOf(rate: number): number {
  return rate > 0 ? Math.max(2, Math.round(1 / rate)) : 0;
}

/**
 * Put draws, each given once, at every r-th place of a ranking; 0 = nowhere.
 *
 * One that is answered keeps its place. One that was passed over comes again at the next place for a draw: those after it
 * count only once it is answered.
 */
export function mixed(
  ranked: Iterable<number>,
  draws: ArrayLike<number>,
  r: number,
  decided: (item: number) => boolean,
): Mixed {
  const placed = new Set<number>();
  const drawn = new Set<number>();
  let firstOpen = 0;
  while (firstOpen < draws.length && decided(draws[firstOpen] as number)) firstOpen++;
  // What somebody found otherwise, further along, takes up no place.
  const answered = unplaced(draws, placed, () => true, firstOpen);
  const open = unplaced(draws, placed, (item) => !decided(item));
  let since = 0;
  let last = -1;
  for (const item of ranked) {
    if (placed.has(item)) continue;
    if (r > 0 && since === r - 1) {
      let draw = answered();
      // A place between two items that are decided on lies behind the reviewer: nothing new is asked there.
      if (draw === null && !(decided(last) && decided(item))) draw = open();
      since = 0;
      if (draw !== null) {
        placed.add(draw);
        drawn.add(draw);
        if (draw === item) continue;
      }
    }
    placed.add(item);
    since++;
    last = item;
  }
  return { items: [...placed], drawn };
}

/** The draws that pass and are not placed yet, one at each call; null after the last. */
function unplaced(
  draws: ArrayLike<number>,
  placed: ReadonlySet<number>,
  passes: (item: number) => boolean,
  end = draws.length,
): () => number | null {
  let at = 0;
  return () => {
    while (at < end) {
      const item = draws[at++] as number;
      if (!placed.has(item) && passes(item)) return item;
    }
    return null;
  };
}
