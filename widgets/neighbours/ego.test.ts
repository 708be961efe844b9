import { describe, expect, it } from "vitest";
import { around, arrange, type Box, capacity, type Spoke } from "./ego";

const flat: Box = {
  width: 490,
  height: 150,
  nodeWidth: 48,
  nodeHeight: 32,
  middleWidth: 40,
  middleHeight: 40,
};
const tall: Box = { ...flat, width: 330, height: 400, nodeWidth: 56, nodeHeight: 46 };
const words: Box = {
  width: 490,
  height: 132,
  nodeWidth: 96,
  nodeHeight: 45,
  middleWidth: 96,
  middleHeight: 34,
};
const spokes = (n: number): Spoke[] =>
  Array.from({ length: n }, (_, i) => ({ label: i % 3, similarity: 0.99 - i * 0.02 }));

describe("arrange", () => {
  for (const [name, box] of Object.entries({ flat, tall, words }))
    it(`keeps nodes apart, off the middle and inside a ${name} box`, () => {
      const n = capacity(box);
      const points = arrange(spokes(n), box);
      points.forEach((a, i) => {
        expect(a.x).toBeGreaterThanOrEqual(box.nodeWidth / 2 - 0.01);
        expect(a.x).toBeLessThanOrEqual(box.width - box.nodeWidth / 2 + 0.01);
        expect(a.y).toBeGreaterThanOrEqual(box.nodeHeight / 2 - 0.01);
        expect(a.y).toBeLessThanOrEqual(box.height - box.nodeHeight / 2 + 0.01);
        const free = (b: { x: number; y: number }, w: number, h: number) =>
          Math.abs(a.x - b.x) >= w - 1 || Math.abs(a.y - b.y) >= h - 1;
        const middle = { x: box.width / 2, y: box.height / 2 };
        expect(
          free(middle, (box.nodeWidth + box.middleWidth) / 2, (box.nodeHeight + box.middleHeight) / 2),
        ).toBe(true);
        for (const b of points.slice(i + 1)) expect(free(b, box.nodeWidth, box.nodeHeight)).toBe(true);
      });
    });

  it("is the same every time", () => {
    expect(arrange(spokes(12), flat)).toEqual(arrange(spokes(12), flat));
  });

  it("puts the more similar nearer", () => {
    const [near, far] = arrange(
      [
        { label: 0, similarity: 0.9 },
        { label: 0, similarity: 0.2 },
      ],
      { ...tall, width: 800, height: 800 },
    );
    const out = (p?: { x: number; y: number }) => Math.hypot((p?.x ?? 0) - 400, (p?.y ?? 0) - 400);
    expect(out(near)).toBeLessThan(out(far));
  });

  it("copes with equal items and with none", () => {
    const twins = Array.from({ length: 5 }, () => ({ label: 0, similarity: 1 }));
    for (const p of arrange(twins, flat)) expect(Number.isFinite(p.x + p.y)).toBe(true);
    expect(arrange([], flat)).toEqual([]);
  });
});

describe("around", () => {
  it("groups by label, the most frequent first, the most similar first within", () => {
    const order = around([
      { label: 1, similarity: 0.9 },
      { label: 0, similarity: 0.5 },
      { label: 0, similarity: 0.8 },
    ]);
    expect(order).toEqual([2, 1, 0]);
  });
});
