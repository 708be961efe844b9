import { describe, expect, it } from "vitest";
import { columns, extent, inView, place, type Shape, scrollFor } from "./window";

const strip: Shape = {
  mode: "strip",
  width: 700,
  height: 100,
  tileWidth: 62,
  tileHeight: 84,
  gap: 8,
  edge: 4,
};
const grid: Shape = { ...strip, mode: "grid", height: 300 };

describe("a strip", () => {
  it("has few tiles in the page however long the queue is", () => {
    const { from, to } = inView(50_000, strip, 1_000_000);
    expect(to - from).toBeLessThan(40);
    expect(place(from, strip).x).toBeLessThan(1_000_000);
    expect(place(to - 1, strip).x).toBeGreaterThan(1_000_700);
    expect(extent(50_000, strip)).toEqual({ width: 8 + 50_000 * 70, height: 92 });
  });

  it("begins and ends with the queue", () => {
    expect(inView(3, strip, 0)).toEqual({ from: 0, to: 3 });
    expect(inView(0, strip, 0)).toEqual({ from: 0, to: 0 });
    expect(inView(5, strip, 99_999)).toEqual({ from: 5, to: 5 });
  });

  it("scrolls only for a tile that is not well in view", () => {
    expect(scrollFor(3, strip, 0)).toBe(0);
    const there = scrollFor(500, strip, 0);
    const x = place(500, strip).x;
    expect(there).toBeLessThan(x);
    expect(there + strip.width).toBeGreaterThan(x + strip.tileWidth);
    expect(scrollFor(500, strip, there)).toBe(there);
    expect(scrollFor(0, strip, 400)).toBe(0);
  });
});

describe("a grid", () => {
  it("wraps into as many columns as fit", () => {
    expect(columns(grid)).toBe(9);
    expect(place(9, grid)).toEqual({ x: 8, y: 8 + 92 });
    expect(extent(10, grid).height).toBe(8 + 2 * 92);
  });

  it("is at least one column wide", () => {
    expect(columns({ ...grid, width: 10 })).toBe(1);
  });

  it("has whole rows in the page", () => {
    const { from, to } = inView(50_000, grid, 10_000);
    expect(from % 9).toBe(0);
    expect(to - from).toBeLessThan(9 * 12);
  });
});
