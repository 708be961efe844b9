/** The points drawn on an ordinary 2D canvas: for browsers without WebGL, and when a graphics context was lost. */

import type { Size, View } from "../geometry/camera";
import { ease, TRANSITION } from "../geometry/flight";
import { growth, looks, type PointRenderer, Positions, type RendererEvents } from "./renderer";

/** Dots that one frame may draw; of more, an even share is shown. */
const MOST = 60_000;

export class CanvasRenderer implements PointRenderer {
  readonly kind = "canvas";
  private readonly canvas = document.createElement("canvas");
  private readonly positions = new Positions();
  private colours = new Uint8Array();
  private palette: readonly string[] = [];
  private levels = new Uint8Array();
  private view: View = { x: 0, y: 0, kx: 100, ky: 100 };
  private wanted = 0;
  private readonly afterDraw: (() => void)[] = [];

  constructor(
    holder: HTMLElement,
    private size: Size,
    private readonly events: RendererEvents,
  ) {
    this.canvas.className = "dqx-map-points";
    this.canvas.setAttribute("aria-hidden", "true");
    holder.prepend(this.canvas);
    this.resize(size);
  }

  setPositions(xy: Float32Array, { animate }: { animate: boolean }): Promise<void> {
    this.positions.moveTo(xy, animate);
    if (this.positions.progress < 1) this.move(performance.now());
    else this.ask();
    return new Promise((resolve) => this.afterDraw.push(resolve));
  }

  setColours(indices: Uint8Array, palette: readonly string[]): void {
    this.colours = new Uint8Array(indices);
    this.palette = palette;
    this.ask();
  }

  setEmphasis(levels: Uint8Array): void {
    this.levels = new Uint8Array(levels);
    this.ask();
  }

  setView(view: View): void {
    this.view = view;
    this.ask();
  }

  screenPosition(item: number, out: Float64Array): void {
    this.positions.screen(item, this.view, this.size, out);
  }

  resize(size: Size): void {
    this.size = size;
    this.canvas.width = Math.floor(size.width * devicePixelRatio);
    this.canvas.height = Math.floor(size.height * devicePixelRatio);
    this.canvas.style.width = `${size.width}px`;
    this.canvas.style.height = `${size.height}px`;
    this.ask();
  }

  destroy(): void {
    cancelAnimationFrame(this.wanted);
    this.wanted = -1;
    this.canvas.remove();
  }

  /** Move the points for as long as a transition takes, a step a frame. */
  private move(start: number): void {
    if (this.wanted === -1) return;
    cancelAnimationFrame(this.wanted);
    this.wanted = requestAnimationFrame(() => {
      this.wanted = 0;
      const t = (performance.now() - start) / TRANSITION;
      this.positions.progress = t >= 1 ? 1 : ease(t);
      this.draw();
      if (t < 1) this.move(start);
    });
  }

  private ask(): void {
    if (this.wanted !== 0) return;
    this.wanted = requestAnimationFrame(() => {
      this.wanted = 0;
      this.draw();
    });
  }

  private draw(): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const { width, height } = this.size;
    const n = this.positions.to.length / 2;
    const byLevel = looks(n);
    const grown = growth(this.view, this.size);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, width, height);
    const at = new Float64Array(2);
    const stride = Math.max(1, Math.ceil(n / MOST));
    let colour = -1;
    let level = -1;
    for (let i = 0; i < n; i += stride) {
      this.positions.screen(i, this.view, this.size, at);
      const x = at[0] as number;
      const y = at[1] as number;
      if (x < -4 || y < -4 || x > width + 4 || y > height + 4) continue;
      if (this.colours[i] !== colour) {
        colour = this.colours[i] ?? 0;
        context.fillStyle = this.palette[colour] ?? "gray";
      }
      if (this.levels[i] !== level) {
        level = this.levels[i] ?? 0;
        context.globalAlpha = byLevel[level]?.opacity ?? 1;
      }
      const size = (byLevel[level]?.size ?? 2) * grown;
      context.fillRect(x - size / 2, y - size / 2, size, size);
    }
    context.globalAlpha = 1;
    this.events.frame();
    if (this.positions.progress >= 1) for (const done of this.afterDraw.splice(0)) done();
  }
}
