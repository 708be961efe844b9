/** Marks as small pictures, drawn once each and then stamped: thousands of arcs a frame would make panning stutter. */
import { classColour, classShape, type Shape } from "../../core/ui/theme";

/** Emphasis comes in this many steps, so that few pictures are needed. */
const STEPS = 6;
const MOST = 3000;

/** Radius of a mark's fill in CSS pixels for an emphasis of 0 to 1. */
export function markRadius(emphasis: number): number {
  return 2.6 + 3.6 * emphasis;
}

export class Sprites {
  private readonly made = new Map<string, HTMLCanvasElement>();

  constructor(
    private readonly dark: boolean,
    private readonly scale: number,
  ) {}

  /** Picture of a mark: `fill` and `ring` are class codes; no ring where the two agree. */
  get(fill: number, ring: number, emphasis: number, faded: boolean): HTMLCanvasElement {
    const step = Math.round(Math.min(1, Math.max(0, emphasis)) * STEPS);
    const name = `${fill},${ring},${step},${faded}`;
    let picture = this.made.get(name);
    if (!picture) {
      if (this.made.size >= MOST) this.made.clear();
      picture = this.draw(fill, ring, step / STEPS, faded);
      this.made.set(name, picture);
    }
    return picture;
  }

  private draw(fill: number, ring: number, emphasis: number, faded: boolean): HTMLCanvasElement {
    const radius = markRadius(emphasis);
    const half = Math.ceil(radius + 4);
    const picture = document.createElement("canvas");
    picture.width = picture.height = half * 2 * this.scale;
    const context = picture.getContext("2d");
    if (!context) return picture;
    context.scale(this.scale, this.scale);
    context.translate(half, half);
    context.globalAlpha = faded ? 0.3 : 0.6 + 0.4 * emphasis;
    const shape = classShape(fill);
    outline(context, shape, radius);
    context.fillStyle = classColour(fill, this.dark);
    context.fill();
    if (ring >= 0 && ring !== fill) {
      // A hair of background between fill and ring keeps two similar colours apart.
      outline(context, shape, radius + 1.4);
      context.strokeStyle = classColour(ring, this.dark);
      context.lineWidth = 2;
      context.stroke();
    }
    return picture;
  }
}

/** The path of a class's shape around the origin. */
export function outline(context: CanvasRenderingContext2D, shape: Shape, radius: number): void {
  context.beginPath();
  if (shape === "circle") context.arc(0, 0, radius, 0, 2 * Math.PI);
  else if (shape === "square") context.rect(-radius * 0.9, -radius * 0.9, radius * 1.8, radius * 1.8);
  else if (shape === "triangle") {
    context.moveTo(0, -radius * 1.15);
    context.lineTo(radius * 1.1, radius * 0.85);
    context.lineTo(-radius * 1.1, radius * 0.85);
    context.closePath();
  } else {
    context.moveTo(0, -radius * 1.25);
    context.lineTo(radius * 1.1, 0);
    context.lineTo(0, radius * 1.25);
    context.lineTo(-radius * 1.1, 0);
    context.closePath();
  }
}
