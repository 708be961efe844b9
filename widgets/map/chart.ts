/**
 * The map without its toolbar: dots below, overlay above, one camera and one set of gestures over both.
 *
 * Knows items by number and nothing of reviews. It draws when something changed, never on its own; a lost graphics
 * context is replaced by the 2D renderer at once and by a fresh context later, without losing the view.
 */

import * as camera from "./geometry/camera";
import { fly } from "./geometry/flight";
import { Grid } from "./geometry/grid";
import { readGestures } from "./interaction/gestures";
import { Overlay, type Scene } from "./layers/overlay";
import { markRadius } from "./layers/sprites";
import { CanvasRenderer } from "./renderers/canvas";
import { ReglRenderer } from "./renderers/regl";
import type { PointRenderer } from "./renderers/renderer";

export interface ChartEvents {
  /** The item under the pointer, or null. */
  hover(item: number | null): void;
  click(item: number): void;
  /** Items inside a closed lasso. */
  lasso(items: number[]): void;
  /** Another part of the map is in sight, or other marks. */
  seen(): void;
  /** Room at the edges that other things lie on. */
  insets(): camera.Insets;
  /** A layout has been drawn to the end. */
  drawn(layout: string, n: number): void;
}

/** More points than this jump to a new layout. */
const MOST_ANIMATED = 200_000;
const HIT = 7;
/** Fresh graphics contexts to try after losses, and when. */
const RETRIES = 2;
const RETRY_AFTER = 3000;

export class MapChart {
  readonly scene: Scene = {
    marked: new Int32Array(),
    markOf: () => ({ fill: -1, ring: -1, emphasis: 0, faded: false, waiting: false }),
    names: [],
    current: null,
    hovered: null,
    picked: new Set(),
    edges: [],
    lasso: [],
  };
  private readonly overlay = new Overlay(this.scene);
  private plot: PointRenderer | null = null;
  private size: camera.Size = { width: 0, height: 0 };
  private view: camera.View = { x: 0, y: 0, kx: 100, ky: 100 };
  private grid: Grid | null = null;
  private data: { xy: Float32Array; name: string } | null = null;
  private style: { colours: Uint8Array; palette: readonly string[]; levels: Uint8Array } | null = null;
  /** Whether the reviewer has moved the camera: then a new layout leaves it alone. */
  private touched = false;
  private lassoMode = false;
  private wanted = 0;
  private stopFlight: () => void = () => {};
  private retries = RETRIES;

  constructor(
    readonly holder: HTMLElement,
    private readonly events: ChartEvents,
    private readonly signal: AbortSignal,
  ) {
    holder.append(this.overlay.canvas);
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(holder);
    this.resize();
    readGestures(
      holder,
      {
        lassoing: () => this.lassoMode,
        takesWheel: () => holder.matches(":focus, :focus-within") || this.hasFocusNear(),
        pan: (dx, dy) => this.look(camera.pan(this.view, dx, dy)),
        zoom: (factor, x, y) => this.look(camera.zoom(this.view, this.size, factor, x, y)),
        hover: (x, y) => this.events.hover(this.itemAt(x, y)),
        leave: () => this.events.hover(null),
        click: (x, y) => {
          const item = this.itemAt(x, y);
          if (item !== null) this.events.click(item);
        },
        draw: (points) => {
          this.scene.lasso = points;
          this.redraw();
        },
        enclose: (points) => this.enclose(points),
      },
      signal,
    );
    signal.addEventListener(
      "abort",
      () => {
        observer.disconnect();
        cancelAnimationFrame(this.wanted);
        this.stopFlight();
        this.plot?.destroy();
        this.plot = null;
      },
      { once: true },
    );
  }

  /** Which renderer draws the dots now. */
  get renderer(): string {
    return this.plot?.kind ?? "none";
  }

  get lassoing(): boolean {
    return this.lassoMode;
  }

  set lassoing(on: boolean) {
    this.lassoMode = on;
    this.holder.classList.toggle("dqx-lassoing", on);
  }

  /** Marks drawn in the last frame, worst first. */
  get inSight(): readonly number[] {
    return this.overlay.drawn;
  }

  /** Show a layout; points move there from the one before. */
  setLayout(name: string, xy: Float32Array): void {
    if (this.data?.xy === xy) return;
    const first = this.data?.xy.length !== xy.length;
    this.data = { xy, name };
    this.grid = xy.length > 0 ? new Grid(xy) : null;
    if (first) this.touched = false;
    void this.place(!first && this.mayAnimate());
  }

  setStyle(colours: Uint8Array, palette: readonly string[], levels: Uint8Array): void {
    this.style = { colours, palette, levels };
    this.plot?.setColours(colours, palette);
    this.plot?.setEmphasis(levels);
    this.redraw();
  }

  /** Colours of the theme changed. */
  restyle(): void {
    this.overlay.restyle();
    this.redraw();
  }

  /** Draw the overlay in the next frame: the scene changed. */
  redraw(): void {
    if (this.wanted !== 0) return;
    this.wanted = requestAnimationFrame(() => this.drawOverlay());
  }

  /** Show the whole map. */
  fit(): void {
    this.touched = false;
    this.fly(this.home());
  }

  /** Zoom around the current item where it is in sight, else around the middle. */
  zoomBy(factor: number): void {
    const { width, height } = this.size;
    const at = this.scene.current === null ? null : this.whereIs(this.scene.current);
    const inside = at && at[0] >= 0 && at[1] >= 0 && at[0] <= width && at[1] <= height;
    const [x, y] = inside ? at : [width / 2, height / 2];
    this.look(camera.zoom(this.view, this.size, factor, x, y));
  }

  panBy(dx: number, dy: number): void {
    this.look(camera.pan(this.view, dx, dy));
  }

  /** Where an item is now, in CSS pixels from the holder's corner. */
  whereIs(item: number): [number, number] | null {
    if (!this.plot || !this.data || 2 * item >= this.data.xy.length) return null;
    const at = new Float64Array(2);
    this.plot.screenPosition(item, at);
    return [at[0] as number, at[1] as number];
  }

  /** Bring an item into sight without zooming, if it is not. */
  reveal(item: number): void {
    const at = this.whereIs(item);
    if (!at) return;
    const [x, y] = at;
    const margin = 24;
    const { width, height } = this.size;
    if (x >= margin && y >= margin && x <= width - margin && y <= height - margin) return;
    this.fly(camera.pan(this.view, width / 2 - x, height / 2 - y));
  }

  private itemAt(x: number, y: number): number | null {
    if (!this.plot || !this.grid) return null;
    const at = new Float64Array(2);
    let best = (markRadius(1) + 3) ** 2;
    let found = -1;
    for (const item of this.overlay.drawn) {
      this.plot.screenPosition(item, at);
      const d = ((at[0] as number) - x) ** 2 + ((at[1] as number) - y) ** 2;
      if (d < best) {
        best = d;
        found = item;
      }
    }
    if (found < 0) {
      const { view, size } = this;
      const dataX = camera.toDataX(view, size, x);
      const dataY = camera.toDataY(view, size, y);
      found = this.grid.nearest(dataX, dataY, HIT, view.kx, view.ky);
    }
    return found < 0 ? null : found;
  }

  private enclose(points: readonly number[]): void {
    const polygon = points.map((v, i) =>
      i % 2 === 0 ? camera.toDataX(this.view, this.size, v) : camera.toDataY(this.view, this.size, v),
    );
    this.lassoing = false;
    this.events.lasso(this.grid?.inside(polygon) ?? []);
  }

  /** The reviewer moves the camera. */
  private look(view: camera.View): void {
    this.stopFlight();
    this.touched = true;
    this.show(view);
  }

  private show(view: camera.View): void {
    this.view = view;
    this.plot?.setView(view);
  }

  /** Move the camera to a view in a few frames, or at once where motion is not wanted. */
  private fly(to: camera.View): void {
    this.stopFlight();
    const from = this.view;
    if (!this.mayAnimate()) {
      this.show(to);
      return;
    }
    this.stopFlight = fly(from, to, (view) => this.show(view));
  }

  private home(): camera.View {
    const box = camera.boxOf(this.data?.xy ?? new Float32Array());
    // Layouts fill [-1, 1]; the few strays beyond it must not shrink all the others.
    const edge = 1.1;
    const clipped = {
      x0: Math.max(box.x0, -edge),
      y0: Math.max(box.y0, -edge),
      x1: Math.min(box.x1, edge),
      y1: Math.min(box.y1, edge),
    };
    return camera.fitTo(clipped, this.size, this.events.insets());
  }

  private mayAnimate(): boolean {
    const n = (this.data?.xy.length ?? 0) / 2;
    return n <= MOST_ANIMATED && !globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches;
  }

  /** Put the points where the layout has them, on whichever renderer there is. */
  private async place(animate: boolean): Promise<void> {
    const { plot, data } = this;
    if (!plot || !data) return;
    if (this.style) {
      plot.setColours(this.style.colours, this.style.palette);
      plot.setEmphasis(this.style.levels);
    }
    if (!this.touched) {
      if (animate) this.fly(this.home());
      else this.show(this.home());
    } else plot.setView(this.view);
    await plot.setPositions(data.xy, { animate });
    if (plot !== this.plot || data !== this.data) return;
    this.drawOverlay();
    this.events.drawn(data.name, data.xy.length / 2);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.holder;
    // A notebook takes cells out of sight off the page: they come back with their size.
    if (width < 10 || height < 10) return;
    const before = this.size;
    if (before.width === width && before.height === height) return;
    this.size = { width, height };
    this.overlay.resize(this.size);
    if (!this.plot) {
      this.start();
      return;
    }
    this.plot.resize(this.size);
    this.show(this.touched ? camera.refit(this.view, before, this.size) : this.home());
    this.redraw();
  }

  /** Make a renderer: WebGL where there is one, else the 2D canvas. */
  private start(): void {
    const events = { frame: () => this.drawOverlay(), lost: () => this.replace() };
    const former = this.plot;
    try {
      this.plot = new ReglRenderer(this.holder, this.size, events);
    } catch {
      this.plot = former?.kind === "canvas" ? former : new CanvasRenderer(this.holder, this.size, events);
    }
    if (former && former !== this.plot) former.destroy();
    this.holder.dataset.renderer = this.plot.kind;
    void this.place(false);
  }

  /** The graphics context is gone: go on in 2D, and try for a new one a little later. */
  private replace(): void {
    this.plot?.destroy();
    this.plot = new CanvasRenderer(this.holder, this.size, {
      frame: () => this.drawOverlay(),
      lost: () => {},
    });
    this.holder.dataset.renderer = this.plot.kind;
    void this.place(false);
    if (this.retries-- <= 0) return;
    setTimeout(() => !this.signal.aborted && this.start(), RETRY_AFTER);
  }

  private drawOverlay(): void {
    cancelAnimationFrame(this.wanted);
    this.wanted = 0;
    if (!this.plot || !this.data || this.signal.aborted) return;
    this.overlay.draw(this.plot, this.view, this.size);
    this.events.seen();
  }

  private hasFocusNear(): boolean {
    const page = this.holder.getRootNode() as Document | ShadowRoot;
    const focused = page.activeElement;
    const widget = this.holder.closest(".dqx-explorer, .dqx-map");
    return focused !== null && (widget?.contains(focused) ?? false);
  }
}
