import { describe, expect, it } from "vitest";
import { medians } from "./medians";

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
