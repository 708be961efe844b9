/** Places for an item's neighbours around it: arithmetic only, and the same every time. */

export interface Spoke {
  label: number;
  /** In [-1, 1]; the nearer to 1, the nearer to the middle. */
  similarity: number;
}

export interface Box {
  width: number;
  height: number;
  /** Size of a neighbour's node with its caption, and of the middle one. */
  nodeWidth: number;
  nodeHeight: number;
  middleWidth: number;
  middleHeight: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Room left free between nodes. */
const MARGIN = 3;
const ROUNDS = 160;
/** Share of the room around the middle that nodes may take; wide ones are harder to part. */
const SHARE = 0.66;
const WIDE = 80;
const WIDE_SHARE = 0.56;
/** The nearest possible neighbour stands this share of the way out. */
const NEAREST = 0.3;

/** How many nodes fit without a crowd. */
export function capacity(box: Box): number {
  const width = box.nodeWidth + MARGIN;
  const height = box.nodeHeight + MARGIN;
  const share = box.nodeWidth > WIDE ? WIDE_SHARE : SHARE;
  const free = share * (box.width * box.height - (box.middleWidth + width) * (box.middleHeight + height));
  // Wide nodes in a low box find places in rows only.
  const rows = Math.floor(box.height / height) * Math.floor(box.width / width) - 1;
  return Math.max(3, Math.min(16, rows, Math.floor(free / (width * height))));
}

/** Indices of the spokes in the order around the middle: each label's neighbours side by side, most frequent first. */
export function around(spokes: readonly Spoke[]): number[] {
  const size = new Map<number, number>();
  for (const spoke of spokes) size.set(spoke.label, (size.get(spoke.label) ?? 0) + 1);
  return spokes
    .map((spoke, index) => ({ spoke, index }))
    .sort(
      (a, b) =>
        (size.get(b.spoke.label) as number) - (size.get(a.spoke.label) as number) ||
        a.spoke.label - b.spoke.label ||
        b.spoke.similarity - a.spoke.similarity ||
        a.index - b.index,
    )
    .map((s) => s.index);
}

/**
 * Centre of each spoke's node: direction by label, distance by 1 − similarity, then moved apart where two overlap.
 * The scale is each direction's own room, so that a flat box is used to its ends.
 */
export function arrange(spokes: readonly Spoke[], box: Box): Point[] {
  const order = around(spokes);
  const farthest = Math.max(1e-9, ...spokes.map((s) => 1 - s.similarity));
  const reach = {
    x: Math.max(0, (box.width - box.nodeWidth) / 2 - MARGIN),
    y: Math.max(0, (box.height - box.nodeHeight) / 2 - MARGIN),
  };
  const middle = { x: box.width / 2, y: box.height / 2 };
  const groups = new Set(spokes.map((s) => s.label)).size;
  // Half a place stays free between two labels.
  const places = spokes.length + (groups > 1 ? groups / 2 : 0);
  const points: Point[] = spokes.map(() => ({ ...middle }));
  let at = 0;
  let before: number | null = null;
  for (const index of order) {
    const spoke = spokes[index] as Spoke;
    if (before !== null && before !== spoke.label) at += 0.5;
    before = spoke.label;
    const angle = -Math.PI / 2 + (2 * Math.PI * at++) / Math.max(1, places);
    const out = NEAREST + (1 - NEAREST) * Math.max(0, (1 - spoke.similarity) / farthest);
    points[index] = {
      x: middle.x + reach.x * out * Math.cos(angle),
      y: middle.y + reach.y * out * Math.sin(angle),
    };
  }
  return moveApart(points, box);
}

/** Push overlapping nodes apart along the shorter way, and away from the middle, within the box. */
function moveApart(points: readonly Point[], box: Box): Point[] {
  const moved = points.map((p) => ({ ...p }));
  const width = box.nodeWidth + MARGIN;
  const height = box.nodeHeight + MARGIN;
  const centre = { x: box.width / 2, y: box.height / 2 };
  const fromMiddle = { x: (width + box.middleWidth) / 2, y: (height + box.middleHeight) / 2 };
  // Where no node fits above the middle, all go to its sides.
  const sideways = box.height / 2 < fromMiddle.y + box.nodeHeight / 2;
  for (let round = 0; round < ROUNDS; round++) {
    let touched = false;
    // What the shorter way has not parted, for want of room, goes the box's longer way.
    const late = round % 4 > 2 && box.width > box.height;
    for (const [i, a] of moved.entries()) {
      if (push(a, centre, fromMiddle, 1, i, sideways)) touched = true;
      for (let j = i + 1; j < moved.length; j++)
        if (push(a, moved[j] as Point, { x: width, y: height }, 0.5, i + j, late)) touched = true;
    }
    for (const p of moved) {
      p.x = Math.min(box.width - box.nodeWidth / 2, Math.max(box.nodeWidth / 2, p.x));
      p.y = Math.min(box.height - box.nodeHeight / 2, Math.max(box.nodeHeight / 2, p.y));
    }
    if (!touched) break;
  }
  return moved;
}

/** Part two centres that are nearer than `least`; `share` of the way is a's (1 = b stays where it is). */
function push(a: Point, b: Point, least: Point, share: number, tie: number, sideways = false): boolean {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  const overX = least.x - Math.abs(dx);
  const overY = least.y - Math.abs(dy);
  if (overX <= 0 || overY <= 0) return false;
  // Equal centres part in a direction that depends on their numbers only.
  const sign = (d: number) => (d === 0 ? (tie % 2 === 0 ? 1 : -1) : Math.sign(d));
  const axis = sideways || overX < overY ? "x" : "y";
  const by = axis === "x" ? overX * sign(dx) : overY * sign(dy);
  a[axis] += by * share;
  if (share < 1) b[axis] -= by * (1 - share);
  return true;
}
