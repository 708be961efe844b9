import { describe, expect, it } from "vitest";
import type { Labels, Scores } from "../../core/kernel/types";
import { medians } from "../geometry/medians";
import { ease, growth, LEVEL, looks, Positions } from "../renderers/renderer";
import { colourIndices, emphasis, levels, markedItems } from "./marks";

const NO_FILTER = { suspects: true, cut: null, pair: null, items: null, hideReviewed: false };
const labels = {
  given: Int32Array.of(0, 0, 1, 1),
  current: Int32Array.of(0, 1, 1, 1),
  state: Uint8Array.of(0, 1, 0, 0),
} as unknown as Labels;
const scores = {
  suggested: Int32Array.of(1, 1, 1, 0),
  p_error: Float32Array.of(0.9, 0.8, 0.1, Number.NaN),
  order: Int32Array.of(0, 1, 2, 3),
  is_label_issue: Uint8Array.of(1, 1, 0, 0),
} as unknown as Scores;

describe("levels", () => {
  it("put suspects before the rest, and fade what is reviewed", () => {
    expect([...levels(labels, scores, NO_FILTER, null)]).toEqual([
      LEVEL.suspect,
      LEVEL.reviewed,
      LEVEL.normal,
      LEVEL.normal,
    ]);
  });

  it("dim what a pair, a lasso or a highlighted class leaves out", () => {
    expect([...levels(labels, scores, { ...NO_FILTER, pair: [0, 1] }, null)].slice(2)).toEqual([
      LEVEL.dim,
      LEVEL.dim,
    ]);
    const lasso = levels(labels, scores, { ...NO_FILTER, items: new Set([3]) }, null);
    expect([...lasso]).toEqual([LEVEL.dim, LEVEL.dim, LEVEL.dim, LEVEL.strong]);
    expect(levels(labels, scores, NO_FILTER, 0)[3]).toBe(LEVEL.dim);
  });

  it("show all alike before there are scores", () => {
    expect(levels(labels, null, NO_FILTER, null)[0]).toBe(LEVEL.strong);
  });
});

describe("marks", () => {
  it("are the queue's suspects and decisions, in its order", () => {
    expect([...markedItems([1, 0, 2, 3], labels, scores, null)]).toEqual([1, 0]);
  });

  it("keep to a highlighted class, as the label now or as the suggestion", () => {
    expect([...markedItems([0, 1], labels, scores, 0)]).toEqual([0]);
  });

  it("stand out by rank until p_error is calibrated", () => {
    expect(emphasis(3, 0, 100, scores, false)).toBe(1);
    expect(emphasis(3, 99, 100, scores, false)).toBeCloseTo(0);
    expect(emphasis(0, 99, 100, scores, true)).toBeCloseTo(0.9);
    expect(emphasis(3, 0, 100, scores, true)).toBe(0);
    expect(emphasis(0, 0, 1, scores, false)).toBe(1);
  });

  it("cycle through the palette; unlabelled has its own colour", () => {
    expect([...colourIndices(Int32Array.of(3, 13, -1))]).toEqual([3, 3, 10]);
  });
});

describe("medians", () => {
  it("stand where most of a class is, largest class first, none for unlabelled", () => {
    const xy = Float32Array.of(-0.8, -0.8, -0.79, -0.79, 0.9, 0.9, 1, 1, 0.5, 0.5);
    expect(medians(xy, Int32Array.of(1, 1, 1, 0, -1), 3)).toEqual([
      { code: 1, x: expect.closeTo(-0.79), y: expect.closeTo(-0.79), count: 3 },
      { code: 0, x: 1, y: 1, count: 1 },
    ]);
  });

  it("stand in the larger of two clumps and not between them", () => {
    const xy = Float32Array.of(-0.9, 0, -0.9, 0.01, -0.9, 0.02, 0.9, 0, 0.9, 0.01, 0, 0);
    const [place] = medians(xy, new Int32Array(6), 1);
    expect(place).toMatchObject({ x: expect.closeTo(-0.9), y: expect.closeTo(0.01) });
  });
});

describe("positions", () => {
  it("are between the old and the new layout while the points move", () => {
    const positions = new Positions(Float32Array.of(0, 0));
    positions.moveTo(Float32Array.of(1, -1), true);
    expect(positions.x(0)).toBe(0);
    positions.progress = 0.5;
    expect([positions.x(0), positions.y(0)]).toEqual([0.5, -0.5]);
    positions.moveTo(Float32Array.of(3, 3), false);
    expect(positions.x(0)).toBe(3);
  });

  it("jump when the number of points changed", () => {
    const positions = new Positions(Float32Array.of(0, 0));
    positions.moveTo(Float32Array.of(1, 1, 2, 2), true);
    expect(positions.progress).toBe(1);
  });

  it("ease from 0 to 1", () => {
    expect([ease(-1), ease(0), ease(0.5), ease(1), ease(2)]).toEqual([0, 0, 0.5, 1, 1]);
  });
});

describe("looks", () => {
  it("get smaller with more points and larger when zoomed in, within bounds", () => {
    expect((looks(500)[1] as { size: number }).size).toBeGreaterThan(
      (looks(50_000)[1] as { size: number }).size,
    );
    const size = { width: 600, height: 400 };
    expect(growth({ x: 0, y: 0, kx: 100, ky: 100 }, size)).toBe(1);
    expect(growth({ x: 0, y: 0, kx: 1e6, ky: 1e6 }, size)).toBe(1.7);
  });
});
