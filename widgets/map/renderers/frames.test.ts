import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Frames } from "./frames";

/** Frames that were asked for and have not come. */
let due: Map<number, () => void>;
let asked = 0;

beforeEach(() => {
  due = new Map();
  asked = 0;
  vi.stubGlobal("requestAnimationFrame", (step: () => void) => {
    due.set(++asked, step);
    return asked;
  });
  vi.stubGlobal("cancelAnimationFrame", (id: number) => due.delete(id));
});
afterEach(() => vi.unstubAllGlobals());

/** Let frames come until none is asked for; returns how many came, at most `most`. */
function run(most = 100): number {
  let n = 0;
  while (due.size > 0 && n < most) {
    const now = [...due.values()];
    due.clear();
    for (const step of now) step();
    n++;
  }
  return n;
}

describe("the loop of frames", () => {
  it("rests when nothing is left to draw, and goes on when it is woken", () => {
    const frames = new Frames(() => false);
    let drawn = 0;
    frames.begin(() => drawn++);
    const first = run();
    expect(first).toBeLessThan(20);
    expect(drawn).toBe(first);
    expect(due.size).toBe(0);
    frames.wake();
    expect(run()).toBe(first);
  });

  it("lasts for as long as a draw takes", () => {
    let busy = true;
    const frames = new Frames(() => busy);
    frames.begin(() => {});
    expect(run(100)).toBe(100);
    busy = false;
    expect(run(100)).toBeLessThanOrEqual(1);
  });

  it("asks for one frame at a time, also where it is woken inside one", () => {
    const frames = new Frames(() => false);
    let woken = 0;
    frames.begin(() => {
      if (woken++ < 5) frames.wake();
    });
    frames.wake();
    expect(due.size).toBe(1);
    run();
    expect(asked).toBe(woken);
  });

  it("ends when it is cancelled", () => {
    const frames = new Frames(() => true);
    const loop = frames.begin(() => {});
    loop.cancel();
    frames.wake();
    expect(due.size).toBe(0);
  });
});
