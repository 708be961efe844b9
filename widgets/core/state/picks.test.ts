import { describe, expect, it } from "vitest";
import type { Filter } from "./filter";
import { Picks } from "./picks";

const filter = (change: Partial<Filter> = {}): Filter => ({
  scope: "label",
  cut: null,
  pair: null,
  label: null,
  items: null,
  found: null,
  sort: "suspicion",
  hideReviewed: false,
  ...change,
});

function made() {
  let told = 0;
  const picks = new Picks(() => told++);
  return { picks, told: () => told, now: () => [...picks.items].sort((a, b) => a - b) };
}

const LIST = [9, 8, 7, 6, 5, 4];

describe("picks", () => {
  it("are taken and let go of one by one", () => {
    const { picks, now, told } = made();
    picks.toggle(8);
    picks.toggle(6);
    picks.toggle(8);
    expect(now()).toEqual([6]);
    expect(told()).toBe(3);
  });

  it("are a range from the last one, forwards and backwards", () => {
    const { picks, now } = made();
    picks.toggle(7);
    picks.range(LIST, LIST.indexOf(picks.from as number), 4);
    expect(now()).toEqual([5, 6, 7]);
    picks.range(LIST, 2, 0);
    expect(now()).toEqual([7, 8, 9]);
  });

  it("of a range that is drawn back are let go of, and others stay", () => {
    const { picks, now } = made();
    picks.toggle(4);
    picks.toggle(9);
    picks.range(LIST, 0, 4);
    expect(now()).toEqual([4, 5, 6, 7, 8, 9]);
    picks.range(LIST, 0, 1);
    expect(now()).toEqual([4, 8, 9]);
  });

  it("are told of once however many they are", () => {
    const { picks, told } = made();
    picks.set(Array.from({ length: 20_000 }, (_, i) => i));
    expect(picks.items.size).toBe(20_000);
    expect(told()).toBe(1);
    picks.clear();
    picks.clear();
    expect(told()).toBe(2);
  });

  it("go with the item that leaves the queue", () => {
    const { picks, now, told } = made();
    picks.set([1, 2, 3]);
    picks.keep((item) => item !== 2);
    expect(now()).toEqual([1, 3]);
    picks.keep(() => true);
    expect(told()).toBe(2);
  });

  it("go with another filter, and stay where the same items pass", () => {
    const { picks, now } = made();
    picks.follow(filter());
    picks.set([1, 2]);
    picks.follow(filter({ hideReviewed: true }));
    expect(now()).toEqual([1, 2]);
    picks.follow(filter({ hideReviewed: true, pair: [0, 1] }));
    expect(now()).toEqual([]);
  });
});
