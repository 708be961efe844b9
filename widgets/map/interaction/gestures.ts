/**
 * Pointer and wheel on the map, told apart once for every renderer: drag pans, shift-drag or lasso mode draws a
 * lasso, a press without a move is a click, the wheel and two fingers zoom.
 */

/** What a gesture means, in CSS pixels from the map's top left corner. */
export interface GestureEvents {
  /** Whether a plain drag draws a lasso now. */
  lassoing(): boolean;
  /** Whether the wheel is meant for the map, and not for the page that scrolls past it. */
  takesWheel(): boolean;
  pan(dx: number, dy: number): void;
  zoom(factor: number, x: number, y: number): void;
  hover(x: number, y: number): void;
  leave(): void;
  click(x: number, y: number): void;
  /** The lasso so far: x0, y0, x1, y1, … Empty = given up. */
  draw(points: readonly number[]): void;
  /** The lasso was closed. */
  enclose(points: readonly number[]): void;
}

/** Movement in pixels below which a press is a click. */
const SLOP = 4;
/** Distance between two points of a lasso. */
const LASSO_STEP = 4;

export function readGestures(element: HTMLElement, events: GestureEvents, signal: AbortSignal): void {
  const pointers = new Map<number, { x: number; y: number }>();
  let start: { x: number; y: number } | null = null;
  let kind: "none" | "press" | "pan" | "lasso" | "pinch" = "none";
  let lasso: number[] = [];

  const at = (event: MouseEvent): { x: number; y: number } => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  /** Forget the gesture: a cancelled one is neither a lasso nor a click. */
  const abandon = (): void => {
    if (kind === "lasso") events.draw([]);
    kind = "none";
    start = null;
    lasso = [];
  };
  const spread = (): { d: number; x: number; y: number } | null => {
    const [a, b] = [...pointers.values()];
    return a && b ? { d: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } : null;
  };

  const down = (event: PointerEvent): void => {
    // Only the canvas area starts gestures; buttons and lists lying on it keep theirs.
    if (event.button !== 0 || event.target !== element) return;
    const p = at(event);
    pointers.set(event.pointerId, p);
    try {
      element.setPointerCapture(event.pointerId);
    } catch {
      // A synthetic or already ended pointer cannot be captured; the gesture works without.
    }
    if (pointers.size === 2) {
      abandon();
      kind = "pinch";
      return;
    }
    start = p;
    kind = events.lassoing() || event.shiftKey ? "lasso" : "press";
    lasso = kind === "lasso" ? [p.x, p.y] : [];
    events.leave();
  };

  const move = (event: PointerEvent): void => {
    const p = at(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      if (event.target === element) events.hover(p.x, p.y);
      else events.leave();
      return;
    }
    if (kind === "pinch") {
      const was = spread();
      pointers.set(event.pointerId, p);
      const is = spread();
      if (was && is && was.d > 0) {
        events.zoom(is.d / was.d, is.x, is.y);
        events.pan(is.x - was.x, is.y - was.y);
      }
      return;
    }
    pointers.set(event.pointerId, p);
    if (kind === "press" && start && Math.hypot(p.x - start.x, p.y - start.y) >= SLOP) {
      kind = "pan";
      events.pan(p.x - start.x, p.y - start.y);
    } else if (kind === "pan") events.pan(p.x - before.x, p.y - before.y);
    else if (kind === "lasso") {
      const x = lasso[lasso.length - 2] as number;
      const y = lasso[lasso.length - 1] as number;
      if (Math.hypot(p.x - x, p.y - y) < LASSO_STEP) return;
      lasso.push(p.x, p.y);
      events.draw(lasso);
    }
  };

  const up = (event: PointerEvent): void => {
    if (!pointers.delete(event.pointerId)) return;
    const p = at(event);
    if (kind === "press") events.click(p.x, p.y);
    else if (kind === "lasso") {
      const points = lasso;
      abandon();
      if (points.length >= 6) events.enclose(points);
      else events.click(p.x, p.y);
      return;
    }
    abandon();
  };

  element.addEventListener("pointerdown", down, { signal });
  element.addEventListener("pointermove", move, { signal });
  element.addEventListener("pointerup", up, { signal });
  element.addEventListener("pointerleave", () => pointers.size === 0 && events.leave(), { signal });
  element.addEventListener(
    "pointercancel",
    (event) => {
      pointers.delete(event.pointerId);
      abandon();
    },
    { signal },
  );
  element.addEventListener(
    "wheel",
    (event) => {
      if (event.target !== element || !(event.ctrlKey || event.metaKey || events.takesWheel())) return;
      event.preventDefault();
      const p = at(event);
      // Lines and pages count as so many pixels; a pinch on a touchpad arrives as a small ctrl+wheel.
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      events.zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0016)), p.x, p.y);
    },
    { signal, passive: false },
  );
}
