// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { Scores } from "../kernel/schema";
import { sixItems } from "../testing/mockModel";
import { start } from "../testing/mockSession";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("the queue", () => {
  it("follows the filter", async () => {
    const { session } = await start();
    session.setFilter({ scope: "all" });
    expect(session.queue).toEqual([3, 1, 5, 2, 0, 4]);
    session.setFilter({ pair: [0, 1] });
    expect(session.queue).toEqual([1]);
    session.setFilter({ pair: null, scope: "label" });
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
    session.setFilter({ scope: "all", pair: [2, 2] });
    expect(session.current).toBe(4);
  });

  it("has no rank for items without p_error", async () => {
    const { session } = await start();
    if (session.scores) session.scores.p_error[4] = Number.NaN;
    expect(session.rank(4)).toBeNull();
  });
});

describe("the queue with random items", () => {
  const scores = (): Scores => sixItems().scores?.({}) as Scores;
  const random = (changes: Partial<Scores> = {}) => ({
    scores: () => ({ ...scores(), audit_rate: 0.5, draws: Int32Array.of(4, 1, 2, 0), ...changes }),
  });
  beforeEach(() => sessionStorage.clear());

  it("has one at every so many places, as the review says", async () => {
    const { session } = await start(random());
    expect(session.queue).toEqual([3, 4, 1, 2, 5]);
    expect([...session.drawn]).toEqual([4, 2]);
    session.setAuditRate(0);
    expect(session.queue).toEqual([3, 1, 5]);
    expect(session.drawn.size).toBe(0);
    session.setAuditRate(3);
    expect(session.queue).toEqual([3, 1, 4, 5]);
  });

  it("has them among the suspects and above the cut, and nowhere else", async () => {
    const { session } = await start(random({ calibrated: true }), { calibrated: true });
    session.setFilter({ scope: "all" });
    expect(session.queue).toEqual([3, 1, 5, 2, 0, 4]);
    expect(session.mixes).toBe(false);
    session.setFilter({ scope: "label", pair: [0, 1] });
    expect(session.queue).toEqual([1]);
    session.setFilter({ pair: null });
    session.choose([5, 3]);
    expect(session.queue).toEqual([3, 5]);
    session.choose([]);
    expect(session.drawn.size).toBe(2);
    session.setDial(85);
    expect(session.queue).toEqual([3, 4, 1]);
  });

  it("stays as it is while somebody works it off, also when scores come anew", async () => {
    const { session, model } = await start(random());
    for (const item of [3, 4, 1, 2]) {
      expect(session.current).toBe(item);
      session.edit("keep", [item]);
      session.step(1, { skipReviewed: true });
      model.say({ event: "scores", trust: null });
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(session.queue).toEqual([3, 4, 1, 2, 5]);
    }
    expect(session.current).toBe(5);
  });

  it("gives no place to what was decided in a lasso, whatever is answered since", async () => {
    const { session } = await start(random({ draws: Int32Array.of(4, 5, 2, 0) }));
    expect(session.queue).toEqual([3, 4, 1, 5]);
    session.choose([5]);
    session.edit("keep", [5]);
    session.choose([]);
    expect(session.queue).toEqual([3, 4, 1, 2, 5]);
    session.edit("keep", [4]);
    session.audit([], Int32Array.of(4, 5, 2, 0));
    expect(session.queue).toEqual([3, 4, 1, 2, 5]);
    expect([...session.drawn]).toEqual([4, 2]);
  });

  it("is remembered for the tab, until the review says something else", async () => {
    const first = await start(random());
    first.session.setAuditRate(0);
    const again = await start(random());
    expect(again.session.auditRate.every).toBe(0);
    const other = await start(random({ audit_rate: 0.2 }));
    expect(other.session.auditRate.every).toBe(5);
  });
});
