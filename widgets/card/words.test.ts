import { describe, expect, it } from "vitest";
import type { HistoryEntry } from "../core/kernel/schema";
import { percent } from "../core/kernel/words";
import { decision, standing } from "./words";

const entry = (changes: Partial<HistoryEntry>): HistoryEntry => ({
  time: "2026-03-01T10:05:00",
  rater: "ann",
  item: 1,
  itemId: "a",
  op: "set",
  old: "cat",
  new: "dog",
  why: "",
  reason: "",
  p_error: null,
  commit: "c",
  event: "e",
  kind: "edit",
  ...changes,
});

describe("standing", () => {
  it("is a rank until there is calibration", () => {
    expect(standing(7, 1797)).toBe("rank 7 of 1,797");
    expect(standing(null, 0)).toBe("not ranked yet");
    expect(standing(null, 898)).toBe("not ranked");
  });

  it("is a place among the suspects for those that are some", () => {
    expect(standing(8, 1797, 7, 90)).toBe("suspect 7 of 90");
    expect(standing(91, 1797, null, 90)).toBe("rank 91 of 1,797");
  });
});

describe("percent", () => {
  it("never claims certainty", () => {
    expect(percent(0.724)).toBe("72 %");
    expect(percent(0.999)).toBe("99 %");
    expect(percent(0.001)).toBe("1 %");
  });
});

describe("decision", () => {
  it("names who, when and why", () => {
    expect(decision("given", null)).toBe("as given");
    expect(decision("relabelled", entry({ why: "has laces" }))).toBe("relabelled by ann, 10:05: “has laces”");
    expect(decision("kept", entry({ op: "keep" }))).toBe("kept by ann, 10:05");
    expect(decision("flagged", entry({ op: "flag", reason: "ambiguous" }))).toBe(
      "marked ambiguous by ann, 10:05",
    );
  });

  it("names nobody while the decision is not acknowledged", () => {
    expect(decision("kept", entry({ op: "set" }))).toBe("kept");
    expect(decision("relabelled", null)).toBe("relabelled");
  });

  it("shows stale labels and conflicts as such", () => {
    expect(decision("stale", null)).toMatch(/^stale/);
    expect(decision("conflict", null)).toMatch(/^conflict/);
  });
});
