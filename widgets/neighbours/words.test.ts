import { describe, expect, it } from "vitest";
import { agreement, summary } from "./words";

const name = (code: number) => `c${code}`;

describe("summary", () => {
  it("counts labels in words", () => {
    expect(summary([1, 1, 2], name)).toBe("of the 3 nearest, 2 say c1 and 1 says c2");
    expect(summary([1, 1], name)).toBe("all 2 nearest say c1");
    expect(summary([1, 2, 3, 4, 5], name)).toContain("1 says c3 and 2 others");
    expect(summary([1, 2, 3, 4], name)).toContain("1 says c3 and 1 other");
    expect(summary([1, 2, 3, 4], name)).not.toContain("others");
    expect(summary([1], name)).toBe("the nearest says c1");
    expect(summary([-1], name)).toBe("the nearest is unlabelled");
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
