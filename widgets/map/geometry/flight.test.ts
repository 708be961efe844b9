import { describe, expect, it } from "vitest";
import { ease } from "./flight";

describe("points on their way", () => {
  it("ease from 0 to 1", () => {
    expect([ease(-1), ease(0), ease(0.5), ease(1), ease(2)]).toEqual([0, 0, 0.5, 1, 1]);
  });
});
