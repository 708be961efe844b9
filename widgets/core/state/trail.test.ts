// @vitest-environment happy-dom
import { beforeEach, expect, it } from "vitest";
import { keep } from "../session/actions";
import { start } from "../testing/mockSession";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

it("leads back along decisions and forth again, whatever the order of the queue", async () => {
  const { session } = await start();
  session.setFilter({ scope: "all" });
  session.sight.of = () => "here";
  expect(session.queue).toEqual([3, 1, 5, 2, 0, 4]);
  for (const item of [3, 1]) {
    expect(session.current).toBe(item);
    keep(session);
  }
  expect(session.current).toBe(5);
  session.setFilter({ sort: "row" });
  session.select(5);
  expect(session.queue).toEqual([0, 1, 2, 3, 4, 5]);
  // The sort began the queue anew, so that there is no way back any more: the queue's own order holds.
  session.step(-1);
  expect(session.current).toBe(4);

  session.select(2);
  keep(session);
  expect(session.current).toBe(0);
  keep(session);
  expect(session.current).toBe(4);
  for (const [by, item] of [
    [-1, 0],
    [-1, 2],
    [-1, 1],
    [1, 2],
    [1, 0],
    [1, 4],
    [1, 5],
  ] as const) {
    session.step(by);
    expect(session.current).toBe(item);
  }
});

it("goes along the queue where the last decision's item is not in it", async () => {
  const { session } = await start();
  session.sight.of = () => "here";
  session.select(3);
  keep(session);
  expect(session.current).toBe(1);
  session.setFilter({ hideReviewed: true });
  session.step(-1);
  expect(session.current).toBe(1);
  session.setFilter({ hideReviewed: false });
  session.step(-1);
  expect(session.current).toBe(3);
});

it("is not followed from an item that was chosen by itself: the queue is walked as it stands", async () => {
  const { session } = await start();
  session.setFilter({ scope: "all" });
  session.sight.of = () => "here";
  expect(session.queue).toEqual([3, 1, 5, 2, 0, 4]);
  keep(session);
  session.select(2);
  keep(session);
  expect(session.current).toBe(1);
  session.select(3);
  session.step(1);
  expect(session.current).toBe(1);
  session.step(1);
  expect(session.current).toBe(5);
  session.select(2);
  session.step(-1);
  expect(session.current).toBe(5);
});
