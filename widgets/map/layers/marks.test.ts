import { describe, expect, it } from "vitest";
import type { Labels, Scores } from "../../core/kernel/schema";
import { LEVEL } from "../renderers/renderer";
import { colourIndices, emphasis, levels, markedItems, type Shown } from "./marks";

const shown = (changes: Partial<Shown> = {}): Shown => ({
  scope: "label",
  narrowed: false,
  passes: () => true,
  highlighted: new Set(),
  waits: () => false,
  ...changes,
});
const labels = {
  given: Int32Array.of(0, 0, 1, 1),
  current: Int32Array.of(0, 1, 1, 1),
  state: Uint8Array.of(0, 1, 0, 0),
} as unknown as Labels;
const scores = {
  suggested: Int32Array.of(1, 1, 1, 0),
  p_error: Float32Array.of(0.9, 0.8, 0.1, Number.NaN),
  order: Int32Array.of(0, 1, 2, 3),
  is_label_issue: Uint8Array.of(1, 1, 0, 0),
} as unknown as Scores;

describe("levels", () => {
  it("put suspects before the rest, and fade what is reviewed", () => {
    expect([...levels(labels, scores, shown())]).toEqual([
      LEVEL.suspect,
      LEVEL.reviewed,
      LEVEL.normal,
      LEVEL.normal,
    ]);
  });

  it("grey what a filter leaves out, and what lies outside a scope that is neither label errors nor everything", () => {
    const pair = levels(labels, scores, shown({ narrowed: true, passes: (item) => item < 2 }));
    expect([...pair].slice(2)).toEqual([LEVEL.dim, LEVEL.dim]);
    const lasso = levels(labels, scores, shown({ narrowed: true, passes: (item) => item === 3 }));
    expect([...lasso]).toEqual([LEVEL.dim, LEVEL.dim, LEVEL.dim, LEVEL.strong]);
    const outliers = levels(labels, scores, shown({ scope: "outlier", passes: (item) => item > 1 }));
    expect([...outliers]).toEqual([LEVEL.dim, LEVEL.dim, LEVEL.suspect, LEVEL.suspect]);
    expect([...colourIndices(labels.current, outliers)]).toEqual([10, 10, 1, 1]);
    const all = levels(labels, scores, shown({ scope: "all" }));
    expect([...all].slice(2)).toEqual([LEVEL.strong, LEVEL.strong]);
  });

  it("let highlighted items stand out, whatever is decided on", () => {
    const found = levels(labels, scores, shown({ highlighted: new Set([1, 2]) }));
    expect([...found]).toEqual([LEVEL.dim, LEVEL.suspect, LEVEL.suspect, LEVEL.dim]);
  });

  it("show all alike before there are scores", () => {
    expect(levels(labels, null, shown())[0]).toBe(LEVEL.strong);
  });
});

describe("marks", () => {
  it("are the queue's suspects and decisions, in its order", () => {
    expect([...markedItems([1, 0, 2, 3], labels, scores, shown())]).toEqual([1, 0]);
  });

  it("are all of another scope, and keep to what is highlighted", () => {
    expect([...markedItems([2, 3], labels, scores, shown({ scope: "outlier" }))]).toEqual([2, 3]);
    expect([...markedItems([0, 1], labels, scores, shown({ highlighted: new Set([0]) }))]).toEqual([0]);
  });

  it("stand out by rank until p_error is calibrated", () => {
    expect(emphasis(3, 0, 100, scores, false)).toBe(1);
    expect(emphasis(3, 99, 100, scores, false)).toBeCloseTo(0);
    expect(emphasis(0, 99, 100, scores, true)).toBeCloseTo(0.9);
    expect(emphasis(3, 0, 100, scores, true)).toBe(0);
    expect(emphasis(0, 0, 1, scores, false)).toBe(1);
  });

  it("cycle through the palette; unlabelled has its own colour", () => {
    expect([...colourIndices(Int32Array.of(3, 13, -1))]).toEqual([3, 3, 10]);
  });
});
