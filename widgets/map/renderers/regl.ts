/**
 * The points drawn by regl-scatterplot, used as a renderer only.
 *
 * Its own mouse handling is switched off (the canvas takes no pointer events and the camera is fixed), because
 * gestures, hit tests and the lasso are the same for every renderer. Four things about the library shape this file:
 * a second `draw` before the first has finished is refused, so changes are gathered and drawn one after the other;
 * its default renderer allocates a float buffer as large as the window, so it gets one as large as the map; and a lost
 * graphics context is not restored by it, so the owner is told. Its loop of frames would never rest: it gets one that does.
 */
import createScatterplot, { createRegl, createRenderer } from "regl-scatterplot";
import { type Size, toMatrix, type View } from "../geometry/camera";
import { ease, TRANSITION } from "../geometry/flight";
import { Frames } from "./frames";
import { growth, looks, type PointRenderer, Positions, type RendererEvents } from "./renderer";

const NEEDED = ["OES_texture_float", "OES_element_index_uint"];
const HOME: View = { x: 0, y: 0, kx: 100, ky: 100 };

export class ReglRenderer implements PointRenderer {
  readonly kind = "webgl";
  private readonly gl: HTMLCanvasElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly renderer: ReturnType<typeof createRenderer>;
  private readonly plot: ReturnType<typeof createScatterplot>;
  private readonly positions = new Positions();
  private colours = new Uint8Array();
  private levels = new Uint8Array();
  private view = HOME;
  /** Growth of the dots that is set now. */
  private grown = 1;
  private readonly ending = new AbortController();
  /** What the next draw has to do; null = nothing. */
  private due: { moved: boolean; animate: boolean } | null = null;
  private drawing: Promise<void> | null = null;
  private readonly frames = new Frames(() => this.drawing !== null);

  constructor(
    holder: HTMLElement,
    private size: Size,
    private readonly events: RendererEvents,
  ) {
    this.gl = document.createElement("canvas");
    const context = this.gl.getContext("webgl", { antialias: true, preserveDrawingBuffer: true });
    if (!context || !NEEDED.every((name) => context.getExtension(name)))
      throw new Error("This browser offers no WebGL with float textures.");
    this.gl.width = size.width * devicePixelRatio;
    this.gl.height = size.height * devicePixelRatio;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "dqx-map-points";
    this.canvas.setAttribute("aria-hidden", "true");
    holder.prepend(this.canvas);
    const regl = createRegl(this.gl);
    regl.frame = (step) =>
      this.frames.begin(() => {
        regl.poll();
        // The library's own step, which looks at nothing of what regl tells it.
        (step as () => void)();
      });
    this.renderer = createRenderer({ canvas: this.gl, regl });
    this.plot = createScatterplot({
      renderer: this.renderer,
      canvas: this.canvas,
      width: size.width,
      height: size.height,
      syncEvents: true,
      cameraIsFixed: true,
      deselectOnEscape: false,
      deselectOnDblClick: false,
      colorBy: "valueA",
      opacityBy: "valueB",
      sizeBy: "valueB",
      pointScaleMode: "constant",
    });
    this.renderer.resize(size.width, size.height);
    this.plot.subscribe("drawing", () => {
      this.frames.wake();
      this.events.frame();
    });
    const { signal } = this.ending;
    this.gl.addEventListener("webglcontextlost", () => this.events.lost(), { signal });
  }

  async setPositions(xy: Float32Array, { animate }: { animate: boolean }): Promise<void> {
    this.positions.moveTo(xy, animate);
    this.ask(true, animate);
    await this.drawing;
  }

  setColours(indices: Uint8Array, palette: readonly string[]): void {
    this.colours = new Uint8Array(indices);
    this.set({ pointColor: [...palette] });
    if (this.positions.to.length > 0) this.ask(false, false);
  }

  setEmphasis(levels: Uint8Array): void {
    this.levels = new Uint8Array(levels);
    if (this.positions.to.length > 0) this.ask(false, false);
  }

  setView(view: View): void {
    this.view = view;
    if (this.grown !== growth(view, this.size)) this.look();
    this.frames.wake();
    this.plot.view(toMatrix(view, this.size) as unknown as number[]);
  }

  screenPosition(item: number, out: Float64Array): void {
    this.positions.screen(item, this.view, this.size, out);
  }

  resize(size: Size): void {
    this.size = size;
    this.renderer.resize(size.width, size.height);
    this.set({ width: size.width, height: size.height });
    this.setView(this.view);
  }

  destroy(): void {
    this.ending.abort();
    const context = this.gl.getContext("webgl");
    this.plot.destroy();
    this.renderer.destroy();
    // Browsers allow few contexts a page, and would otherwise keep this one until the next garbage collection.
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    this.canvas.remove();
  }

  private ask(moved: boolean, animate: boolean): void {
    this.due = {
      moved: moved || (this.due?.moved ?? false),
      animate: animate || (this.due?.animate ?? false),
    };
    this.drawing ??= this.drawAll().finally(() => {
      this.drawing = null;
    });
  }

  private async drawAll(): Promise<void> {
    // The callers' other changes of this turn belong to the same draw.
    await Promise.resolve();
    for (let due = this.due; due; due = this.due) {
      this.due = null;
      if (this.ending.signal.aborted) return;
      await this.drawOnce(due);
    }
  }

  /** Set sizes and opacities by level, for this many points at this zoom. */
  private look(): void {
    this.grown = growth(this.view, this.size);
    const byLevel = looks(this.positions.to.length / 2);
    this.set({
      pointSize: byLevel.map((l) => l.size * this.grown),
      opacity: byLevel.map((l) => l.opacity),
    });
  }

  private set(changes: Parameters<typeof this.plot.set>[0]): void {
    this.frames.wake();
    void this.plot.set(changes);
  }

  private async drawOnce(due: { moved: boolean; animate: boolean }): Promise<void> {
    const xy = this.positions.to;
    const n = xy.length / 2;
    if (n === 0) return;
    const x = new Float32Array(n);
    const y = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      x[i] = xy[2 * i] as number;
      y[i] = xy[2 * i + 1] as number;
    }
    this.look();
    // Recolouring moves nothing, so the library's spatial index can stay.
    const index = due.moved ? undefined : this.plot.get("spatialIndex");
    this.frames.wake();
    await this.plot.draw(
      { x, y, valueA: column(this.colours, n), valueB: column(this.levels, n) },
      {
        zDataType: "categorical",
        wDataType: "categorical",
        ...(due.animate && {
          transition: true,
          transitionDuration: TRANSITION,
          // Called once a frame with the time: how the overlay learns how far the points have come.
          transitionEasing: (t: number) => {
            this.positions.progress = ease(t);
            return this.positions.progress;
          },
        }),
        ...(index && { spatialIndex: index }),
      },
    );
    this.positions.progress = 1;
    this.events.frame();
  }
}

/** A column of the right length, also while colours or levels have not been set yet. */
function column(values: Uint8Array, n: number): Uint8Array {
  if (values.length === n) return values;
  const padded = new Uint8Array(n);
  padded.set(values.subarray(0, n));
  return padded;
}
