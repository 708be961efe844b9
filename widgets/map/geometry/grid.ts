/** A uniform grid over the points, in typed columns: what is under the pointer, and what is inside a lasso. */

export class Grid {
  private readonly side: number;
  private readonly x0: number;
  private readonly y0: number;
  private readonly perX: number;
  private readonly perY: number;
  /** Items by cell; cell c holds `items[starts[c]]` to `items[starts[c + 1] - 1]`. */
  private readonly items: Int32Array;
  private readonly starts: Int32Array;

  constructor(private readonly xy: Float32Array) {
    const n = xy.length / 2;
    this.side = Math.max(1, Math.min(1024, Math.ceil(Math.sqrt(n / 4))));
    let x0 = Infinity;
    let y0 = Infinity;
    let x1 = -Infinity;
    let y1 = -Infinity;
    for (let i = 0; i < xy.length; i += 2) {
      x0 = Math.min(x0, xy[i] as number);
      x1 = Math.max(x1, xy[i] as number);
      y0 = Math.min(y0, xy[i + 1] as number);
      y1 = Math.max(y1, xy[i + 1] as number);
    }
    this.x0 = x0;
    this.y0 = y0;
    this.perX = this.side / Math.max(x1 - x0, 1e-9);
    this.perY = this.side / Math.max(y1 - y0, 1e-9);
    // A counting sort: how many a cell, where each cell starts, then every item to its place.
    this.starts = new Int32Array(this.side * this.side + 1);
    for (let i = 0; i < n; i++) this.starts[this.cell(i) + 1] = (this.starts[this.cell(i) + 1] as number) + 1;
    for (let c = 0; c < this.side * this.side; c++)
      this.starts[c + 1] = (this.starts[c + 1] as number) + (this.starts[c] as number);
    this.items = new Int32Array(n);
    const next = this.starts.slice();
    for (let i = 0; i < n; i++) {
      const c = this.cell(i);
      this.items[next[c] as number] = i;
      next[c] = (next[c] as number) + 1;
    }
  }

  /** The item nearest to a data point among those within `radius` screen pixels, or -1; `kx` and `ky` are pixels a data unit. */
  nearest(x: number, y: number, radius: number, kx: number, ky: number): number {
    let best = radius * radius;
    let found = -1;
    const rx = radius / kx;
    const ry = radius / ky;
    this.scan(x - rx, y - ry, x + rx, y + ry, (item) => {
      const dx = ((this.xy[2 * item] as number) - x) * kx;
      const dy = ((this.xy[2 * item + 1] as number) - y) * ky;
      const d = dx * dx + dy * dy;
      if (d < best) {
        best = d;
        found = item;
      }
    });
    return found;
  }

  /** Items inside a polygon given as x0, y0, x1, y1, … in data coordinates, in ascending order. */
  inside(polygon: readonly number[]): number[] {
    if (polygon.length < 6) return [];
    const xs = polygon.filter((_, i) => i % 2 === 0);
    const ys = polygon.filter((_, i) => i % 2 === 1);
    const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
    const found: number[] = [];
    this.scan(...box, (item) => {
      const x = this.xy[2 * item] as number;
      const y = this.xy[2 * item + 1] as number;
      if (x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3] && isInside(polygon, x, y))
        found.push(item);
    });
    return found.sort((a, b) => a - b);
  }

  private cell(item: number): number {
    return this.row(this.xy[2 * item + 1] as number) * this.side + this.column(this.xy[2 * item] as number);
  }

  private column(x: number): number {
    return Math.min(this.side - 1, Math.max(0, Math.floor((x - this.x0) * this.perX))) || 0;
  }

  private row(y: number): number {
    return Math.min(this.side - 1, Math.max(0, Math.floor((y - this.y0) * this.perY))) || 0;
  }

  private scan(x0: number, y0: number, x1: number, y1: number, visit: (item: number) => void): void {
    const right = this.column(x1);
    const top = this.row(y1);
    for (let r = this.row(y0); r <= top; r++)
      for (let c = this.column(x0); c <= right; c++) {
        const cell = r * this.side + c;
        const end = this.starts[cell + 1] as number;
        for (let k = this.starts[cell] as number; k < end; k++) visit(this.items[k] as number);
      }
  }
}

/** Even–odd rule: a ray to the right crosses the outline an odd number of times. */
export function isInside(polygon: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
    const xi = polygon[i] as number;
    const yi = polygon[i + 1] as number;
    const xj = polygon[j] as number;
    const yj = polygon[j + 1] as number;
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
