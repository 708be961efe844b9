import { describe, expect, it } from "vitest";
import { Grid, isInside } from "./grid";

/** Points that look random and are the same in every run. */
function scattered(n: number): Float32Array {
  let seed = 7;
  return Float32Array.from({ length: 2 * n }, () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return (seed / 2147483648) * 2 - 1;
  });
}

describe("the grid", () => {
  const xy = scattered(3000);
  const grid = new Grid(xy);

  it("finds the same nearest point as looking at all of them", () => {
    for (const [x, y] of [
      [0.1, 0.2],
      [-0.9, 0.9],
      [0.55, -0.31],
    ] as const) {
      let best = Infinity;
      let expected = -1;
      for (let i = 0; i < 3000; i++) {
        const d = Math.hypot(((xy[2 * i] as number) - x) * 300, ((xy[2 * i + 1] as number) - y) * 200);
        if (d < best) {
          best = d;
          expected = i;
        }
      }
      expect(grid.nearest(x, y, 30, 300, 200)).toBe(best <= 30 ? expected : -1);
    }
  });

  it("finds nothing where nothing is near", () => {
    expect(grid.nearest(5, 5, 8, 300, 300)).toBe(-1);
  });

  it("finds the same items inside a lasso as testing all of them", () => {
    const lasso = [-0.5, -0.5, 0.6, -0.4, 0.2, 0.1, 0.5, 0.7, -0.4, 0.3];
    const expected = Array.from({ length: 3000 }, (_, i) => i).filter((i) =>
      isInside(lasso, xy[2 * i] as number, xy[2 * i + 1] as number),
    );
    expect(expected.length).toBeGreaterThan(50);
    expect(grid.inside(lasso)).toEqual(expected);
  });

  it("takes a line or a point for no lasso", () => {
    expect(grid.inside([0, 0, 1, 1])).toEqual([]);
  });

  it("holds points that all lie in one place", () => {
    const one = new Grid(new Float32Array(20));
    expect(one.nearest(0, 0, 5, 100, 100)).toBeGreaterThanOrEqual(0);
    expect(one.inside([-1, -1, 1, -1, 1, 1, -1, 1])).toHaveLength(10);
  });
});
