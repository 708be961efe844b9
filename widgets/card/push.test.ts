// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { pushMark, pushWords } from "./push";

describe("a push", () => {
  it("is said in words, louder the larger it is", () => {
    expect(pushWords(2)).toBe("speaks strongly against the label");
    expect(pushWords(0.9)).toBe("speaks against the label");
    expect(pushWords(-0.2)).toBe("speaks a little for the label");
    expect(pushWords(0.01)).toBe("adds next to nothing to the others");
  });

  it("points right and is filled against the label, left and hollow for it", () => {
    const against = pushMark(1.2)?.querySelector("rect") as SVGRectElement;
    const forIt = pushMark(-1.2)?.querySelector("rect") as SVGRectElement;
    expect(against.getAttribute("class")).toBe("dqx-push-against");
    expect(Number(against.getAttribute("x"))).toBe(0);
    expect(Number(forIt.getAttribute("x"))).toBe(-Number(forIt.getAttribute("width")));
    expect(forIt.getAttribute("class")).toBe("dqx-push-for");
    const long = pushMark(99)?.querySelector("rect") as SVGRectElement;
    expect(Number(long.getAttribute("width"))).toBeGreaterThan(Number(against.getAttribute("width")));
    expect(Number(long.getAttribute("width"))).toBeLessThan(12);
  });

  it("is left out where a method has no part in the probability", () => {
    expect(pushMark(null)).toBeNull();
    expect(pushMark(undefined)).toBeNull();
    expect(pushMark(Number.NaN)).toBeNull();
  });
});
