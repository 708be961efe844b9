import { describe, expect, it } from "vitest";
import { growth, looks, Positions } from "./renderer";

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
