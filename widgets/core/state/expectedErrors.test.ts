import { describe, expect, it } from "vitest";
import { ExpectedErrors } from "./expectedErrors";

describe("sums of p_error from the largest down", () => {
  const values = [0.9, 0.8, 0.8, 0.5, 0.1, 0, Number.NaN];

  it("know how far down the mean is at least so much", () => {
    const sums = new ExpectedErrors(values);
    expect([sums.count, sums.sum]).toEqual([6, expect.closeTo(3.1)]);
    expect(sums.above(0.95)).toEqual({ count: 0, sum: 0 });
    expect(sums.above(0.82)).toEqual({ count: 3, sum: expect.closeTo(2.5) });
    expect(sums.above(0.7)).toEqual({ count: 4, sum: expect.closeTo(3) });
    expect(sums.above(0.1).count).toBe(6);
    expect(new ExpectedErrors().above(0.1)).toEqual({ count: 0, sum: 0 });
  });

  it("are the same whether values were there from the beginning or came one by one", () => {
    const sums = new ExpectedErrors([0.3, 0.9]);
    sums.remove(0.3);
    for (const p of values.slice(1)) sums.add(p);
    const whole = new ExpectedErrors(values);
    for (const least of [0.95, 0.85, 0.8, 0.6, 0.5, 0.2])
      expect(sums.above(least)).toEqual({
        count: whole.above(least).count,
        sum: expect.closeTo(whole.above(least).sum, 9),
      });
  });
});
