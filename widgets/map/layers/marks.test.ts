import { describe, expect, it } from "vitest";
import type { Labels, Scores } from "../../core/kernel/schema";
import { LEVEL } from "../renderers/renderer";
import { colourIndices, emphasis, levels, markedItems } from "./marks";

const NO_FILTER = { suspects: true, cut: null, pair: null, items: null, hideReviewed: false };
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
    expect([...levels(labels, scores, NO_FILTER, null)]).toEqual([
      LEVEL.suspect,
      LEVEL.reviewed,
      LEVEL.normal,
      LEVEL.normal,
    ]);
  });

  it("dim what a pair, a lasso or a highlighted class leaves out", () => {
    expect([...levels(labels, scores, { ...NO_FILTER, pair: [0, 1] }, null)].slice(2)).toEqual([
      LEVEL.dim,
      LEVEL.dim,
    ]);
    const lasso = levels(labels, scores, { ...NO_FILTER, items: new Set([3]) }, null);
    expect([...lasso]).toEqual([LEVEL.dim, LEVEL.dim, LEVEL.dim, LEVEL.strong]);
    expect(levels(labels, scores, NO_FILTER, 0)[3]).toBe(LEVEL.dim);
  });

  it("show all alike before there are scores", () => {
    expect(levels(labels, null, NO_FILTER, null)[0]).toBe(LEVEL.strong);
  });
});

describe("marks", () => {
  it("are the queue's suspects and decisions, in its order", () => {
    expect([...markedItems([1, 0, 2, 3], labels, scores, null)]).toEqual([1, 0]);
  });

  it("keep to a highlighted class, as the label now or as the suggestion", () => {
    expect([...markedItems([0, 1], labels, scores, 0)]).toEqual([0]);
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
