import { describe, expect, it } from "vitest";
import { exact, matches, near } from "./match";

const CLASSES = ["ankle boot", "bag", "boot", "Coat", "coat", "dress"];
const names = (codes: number[]) => codes.map((c) => CLASSES[c]);

describe("matches", () => {
  it("puts the same name first, then beginnings, then words, then anything", () => {
    expect(names(matches(CLASSES, "boot"))).toEqual(["boot", "ankle boot"]);
    expect(names(matches(CLASSES, "B"))).toEqual(["bag", "boot", "ankle boot"]);
    expect(names(matches(CLASSES, "ress"))).toEqual(["dress"]);
  });

  it("is every class while nothing is typed", () => {
    expect(matches(CLASSES, "  ")).toHaveLength(CLASSES.length);
  });
});

describe("exact", () => {
  it("tells case apart only where it must", () => {
    expect(exact(CLASSES, "coat")).toBe(4);
    expect(exact(CLASSES, "BAG")).toBe(1);
    expect(exact(CLASSES, "COAT")).toBe(-1);
    expect(exact(CLASSES, "ba")).toBe(-1);
  });
});

describe("near", () => {
  it("finds slips of the pen and nothing else", () => {
    expect(names(near(CLASSES, "drses"))).toEqual([]);
    expect(names(near(CLASSES, "drees"))).toEqual(["dress"]);
    expect(names(near(CLASSES, "bot"))).toContain("boot");
    expect(near(CLASSES, "helicopter")).toEqual([]);
  });
});
