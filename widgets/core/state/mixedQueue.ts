/**
 * Random items among the worst: at every so many places of the queue stands the next draw of the audit, so that the
 * answers say how many errors are left, whatever the ranking says. The same as explorer/review/mixed_queue.py, but for
 * a ranking of nobody: there the queue stays empty and offers an audit. Both are held to tests/fixtures/queue_cases.json.
 */
export interface Mixed {
  items: number[];
  /** Those that stand where they do because they were drawn. */
  drawn: Set<number>;
  places: Map<number, Place>;
}

/** Where a draw stands: after so many items of the ranking, and the first of those after it that was open; -1 = none. */
export interface Place {
  before: number;
  next: number;
}

/** What a badge says of a drawn item. */
export const WHY_DRAWN =
  "Drawn at random, suspects more often than others, and weighed by that: such answers tell how many are wrong, whatever the ranking says. Decide on it whether or not it looks wrong";

/** Every r-th place goes to a draw where this share of the queue does; 0 for none. */
export function everyOf(rate: number): number {
  return rate > 0 ? Math.max(2, Math.round(1 / rate)) : 0;
}

/**
 * Put draws, each given once, at every r-th place of a ranking; 0 = nowhere.
 *
 * One that is answered keeps its place. One that was passed over comes again at the next place for a draw: those after it
 * count only once it is answered. What somebody decided on elsewhere never takes a place, whatever is answered since: of
 * the draws that are decided on, those alone keep a place that had one in the queue before (`stood`, its `places`). Where
 * there was none it is told from the order who was answered in the queue. `length` is the number of all items.
 */
export function mixed(
  ranked: readonly number[],
  draws: ArrayLike<number>,
  r: number,
  decided: (item: number) => boolean,
  stood: ReadonlyMap<number, Place> | null = null,
  length = 1 + largest(draws, largest(ranked)),
): Mixed {
  const placed = new Uint8Array(length);
  const suspects = flags(ranked, placed.length);
  const items: number[] = [];
  const drawn = new Set<number>();
  const places = new Map<number, Place>();
  const open = unplaced(draws, placed, (item) => !decided(item));
  const { pinned, shown } = standing(draws, decided, stood, placed.length);
  let firstOpen = 0;
  if (stood === null) while (firstOpen < draws.length && decided(draws[firstOpen] as number)) firstOpen++;
  let last = -1;
  // A suspect among those ahead of the reviewer was decided on elsewhere.
  const answered = unplaced(draws, placed, (item) => decided(last) || suspects[item] === 0, firstOpen);
  /** Whether no draw waits there, or what was open after it is decided on. */
  const passed = (before: number): boolean => {
    const next = shown.get(before);
    return next === undefined || (next >= 0 && decided(next));
  };
  let since = 0;
  let count = 0;
  const following = nextOpen(ranked, decided);
  for (let at = 0; at < ranked.length; at++) {
    const item = ranked[at] as number;
    if (placed[item] === 1) continue;
    let draw = r > 0 && pinned.size > 0 ? (pinned.get(count) ?? null) : null;
    if (draw !== null) pinned.delete(count);
    if (draw !== null && placed[draw] === 1) draw = null;
    if (r > 0 && draw === null && since === r - 1) {
      draw = answered();
      // A place between two items that are decided on lies behind the reviewer: nothing new is asked there.
      if (draw === null && !(decided(last) && decided(item) && passed(count))) draw = open();
      since = 0;
    }
    if (draw !== null) {
      since = 0;
      placed[draw] = 1;
      items.push(draw);
      drawn.add(draw);
      places.set(draw, { before: count, next: following[at] as number });
      if (draw === item) continue;
    }
    placed[item] = 1;
    items.push(item);
    since++;
    count++;
    last = item;
  }
  // Beyond the end of this ranking, which may be a part of the next.
  for (const [before, item] of pinned) if (placed[item] !== 1) places.set(item, { before, next: -1 });
  return { items, drawn, places };
}

/** Where draws stand after a queue without any was shown: as `mixed` has it for a rate of 0. */
export function unmixed(
  draws: ArrayLike<number>,
  decided: (item: number) => boolean,
  stood: ReadonlyMap<number, Place> | null,
  length: number,
): Map<number, Place> {
  const { pinned } = standing(draws, decided, stood, length);
  return new Map(Array.from(pinned, ([before, item]) => [item, { before, next: -1 }]));
}

/**
 * What a queue of before leaves: draws that were answered there, by their place; and places where a draw waits, by the
 * item that comes next when it is passed over.
 */
function standing(
  draws: ArrayLike<number>,
  decided: (item: number) => boolean,
  stood: ReadonlyMap<number, Place> | null,
  length: number,
): { pinned: Map<number, number>; shown: Map<number, number> } {
  const pinned = new Map<number, number>();
  const shown = new Map<number, number>();
  if (stood === null || stood.size === 0) return { pinned, shown };
  const among = flags(draws, length);
  for (const [item, { before, next }] of stood) {
    if (!decided(item)) shown.set(before, next);
    else if (among[item] === 1) pinned.set(before, item);
  }
  return { pinned, shown };
}

function flags(items: ArrayLike<number>, length: number): Uint8Array {
  const set = new Uint8Array(length);
  for (let i = 0; i < items.length; i++) set[items[i] as number] = 1;
  return set;
}

function largest(items: ArrayLike<number>, most = -1): number {
  let found = most;
  for (let i = 0; i < items.length; i++) found = Math.max(found, items[i] as number);
  return found;
}

/** The draws that pass and are not placed yet, one at each call; null after the last. */
function unplaced(
  draws: ArrayLike<number>,
  placed: Uint8Array,
  passes: (item: number) => boolean,
  end = draws.length,
): () => number | null {
  let at = 0;
  return () => {
    while (at < end) {
      const item = draws[at++] as number;
      if (placed[item] === 0 && passes(item)) return item;
    }
    return null;
  };
}

/** For each place the first item from there on that nobody has decided on, -1 where there is none. */
function nextOpen(ranked: readonly number[], decided: (item: number) => boolean): Int32Array {
  const found = new Int32Array(ranked.length);
  let next = -1;
  for (let at = ranked.length - 1; at >= 0; at--) {
    const item = ranked[at] as number;
    if (!decided(item)) next = item;
    found[at] = next;
  }
  return found;
}
