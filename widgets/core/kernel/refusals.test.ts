// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { keepTheirs, useMine } from "../session/actions";
import { sixItems } from "../testing/mockModel";
import { COUNTS, reply, start } from "../testing/mockSession";
import { MemoryStorage } from "./outbox";
import { MOST_REFUSED, Refused } from "./refusals";
import type { Cell, Labels } from "./schema";

const BENS: Cell = { item: 3, label: 2, state: "relabelled", event: "event:9", rater: "ben" };

/** A page on which a decision about item 3 was refused: ben was faster. */
async function refused(action: "relabel" | "mark" = "relabel") {
  const page = await start();
  page.session.edit(
    action,
    [3],
    action === "mark" ? { reason: "ambiguous" } : { label: "cat", why: "whiskers" },
  );
  page.model.refuse("edit", { type: "Conflict", message: "", remedy: "", cells: [BENS] });
  await new Promise((resolve) => setTimeout(resolve, 0));
  page.end.abort();
  return page;
}

/** The page after a reload; the kernel has this of item 3 now. */
function reloaded(now: Cell = BENS, changes = {}, more = {}) {
  const labels = sixItems().labels?.({}) as Labels;
  return start({
    labels: () => {
      const made = structuredClone(labels);
      made.current[3] = now.label;
      made.state[3] = now.state === "relabelled" ? 1 : 2;
      made.seen.events["3"] = now.event;
      return { ...made, ...more };
    },
    edit: () => reply(3, 0, "relabelled", "event:10"),
    ...changes,
  });
}

beforeEach(() => localStorage.clear());

describe("a refused decision", () => {
  it("is asked about again after a reload, with who was faster", async () => {
    await refused();
    const { session, model } = await reloaded();
    expect(session.conflicts.of(3)).toEqual({
      item: 3,
      theirs: BENS,
      mine: { action: "relabel", label: "cat", why: "whiskers" },
    });
    // It is asked about, never sent by itself.
    expect(model.count("edit")).toBe(0);
    session.select(3);
    useMine(session);
    expect(model.last("edit").args).toMatchObject({
      label: "cat",
      why: "whiskers",
      expected: { 3: "event:9" },
    });
    expect((await reloaded()).session.conflicts.items).toEqual([]);
  });

  it("is forgotten when the other's is let stand, or another decision is made", async () => {
    await refused();
    const first = await reloaded();
    first.session.select(3);
    keepTheirs(first.session);
    expect((await reloaded()).session.conflicts.items).toEqual([]);
    await refused();
    (await reloaded()).session.edit("keep", [3]);
    expect((await reloaded()).session.conflicts.items).toEqual([]);
    expect(Object.keys(localStorage).filter((name) => name.includes("refused"))).toEqual([]);
  });

  it("stays when the item changed once more meanwhile, on top of what stands there now", async () => {
    await refused();
    const later: Cell = { item: 3, label: 1, state: "kept", event: "event:12" };
    const { session, model } = await reloaded(later);
    expect(session.conflicts.of(3)?.theirs).toEqual(later);
    session.select(3);
    useMine(session);
    expect(model.last("edit").args.expected).toEqual({ 3: "event:12" });
  });

  it("is over where what stands there now says the same", async () => {
    await refused();
    const { session } = await reloaded({ item: 3, label: 0, state: "relabelled", event: "event:12" });
    expect(session.conflicts.items).toEqual([]);
    expect((await reloaded()).session.conflicts.items).toEqual([]);
  });

  it("is kept as it stands after a push", async () => {
    await refused();
    const { model } = await reloaded();
    const cell: Cell = { item: 3, label: 1, state: "kept", event: "event:13", rater: "eve" };
    const push = { event: "cells", counts: COUNTS, saved: "2026-03-01T10:00:00+00:00" };
    model.say({ ...push, classes: ["cat", "dog", "newt"], cells: [cell] });
    expect((await reloaded(cell)).session.conflicts.of(3)?.theirs).toEqual(cell);
  });

  it("waits for its branch, and for its order of the items", async () => {
    await refused("mark");
    const hello = sixItems().hello?.({}) as { store: object };
    const shoes = { hello: () => ({ ...hello, store: { ...hello.store, branch: "shoes" } }) };
    expect((await reloaded(BENS, shoes)).session.conflicts.items).toEqual([]);
    expect((await reloaded(BENS, {}, { order: "order:2" })).session.conflicts.items).toEqual([]);
    expect((await reloaded()).session.conflicts.of(3)?.mine).toEqual({ action: "mark", reason: "ambiguous" });
  });

  it("comes back with its branch without a reload", async () => {
    await refused();
    let branch = "main";
    const hello = sixItems().hello?.({}) as { store: object };
    const { session, model } = await reloaded(BENS, {
      hello: () => structuredClone({ ...hello, store: { ...hello.store, branch } }),
    });
    for (const [to, items] of [
      ["shoes", []],
      ["main", [3]],
    ] as const) {
      branch = to;
      model.say({ event: "hello" });
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(session.conflicts.items).toEqual(items);
    }
  });
});

describe("the storage of refused decisions", () => {
  const conflict = (item: number) => ({ item, theirs: { ...BENS, item }, mine: { action: "keep" as const } });

  it("holds one an item, and the newest of many", () => {
    const storage = new MemoryStorage();
    const kept = new Refused("s", storage);
    kept.put([conflict(1)], "o");
    kept.put([{ ...conflict(1), mine: { action: "clear" } }], "o");
    expect(kept.list("o").map(({ mine }) => mine.action)).toEqual(["clear"]);
    kept.put(
      Array.from({ length: MOST_REFUSED + 5 }, (_, i) => conflict(i + 10)),
      "o",
    );
    const items = new Refused("s", storage).list("o").map(({ item }) => item);
    expect(items).toHaveLength(MOST_REFUSED);
    expect(items.at(-1)).toBe(MOST_REFUSED + 14);
    kept.remove(items, "o");
    expect(storage.length).toBe(0);
  });

  it("says a new class as it is said today, also where an earlier page stored it", () => {
    const storage = new MemoryStorage();
    const mine = { action: "relabel", label: "toad", newClass: true };
    storage.setItem(
      "data-quality-explorer:refused:s",
      JSON.stringify([{ ...conflict(1), mine, order: "o" }]),
    );
    const [found] = new Refused("s", storage).list("o");
    expect(found?.mine).toEqual({ action: "relabel", label: "toad", new_class: true });
  });

  it("reads nothing from what is not its own, and keeps what there is room for", () => {
    const storage = new MemoryStorage();
    storage.setItem("data-quality-explorer:refused:s", '[null, 3, {"item": 1}]');
    const kept = new Refused("s", storage);
    expect(kept.list("o")).toEqual([]);
    const set = storage.setItem.bind(storage);
    storage.setItem = (key, value) => {
      if (value.length > 400) throw new DOMException("Too much.", "QuotaExceededError");
      set(key, value);
    };
    kept.put([1, 2, 3, 4, 5, 6].map(conflict), "o");
    expect(kept.list("o").at(-1)?.item).toBe(6);
    expect(kept.list("o").length).toBeLessThan(6);
  });
});
