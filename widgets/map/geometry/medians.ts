/**
 * Where a class's name stands on the map: in the densest clump of its points. A mean or median can fall between two
 * clumps, and the point nearest to it can be a stray; a name belongs where most of its class is.
 */

export interface Place {
  code: number;
  x: number;
  y: number;
  /** Points of the class: names of larger classes go first where there is no room for all. */
  count: number;
}

/** Cells a side of the grid over [-1, 1] in which points are counted. */
const CELLS = 24;

/** Places for the names of the classes that have points, largest class first. Unlabelled points (−1) have none. */
export function medians(xy: Float32Array, codes: Int32Array, classes: number): Place[] {
  const members: number[][] = Array.from({ length: classes }, () => []);
  for (let i = 0; i < codes.length; i++) members[codes[i] as number]?.push(i);
  const places: Place[] = [];
  members.forEach((items, code) => {
    if (items.length === 0) return;
    const clump = densest(xy, items);
    places.push({
      code,
      x: middle(clump, (i) => xy[2 * i] as number),
      y: middle(clump, (i) => xy[2 * i + 1] as number),
      count: items.length,
    });
  });
  return places.sort((a, b) => b.count - a.count || a.code - b.code);
}

/** The items in the 3 × 3 cells that hold the most of them. */
function densest(xy: Float32Array, items: readonly number[]): number[] {
  const counts = new Int32Array(CELLS * CELLS);
  for (const i of items) {
    const at = cell(xy[2 * i + 1] as number) * CELLS + cell(xy[2 * i] as number);
    counts[at] = (counts[at] as number) + 1;
  }
  let best = { column: 0, row: 0, sum: -1 };
  for (let row = 0; row < CELLS; row++) {
    for (let column = 0; column < CELLS; column++) {
      if (counts[row * CELLS + column] === 0) continue;
      const sum = around(counts, row, column);
      if (sum > best.sum) best = { column, row, sum };
    }
  }
  return items.filter(
    (i) =>
      Math.abs(cell(xy[2 * i] as number) - best.column) <= 1 &&
      Math.abs(cell(xy[2 * i + 1] as number) - best.row) <= 1,
  );
}

function around(counts: Int32Array, row: number, column: number): number {
  let sum = 0;
  for (let r = Math.max(0, row - 1); r <= Math.min(CELLS - 1, row + 1); r++)
    for (let c = Math.max(0, column - 1); c <= Math.min(CELLS - 1, column + 1); c++)
      sum += counts[r * CELLS + c] as number;
  return sum;
}

function cell(value: number): number {
  return Math.max(0, Math.min(CELLS - 1, Math.floor(((value + 1) / 2) * CELLS)));
}

function middle(items: readonly number[], of: (item: number) => number): number {
  const values = Float32Array.from(items, of).sort();
  return values[values.length >> 1] as number;
}
