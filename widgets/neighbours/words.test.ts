import { describe, expect, it } from "vitest";
import { agreement, summary } from "./words";

const name = (code: number) => `c${code}`;

describe("summary", () => {
  it("counts labels in words", () => {
    expect(summary([1, 1, 2], name)).toBe("of the 3 nearest, 2 say c1 and 1 say c2");
    expect(summary([1, 1], name)).toBe("all 2 nearest say c1");
    expect(summary([1, 2, 3, 4, 5, -1], name)).toContain("others");
    expect(summary([], name)).toBe("no neighbours yet");
  });
});

describe("agreement", () => {
  it("knows nothing of unlabelled items", () => {
    expect(agreement(1, 1)).toBe("agrees");
    expect(agreement(1, 2)).toBe("conflicts");
    expect(agreement(-1, -1)).toBe("unknown");
  });
});
