// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { start } from "../core/testing/mockSession";
import { VisibleQueue } from "./visibleQueue";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("the queue as it is shown", () => {
  it("is the queue itself where nothing is hidden", async () => {
    const { session } = await start();
    const shown = new VisibleQueue(session);
    shown.fill();
    expect(shown.items).toBe(session.queue);
    expect([3, 1, 5, 0].map((item) => shown.place(item))).toEqual([0, 1, 2, -1]);
    session.edit("keep", [1]);
    shown.follow([1]);
    expect(shown.items).toEqual([3, 1, 5]);
  });

  it("follows labels and the current item, and ends as if it were made anew", async () => {
    const { session } = await start();
    session.setAuditRate(2);
    session.setFilter({ hideReviewed: true });
    const shown = new VisibleQueue(session);
    shown.fill();
    const steps: [act: () => void, changed: number[], items: number[]][] = [
      [() => session.edit("keep", [3]), [3], [3, 4, 1, 2, 5]],
      [() => session.select(1), [], [4, 1, 2, 5]],
      [() => session.edit("keep", [1, 2]), [1, 2], [4, 1, 5]],
      [() => session.select(2), [], [4, 2, 5]],
      [() => session.edit("clear", [3, 0]), [3, 0], [3, 4, 2, 5]],
      [() => session.select(0), [], [3, 4, 5]],
      [() => session.select(null), [], [3, 4, 5]],
    ];
    for (const [act, changed, items] of steps) {
      act();
      shown.follow(changed);
      expect(shown.items).toEqual(items);
      expect(items.map((item) => shown.place(item))).toEqual([...items.keys()]);
      const anew = new VisibleQueue(session);
      anew.fill();
      expect(shown.items).toEqual(anew.items);
    }
  });
});
