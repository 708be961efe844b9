// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { start } from "./mockSession";

beforeEach(() => localStorage.clear());

describe("the queue", () => {
  it("follows the filter", async () => {
    const { session } = await start();
    session.setFilter({ suspects: false });
    expect(session.queue).toEqual([3, 1, 5, 2, 0, 4]);
    session.setFilter({ pair: [0, 1] });
    expect(session.queue).toEqual([1]);
    session.setFilter({ pair: null, suspects: true });
    session.choose([5, 0, 3]);
    expect(session.queue).toEqual([3, 5]);
    expect(session.position(5)).toBe(1);
    session.choose([]);
    expect(session.queue).toEqual([3, 1, 5]);
  });

  it("is walked to its ends and no further", async () => {
    const { session } = await start();
    session.step(-1);
    expect(session.current).toBe(3);
    session.step(1);
    session.step(1);
    session.step(1);
    expect(session.current).toBe(5);
  });

  it("passes over reviewed items when asked, or when they are hidden", async () => {
    const { session } = await start();
    session.edit("keep", [1]);
    session.step(1, { skipReviewed: true });
    expect(session.current).toBe(5);
    session.select(3);
    session.setFilter({ hideReviewed: true });
    expect(session.queue).toEqual([3, 1, 5]);
    session.step(1);
    expect(session.current).toBe(5);
  });

  it("is taken up again where it was left for an item outside it", async () => {
    const { session } = await start();
    session.step(1);
    session.select(4);
    expect(session.position(4)).toBe(-1);
    session.step(1);
    expect(session.current).toBe(1);
    session.select(4);
    session.step(-1);
    expect(session.current).toBe(1);
  });

  it("is begun anew when the filter brings items to an empty one", async () => {
    const { session } = await start();
    session.select(null);
    session.setFilter({ suspects: false, pair: [2, 2] });
    expect(session.current).toBe(4);
  });

  it("has no rank for items without p_error", async () => {
    const { session } = await start();
    if (session.scores) session.scores.p_error[4] = Number.NaN;
    expect(session.rank(4)).toBeNull();
  });
});
