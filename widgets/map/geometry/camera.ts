/** The map's camera as numbers: which data point sits in the middle, and how many CSS pixels a data unit takes. */

export interface View {
  /** Data coordinates of the viewport's centre. */
  readonly x: number;
  readonly y: number;
  /** CSS pixels a data unit, per axis: a layout's axes mean nothing, so they may be stretched a little to fill the room. */
  readonly kx: number;
  readonly ky: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Room that other things take at the edges, in CSS pixels. */
export interface Insets {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** How much one axis may be stretched against the other. */
const MOST_STRETCH = 1.6;
/** Zoom limits in CSS pixels a data unit. */
const NEAREST = 2e6;
const FARTHEST = 8;

export function toScreenX(view: View, size: Size, x: number): number {
  return size.width / 2 + (x - view.x) * view.kx;
}

export function toScreenY(view: View, size: Size, y: number): number {
  return size.height / 2 - (y - view.y) * view.ky;
}

export function toDataX(view: View, size: Size, screenX: number): number {
  return view.x + (screenX - size.width / 2) / view.kx;
}

export function toDataY(view: View, size: Size, screenY: number): number {
  return view.y - (screenY - size.height / 2) / view.ky;
}

/** Move what is seen by screen pixels, as a drag does. */
export function pan(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x - dx / view.kx, y: view.y + dy / view.ky };
}

/** Zoom so that what is under the screen point stays under it. */
export function zoom(view: View, size: Size, factor: number, screenX: number, screenY: number): View {
  const most = Math.max(view.kx, view.ky);
  const f = Math.min(Math.max(factor, FARTHEST / most), NEAREST / most);
  const x = toDataX(view, size, screenX);
  const y = toDataY(view, size, screenY);
  return { x: x + (view.x - x) / f, y: y + (view.y - y) / f, kx: view.kx * f, ky: view.ky * f };
}

/** The view that shows a box inside the room that the insets leave. */
export function fitTo(box: Box, size: Size, insets: Insets): View {
  const room = {
    width: Math.max(40, size.width - insets.left - insets.right),
    height: Math.max(40, size.height - insets.top - insets.bottom),
  };
  const wanted = {
    kx: room.width / Math.max(1e-6, box.x1 - box.x0),
    ky: room.height / Math.max(1e-6, box.y1 - box.y0),
  };
  const kx = Math.min(wanted.kx, wanted.ky * MOST_STRETCH, NEAREST);
  const ky = Math.min(wanted.ky, wanted.kx * MOST_STRETCH, NEAREST);
  return {
    kx,
    ky,
    x: (box.x0 + box.x1) / 2 - (insets.left - insets.right) / 2 / kx,
    y: (box.y0 + box.y1) / 2 + (insets.top - insets.bottom) / 2 / ky,
  };
}

/** The same view after the viewport changed its size: the same data stays in sight. */
export function refit(view: View, from: Size, to: Size): View {
  const f = Math.min(to.width / from.width, to.height / from.height);
  return { ...view, kx: view.kx * f, ky: view.ky * f };
}

/** The box around finite points given as x0, y0, x1, y1, … */
export function boxOf(xy: Float32Array): Box {
  let x0 = Infinity;
  let y0 = Infinity;
  let x1 = -Infinity;
  let y1 = -Infinity;
  for (let i = 0; i + 1 < xy.length; i += 2) {
    const x = xy[i] as number;
    const y = xy[i + 1] as number;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  return x0 <= x1 && y0 <= y1 ? { x0, y0, x1, y1 } : { x0: -1, y0: -1, x1: 1, y1: 1 };
}

/** regl-scatterplot's column-major view matrix for a view; its clip space is as high as the viewport and 2 units tall. */
export function toMatrix(view: View, size: Size): Float32Array {
  const sx = (2 * view.kx) / size.height;
  const sy = (2 * view.ky) / size.height;
  return new Float32Array([sx, 0, 0, 0, 0, sy, 0, 0, 0, 0, 1, 0, -sx * view.x, -sy * view.y, 0, 1]);
}
