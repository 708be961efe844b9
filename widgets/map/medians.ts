/** Where a class's name stands on the map: at the median of its points, which strays pull less than the mean. */

export interface Place {
  code: number;
  x: number;
  y: number;
  /** Points of the class: names of larger classes go first where there is no room for all. */
  count: number;
}

/** Medians of the classes that have points, largest class first. Unlabelled points (−1) have none. */
export function medians(xy: Float32Array, codes: Int32Array, classes: number): Place[] {
  const counts = new Int32Array(classes);
  for (const code of codes) if (code >= 0 && code < classes) counts[code] = (counts[code] as number) + 1;
  const xs = Array.from(counts, (count) => new Float32Array(count));
  const ys = Array.from(counts, (count) => new Float32Array(count));
  const filled = new Int32Array(classes);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (code < 0 || code >= classes) continue;
    const k = filled[code] as number;
    (xs[code] as Float32Array)[k] = xy[2 * i] as number;
    (ys[code] as Float32Array)[k] = xy[2 * i + 1] as number;
    filled[code] = k + 1;
  }
  const places: Place[] = [];
  for (let code = 0; code < classes; code++) {
    const count = counts[code] as number;
    if (count === 0) continue;
    places.push({ code, x: middle(xs[code] as Float32Array), y: middle(ys[code] as Float32Array), count });
  }
  return places.sort((a, b) => b.count - a.count || a.code - b.code);
}

function middle(values: Float32Array): number {
  values.sort();
  return values[values.length >> 1] as number;
}
