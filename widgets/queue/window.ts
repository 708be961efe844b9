/** Where the tiles of a long queue lie, and which of them are in view: arithmetic only. */

export interface Shape {
  /** A strip scrolls sideways in one row; a grid wraps and scrolls down. */
  mode: "strip" | "grid";
  /** Inner size of the scrolling box. */
  width: number;
  height: number;
  tileWidth: number;
  tileHeight: number;
  gap: number;
  /** Room above and below the tiles of a strip. */
  edge: number;
}

/** Tiles drawn beyond each edge, so that a short scroll shows no empty place. */
const SPARE = 6;

export function columns(shape: Shape): number {
  if (shape.mode === "strip") return 1;
  return Math.max(1, Math.floor((shape.width - shape.gap) / (shape.tileWidth + shape.gap)));
}

/** Left and top of a tile inside the scrolled area. */
export function place(index: number, shape: Shape): { x: number; y: number } {
  const { tileWidth, tileHeight, gap } = shape;
  if (shape.mode === "strip") return { x: gap + index * (tileWidth + gap), y: shape.edge };
  const across = columns(shape);
  return {
    x: gap + (index % across) * (tileWidth + gap),
    y: gap + Math.floor(index / across) * (tileHeight + gap),
  };
}

/** Size of the scrolled area. */
export function extent(count: number, shape: Shape): { width: number; height: number } {
  const { tileWidth, tileHeight, gap, edge } = shape;
  if (shape.mode === "strip")
    return { width: gap + count * (tileWidth + gap), height: tileHeight + 2 * edge };
  return { width: shape.width, height: gap + Math.ceil(count / columns(shape)) * (tileHeight + gap) };
}

/** First and one past the last tile to have in the page when scrolled to `scroll`. */
export function inView(count: number, shape: Shape, scroll: number): { from: number; to: number } {
  const strip = shape.mode === "strip";
  const pitch = (strip ? shape.tileWidth : shape.tileHeight) + shape.gap;
  const across = columns(shape);
  const first = Math.floor(scroll / pitch);
  const rows = Math.ceil((strip ? shape.width : shape.height) / pitch) + 1;
  const spare = strip ? SPARE : 2;
  const from = Math.min(count, Math.max(0, (first - spare) * across));
  return { from, to: Math.max(from, Math.min(count, (first + rows + spare) * across)) };
}

/** The scroll that shows a tile with some of its neighbours; the same scroll if it is well in view already. */
export function scrollFor(index: number, shape: Shape, scroll: number): number {
  const strip = shape.mode === "strip";
  const view = strip ? shape.width : shape.height;
  const size = strip ? shape.tileWidth : shape.tileHeight;
  const at = strip ? place(index, shape).x : place(index, shape).y;
  const margin = Math.min(size + shape.gap, Math.max(0, (view - size) / 2));
  if (at - margin >= scroll && at + size + margin <= scroll + view) return scroll;
  // A third from the start: what was just reviewed stays in sight, and more of what comes next is.
  return Math.max(0, at - (view - size) / 3);
}
