import { describe, expect, it } from "vitest";
import { Ranking } from "./ranking";

/** Numbers that look random and are the same each time. */
function numbers(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

const byHand = (values: Float32Array): number[] =>
  Array.from(values.keys()).sort((a, b) => {
    const [p, q] = [values[a] as number, values[b] as number];
    if (Number.isNaN(p) || Number.isNaN(q)) return Number(Number.isNaN(p)) - Number(Number.isNaN(q)) || a - b;
    return q - p || a - b;
  });

describe("a ranking", () => {
  it("is p_error falling, the items without one last, and equals in their order", () => {
    const values = Float32Array.of(0.5, Number.NaN, 1, 0, -0, 0.5, Number.NaN, -0.25, 0.5000001, 3);
    const ranking = new Ranking(values);
    expect([...ranking.order]).toEqual([9, 2, 8, 0, 5, 3, 4, 7, 1, 6]);
    expect(ranking.ranked).toBe(8);
    expect([...values.keys()].map((item) => ranking.order[ranking.place(item)])).toEqual([...values.keys()]);
    expect([...new Ranking(new Float32Array()).order]).toEqual([]);
  });

  it.each(Array.from({ length: 60 }, (_, seed) => seed))("stays sorted whatever rows change: %d", (seed) => {
    const random = numbers(seed);
    const n = 1 + Math.floor(random() * 60);
    // Few values, so that many are the same.
    const value = (): number => (random() < 0.15 ? Number.NaN : Math.floor(random() * 8) / 8);
    const values = Float32Array.from({ length: n }, value);
    const ranking = new Ranking(values);
    const marks = Uint8Array.from({ length: n }, () => Number(random() < 0.4));
    const marked = [...ranking.order].filter((item) => marks[item] === 1);
    for (let turn = 0; turn < 12; turn++) {
      const rows = [...values.keys()].filter(() => random() < 0.25);
      const write = (): void => {
        for (const item of rows) marks[item] = Number(random() < 0.4);
      };
      ranking.move(rows, rows.map(value), write, [{ list: marked, belongs: (item) => marks[item] === 1 }]);
      const order = byHand(values);
      expect([...ranking.order]).toEqual(order);
      expect(marked).toEqual(order.filter((item) => marks[item] === 1));
      expect(ranking.ranked).toBe(values.filter((p) => !Number.isNaN(p)).length);
    }
  });

  it("holds its items and no others", () => {
    const ranking = new Ranking(Float32Array.of(0.1, 0.9, 0.5, Number.NaN));
    expect([0, 1, 2, 3].map((item) => ranking.holds([1, 3], item))).toEqual([false, true, false, true]);
    expect(ranking.placeIn([1, 2, 0], 0)).toBe(2);
    expect(ranking.sort([3, 0, 1])).toEqual([1, 0, 3]);
  });
});
