import { describe, expect, it } from "vitest";
import cases from "../../../tests/fixtures/queue_cases.json";
import { everyOf, mixed, type Place } from "./mixedQueue";

const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const nobody = (): boolean => false;
const these = (...items: number[]) => {
  const set = new Set(items);
  return (item: number): boolean => set.has(item);
};

describe("random items among a ranking", () => {
  it("stand at every so many places, in the order in which they were drawn", () => {
    const { items, drawn } = mixed(ten, [50, 3, 2, 60, 70], 4, nobody);
    expect(items).toEqual([0, 1, 2, 50, 3, 4, 5, 60, 6, 7, 8, 70, 9]);
    expect([...drawn]).toEqual([50, 60, 70]);
    expect(mixed(ten, [50], 0, nobody).items).toEqual(ten);
    expect(mixed([0, 1, 2], [50], 4, nobody).items).toEqual([0, 1, 2]);
    expect(mixed(ten, [], 4, nobody).items).toEqual(ten);
  });

  it("stand there once, also those that the ranking holds", () => {
    const later = mixed(ten.slice(0, 8), [6, 3], 3, nobody);
    expect(later.items).toEqual([0, 1, 6, 2, 3, 4, 5, 7]);
    expect([...later.drawn]).toEqual([6]);
    const next = mixed(ten.slice(0, 6), [2, 50], 3, nobody);
    expect(next.items).toEqual([0, 1, 2, 3, 4, 50, 5]);
    expect([...next.drawn]).toEqual([2, 50]);
  });

  it("come again when they were passed over, and are not caught up on", () => {
    expect(mixed(ten.slice(0, 9), [50, 60], 4, these(0, 1, 2)).items[3]).toBe(50);
    expect(mixed(ten.slice(0, 9), [50, 60], 4, these(0, 1, 2, 3)).items).toEqual([
      0, 1, 2, 3, 4, 5, 50, 6, 7, 8,
    ]);
    const done = ten.slice(0, 8);
    expect(mixed(ten, [50, 51, 52], 3, these(...done)).items.indexOf(50)).toBe(8);
  });

  it("move nothing when the queue is worked off from the top", () => {
    const before = mixed(ten, [50, 8, 60, 70], 3, nobody);
    for (let n = 1; n <= before.items.length; n++) {
      const { items, drawn } = mixed(ten, [50, 8, 60, 70], 3, these(...before.items.slice(0, n)));
      expect([items, drawn]).toEqual([before.items, before.drawn]);
    }
  });

  it("move nothing when they alone are answered, and what was found otherwise takes up no place", () => {
    const before = mixed(ten, [50, 51, 52, 53], 3, nobody);
    expect(mixed(ten, [50, 51, 52, 53], 3, these(50, 51)).items).toEqual(before.items);
    expect([...mixed(ten, [50, 8, 7, 51], 3, these(7, 8)).drawn]).toEqual([50, 51]);
  });

  it("take up no place when they were found otherwise, whatever is answered since", () => {
    const ranked = Array.from({ length: 40 }, (_, item) => item);
    const lasso = ranked.slice(20, 30);
    const draws = [50, ...lasso, 51, 52];
    const first = mixed(ranked, draws, 5, nobody);
    const chosen = mixed(lasso, draws, 0, nobody, first.places);
    const before = mixed(ranked, draws, 5, these(...lasso), chosen.places);
    expect([...before.drawn]).toEqual([50, 51, 52]);
    expect([50, 51, 52].map((item) => before.items.indexOf(item))).toEqual([4, 9, 14]);
    const done = [...lasso];
    let stood = before.places;
    for (const item of before.items) {
      done.push(item);
      const after = mixed(ranked, draws, 5, these(...done), stood);
      expect([after.items, after.drawn]).toEqual([before.items, before.drawn]);
      stood = after.places;
    }
    // The page is loaded anew.
    expect(mixed(ranked, draws, 5, these(50, ...lasso)).items).toEqual(before.items);
  });

  it("come again when they were passed over, and stay where they were answered", () => {
    const ranked = [...ten, 10, 11];
    const first = mixed(ranked, [50, 60, 70], 4, nobody);
    const passed = mixed(ranked, [50, 60, 70], 4, these(0, 1, 2, 3), first.places);
    expect(passed.items.slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 50, 6]);
    const after = mixed(ranked, [50, 60, 70], 4, these(0, 1, 2, 3, 4, 5, 50), passed.places);
    expect(after.items.slice(0, 12)).toEqual([0, 1, 2, 3, 4, 5, 50, 6, 7, 8, 60, 9]);
  });

  it("stand as often as the rate says", () => {
    expect([0, 0.05, 0.1, 0.2, 0.5].map(everyOf)).toEqual([0, 20, 10, 5, 2]);
    expect([0.4, 1 / 4.5].map(everyOf)).toEqual([3, 5]);
  });
});

/** The same cases as the kernel's half is held to. */
describe("the queue of a case", () => {
  it.each(cases.cases.map((each) => [each.name, each] as const))("%s", (_, { draws, steps }) => {
    let stood: ReadonlyMap<number, Place> | null = null;
    for (const { ranked, every, decided, items, drawn } of steps) {
      const found = mixed(ranked, draws, every, these(...decided), stood);
      expect([found.items, [...found.drawn]]).toEqual([items, drawn]);
      stood = found.places;
    }
  });

  it("has a random item as often as the rate says", () => {
    expect(cases.rates.map(([rate]) => everyOf(rate as number))).toEqual(
      cases.rates.map(([, every]) => every),
    );
  });
});
