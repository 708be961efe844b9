// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { settled } from "../testing/mockModel";
import { start } from "../testing/mockSession";
import { growthOf } from "./growth";

let ends: AbortController[] = [];
const STEPS = [
  { items: Int32Array.of(3, 0, 5), whole: true },
  { items: Int32Array.of(3, 0, 5, 1), whole: false },
  { items: Int32Array.of(3, 0, 5, 1), whole: false },
];

async function growing() {
  let step = 0;
  const made = await start({
    grow: () => STEPS[step++],
    scope: ({ name }) => ({ name, items: Int32Array.of(3, 0), sets: null, why: "", version: 0 }),
  });
  ends.push(made.end);
  const said: string[] = [];
  made.session.on("said", (text) => said.push(text));
  made.session.select(3);
  return { ...made, said, growth: growthOf(made.session) };
}

beforeEach(() => {
  localStorage.clear();
  // The tab remembers the scope that it was left at.
  sessionStorage.clear();
});
afterEach(() => {
  for (const end of ends) end.abort();
  ends = [];
});

describe("a selection", () => {
  it("grows from the current item by steps, each from where it began, and says so", async () => {
    const { session, model, said, growth, notices } = await growing();
    await growth.grow();
    expect(model.last("grow").args).toEqual({ items: [3], order: "order:1", count: 0 });
    expect([...session.picked]).toEqual([3, 0, 5]);
    expect(session.queue).toEqual([3, 0, 5]);
    expect(session.current).toBe(3);
    expect(said.at(-1)).toBe("Grew from 1 to 3: one group, whole. E grows further, Esc lets go.");

    await growth.grow();
    expect(model.last("grow").args).toEqual({ items: [3], order: "order:1", count: 3 });
    expect(session.queue).toEqual([3, 0, 5, 1]);
    expect(said.at(-1)).toContain("Grew from 3 to 4: the nearest of one group.");

    await growth.grow();
    expect(notices.at(-1)?.text).toBe("Nothing more hangs together with 4 items.");
    expect(session.queue).toEqual([3, 0, 5, 1]);
  });

  it("that was let go leads back, and the next grows anew", async () => {
    const { session, model, growth } = await growing();
    await growth.grow();
    session.choose([]);
    expect(session.picked.size).toBe(0);
    expect(session.filter.scope).toBe("label");
    expect(session.current).toBe(3);
    session.select(1);
    await growth.grow();
    expect(model.last("grow").args).toEqual({ items: [1], order: "order:1", count: 0 });
  });

  it("asks for the set that the item has in its scope first", async () => {
    const { session, model, growth } = await growing();
    session.setFilter({ scope: "underperforming" });
    await settled();
    session.select(3);
    await growth.grow();
    expect(model.last("grow").args).toEqual({
      items: [3],
      order: "order:1",
      count: 0,
      scope: "underperforming",
    });
  });

  it("asks once where the key is pressed twice, and drops an answer about what is gone", async () => {
    const { session, model, growth } = await growing();
    const first = growth.grow();
    await growth.grow();
    expect(model.count("grow")).toBe(1);
    session.select(1);
    await first;
    await settled();
    expect(session.chosen).toEqual([]);
  });

  it("says where there is nothing to grow from", async () => {
    const { session, growth, notices, model } = await growing();
    session.select(null);
    await growth.grow();
    expect(model.count("grow")).toBe(0);
    expect(notices.at(-1)?.text).toBe("There is nothing to grow from.");
  });
});
