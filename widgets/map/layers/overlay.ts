/**
 * What lies above the dots: names, the current item's edges, marks with rings, hover, and the lasso being drawn.
 *
 * A 2D canvas, drawn in the same frame as the dots below it. Work a frame is bounded: of the marks in sight only the
 * worst few hundred are drawn (zooming in brings the next), names that would overlap are left out.
 */
import { isDark } from "../../core/ui/theme";
import { type Size, toScreenX, toScreenY, type View } from "../geometry/camera";
import type { Place } from "../geometry/medians";
import type { PointRenderer } from "../renderers/renderer";
import { markRadius, Sprites } from "./sprites";

/** Marks that one frame draws. */
const MOST_MARKS = 600;
/** Rings of picked items that one frame draws. */
const MOST_PICKS = 2000;

export interface Mark {
  readonly fill: number;
  readonly ring: number;
  readonly emphasis: number;
  readonly faded: boolean;
  /** Decided on, and not on disk yet. */
  readonly waiting: boolean;
}

export interface Edge {
  readonly item: number;
  readonly agrees: boolean;
  /** 0 to 1: how similar the two are. */
  readonly weight: number;
}

/** What the overlay shows; the map replaces single fields and asks for a draw. */
export interface Scene {
  /** Marked items, worst first. */
  marked: Int32Array;
  markOf: (item: number, place: number) => Mark;
  /** Where names stand, and the names as short as they are drawn. */
  names: readonly (Place & { name: string })[];
  current: number | null;
  hovered: number | null;
  /** Items picked in the queue. */
  picked: ReadonlySet<number>;
  edges: readonly Edge[];
  /** Screen points of the lasso being drawn. */
  lasso: readonly number[];
}

export class Overlay {
  readonly canvas = document.createElement("canvas");
  /** Marks drawn in the last frame, worst first: what can be hit, and what the list beside the map names. */
  drawn: number[] = [];
  private sprites: Sprites | null = null;
  private colours = { ink: "#111", back: "#fff", brand: "#1976d2", bad: "#c4320a", quiet: "#5f6368" };
  private readonly at = new Float64Array(2);

  constructor(private readonly scene: Scene) {
    this.canvas.className = "dqx-map-overlay";
    this.canvas.setAttribute("aria-hidden", "true");
  }

  /** Read the theme's colours again. */
  restyle(): void {
    const style = getComputedStyle(this.canvas);
    const token = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback;
    this.colours = {
      ink: token("--dqx-ink", "#111"),
      back: token("--dqx-bg", "#fff"),
      brand: token("--dqx-brand", "#1976d2"),
      bad: token("--dqx-bad", "#c4320a"),
      quiet: token("--dqx-ink2", "#5f6368"),
    };
    this.sprites = new Sprites(isDark(), devicePixelRatio);
  }

  resize(size: Size): void {
    this.canvas.width = Math.floor(size.width * devicePixelRatio);
    this.canvas.height = Math.floor(size.height * devicePixelRatio);
    this.canvas.style.width = `${size.width}px`;
    this.canvas.style.height = `${size.height}px`;
  }

  draw(map: PointRenderer, view: View, size: Size): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    if (!this.sprites) this.restyle();
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    this.drawEdges(context, map, size);
    this.drawMarks(context, map, size);
    this.drawPicks(context, map, size);
    this.drawNames(context, view, size);
    this.drawRings(context, map);
    this.drawLasso(context);
  }

  private drawMarks(context: CanvasRenderingContext2D, map: PointRenderer, size: Size): void {
    const { marked, markOf } = this.scene;
    const places: number[] = [];
    this.drawn = [];
    for (let place = 0; place < marked.length && places.length < MOST_MARKS; place++) {
      map.screenPosition(marked[place] as number, this.at);
      const x = this.at[0] as number;
      const y = this.at[1] as number;
      if (x < -8 || y < -8 || x > size.width + 8 || y > size.height + 8) continue;
      places.push(place);
      this.drawn.push(marked[place] as number);
    }
    // The worst last, so that it lies on top.
    for (let k = places.length - 1; k >= 0; k--) {
      const item = this.drawn[k] as number;
      const mark = markOf(item, places[k] as number);
      const picture = this.sprites?.get(mark.fill, mark.ring, mark.emphasis, mark.faded);
      if (!picture) continue;
      map.screenPosition(item, this.at);
      const edge = picture.width / devicePixelRatio;
      context.drawImage(
        picture,
        (this.at[0] as number) - edge / 2,
        (this.at[1] as number) - edge / 2,
        edge,
        edge,
      );
      if (mark.waiting) this.dots(context, edge / 2 + 1);
    }
  }

  private drawEdges(context: CanvasRenderingContext2D, map: PointRenderer, size: Size): void {
    const { current, edges } = this.scene;
    if (current === null || edges.length === 0) return;
    map.screenPosition(current, this.at);
    const [x, y] = this.at as unknown as [number, number];
    for (const edge of edges) {
      map.screenPosition(edge.item, this.at);
      context.globalAlpha = 0.25 + 0.5 * edge.weight;
      context.strokeStyle = edge.agrees ? this.colours.quiet : this.colours.bad;
      context.lineWidth = 0.75 + edge.weight;
      context.setLineDash(edge.agrees ? [] : [4, 3]);
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(clamp(this.at[0] as number, size.width), clamp(this.at[1] as number, size.height));
      context.stroke();
    }
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  private drawNames(context: CanvasRenderingContext2D, view: View, size: Size): void {
    context.font = "600 13px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const taken: { x: number; y: number; w: number }[] = [];
    for (const place of this.scene.names) {
      const anchor = toScreenX(view, size, place.x);
      const y = toScreenY(view, size, place.y);
      if (anchor < 0 || y < 0 || anchor > size.width || y > size.height) continue;
      const text = place.name;
      const w = context.measureText(text).width + 6;
      const x = Math.min(Math.max(anchor, w / 2 + 4), size.width - w / 2 - 4);
      if (taken.some((t) => Math.abs(t.x - x) < (t.w + w) / 2 && Math.abs(t.y - y) < 17)) continue;
      taken.push({ x, y, w });
      context.strokeStyle = this.colours.back;
      context.lineWidth = 4;
      context.strokeText(text, x, y);
      context.fillStyle = this.colours.ink;
      context.fillText(text, x, y);
    }
  }

  /** A ring round each item that is picked: all of them in one stroke. */
  private drawPicks(context: CanvasRenderingContext2D, map: PointRenderer, size: Size): void {
    const { picked } = this.scene;
    if (picked.size === 0) return;
    const radius = markRadius(1) + 2;
    let left = MOST_PICKS;
    context.beginPath();
    for (const item of picked) {
      map.screenPosition(item, this.at);
      const [x, y] = this.at as unknown as [number, number];
      if (x < -radius || y < -radius || x > size.width + radius || y > size.height + radius) continue;
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
      if (--left === 0) break;
    }
    context.strokeStyle = this.colours.brand;
    context.lineWidth = 2;
    context.stroke();
  }

  private drawRings(context: CanvasRenderingContext2D, map: PointRenderer): void {
    const { current, hovered } = this.scene;
    if (hovered !== null && hovered !== current) {
      map.screenPosition(hovered, this.at);
      this.ring(context, markRadius(1) + 3, 1.5, this.colours.brand);
    }
    if (current !== null) {
      map.screenPosition(current, this.at);
      this.ring(context, markRadius(1) + 5, 4.5, this.colours.back);
      this.ring(context, markRadius(1) + 5, 2.25, this.colours.ink);
    }
  }

  /** A dotted ring, as round a tile that waits. */
  private dots(context: CanvasRenderingContext2D, radius: number): void {
    context.setLineDash([1.5, 2.5]);
    this.ring(context, radius, 1.5, this.colours.ink);
    context.setLineDash([]);
  }

  private ring(context: CanvasRenderingContext2D, radius: number, width: number, colour: string): void {
    context.beginPath();
    context.arc(this.at[0] as number, this.at[1] as number, radius, 0, 2 * Math.PI);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }

  private drawLasso(context: CanvasRenderingContext2D): void {
    const points = this.scene.lasso;
    if (points.length < 4) return;
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) context.lineTo(points[i] as number, points[i + 1] as number);
    context.closePath();
    context.fillStyle = this.colours.brand;
    context.globalAlpha = 0.1;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = this.colours.brand;
    context.lineWidth = 1.5;
    context.setLineDash([5, 3]);
    context.stroke();
    context.setLineDash([]);
  }
}

/** Far outside is as good as infinitely far outside, and cheaper to draw. */
function clamp(value: number, size: number): number {
  return Math.min(size + 4000, Math.max(-4000, value));
}
