/**
 * Where a class's name stands on the map: at its point nearest to the median of its points. Strays pull the median
 * less than the mean; and where a class lies in several clumps, the point is in one of them and not between them.
 */

export interface Place {
  code: number;
  x: number;
  y: number;
  /** Points of the class: names of larger classes go first where there is no room for all. */
  count: number;
}

/** Places for the names of the classes that have points, largest class first. Unlabelled points (−1) have none. */
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
  snap(places, xy, codes, classes);
  return places.sort((a, b) => b.count - a.count || a.code - b.code);
}

/** Move each place to the nearest point of its class. */
function snap(places: readonly Place[], xy: Float32Array, codes: Int32Array, classes: number): void {
  const nearest = new Int32Array(classes).fill(-1);
  const least = new Float64Array(classes).fill(Number.POSITIVE_INFINITY);
  const mx = new Float64Array(classes);
  const my = new Float64Array(classes);
  for (const place of places) {
    mx[place.code] = place.x;
    my[place.code] = place.y;
  }
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (code < 0 || code >= classes) continue;
    const dx = (xy[2 * i] as number) - (mx[code] as number);
    const dy = (xy[2 * i + 1] as number) - (my[code] as number);
    const far = dx * dx + dy * dy;
    if (far >= (least[code] as number)) continue;
    least[code] = far;
    nearest[code] = i;
  }
  for (const place of places) {
    const i = nearest[place.code] as number;
    if (i < 0) continue;
    place.x = xy[2 * i] as number;
    place.y = xy[2 * i + 1] as number;
  }
}

function middle(values: Float32Array): number {
  values.sort();
  return values[values.length >> 1] as number;
}
