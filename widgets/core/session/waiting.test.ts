// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryStorage, pageMemory } from "../kernel/outbox";
import { settled } from "../testing/mockModel";
import { reply, start } from "../testing/mockSession";
import { acceptSuggestion, keep, mark } from "./actions";

beforeEach(() => {
  localStorage.clear();
  pageMemory().clear();
});

describe("a decision that is not on disk yet", () => {
  it("waits, apart from those that are, until the kernel has saved it", async () => {
    const { session, model } = await start();
    session.edit("keep", [3]);
    session.edit("keep", [1]);
    expect([session.isWaiting(3), session.isWaiting(1), session.isWaiting(5)]).toEqual([true, true, false]);
    expect(session.waiting.inQueue).toEqual({ all: 2, decided: 2 });
    expect(session.waiting.edits.map((edit) => edit.items)).toEqual([[3], [1]]);
    const drawn: unknown[] = [];
    session.on("labels", (items) => drawn.push([items, session.isWaiting(3)]));
    model.reply("edit", reply(3, 1, "kept"));
    await settled();
    // Whoever draws the item again finds that it waits no longer.
    expect(drawn).toEqual([[[3], false]]);
    expect(session.waiting.inQueue).toEqual({ all: 1, decided: 1 });
  });

  it("waits no longer where its answer names no item, since nothing had changed", async () => {
    const { session, model } = await start();
    session.edit("keep", [3]);
    const drawn: unknown[] = [];
    session.on("labels", (items) => drawn.push(items));
    model.reply("edit", { ...reply(3, 1, "kept"), cells: [] });
    await settled();
    expect(session.isWaiting(3)).toBe(false);
    expect(drawn).toContainEqual([3]);
  });

  it("waits no longer where it was refused", async () => {
    const { session, model } = await start();
    session.edit("keep", [3]);
    const cells = [{ item: 3, label: 2, state: "relabelled", event: "event:9", rater: "ben" }];
    model.refuse("edit", { type: "Conflict", message: "", remedy: "", cells });
    await settled();
    expect(session.isWaiting(3)).toBe(false);
  });

  it("waits on after a reload of the page", async () => {
    const before = await start();
    before.session.edit("keep", [3]);
    before.end.abort();
    const { session } = await start();
    expect([session.isWaiting(3), session.stateOf(3)]).toEqual([true, "kept"]);
  });

  it("takes a decision back that waits as well, and counts it as none", async () => {
    const { session } = await start();
    session.edit("clear", [3]);
    expect([session.isWaiting(3), session.isReviewed(3)]).toEqual([true, false]);
    expect(session.waiting.inQueue).toEqual({ all: 1, decided: 0 });
  });
});

describe("without a kernel", () => {
  it("nothing is decided, by key, button or lasso, and the item stays", async () => {
    const { session, model, notices } = await start();
    const told: string[] = [];
    model.restart();
    session.on("kernel", (link) => told.push(link));
    session.choose([3, 1]);
    const before = session.current;
    acceptSuggestion(session);
    keep(session);
    mark(session, "ambiguous");
    session.edit("keep", session.chosen);
    session.edit("keep", [5]);
    await session.undo();
    expect([3, 1, 5].map((item) => session.stateOf(item))).toEqual(["given", "given", "given"]);
    expect(session.current).toBe(before);
    expect([session.unsaved, model.count("edit"), notices]).toEqual([0, 0, []]);
    expect(told).toEqual(Array(6).fill("gone"));
  });

  it("keeps what waited, and the next session of the store sends it once", async () => {
    const first = await start();
    first.session.edit("keep", [3]);
    first.session.edit("keep", [1]);
    first.model.restart();
    await settled();
    expect(first.session.unsaved).toBe(2);
    expect(first.model.count("edit")).toBe(1);

    const next = await start({ edit: ({ items }) => reply((items as number[])[0] as number, 1, "kept") });
    await settled();
    expect(next.model.sent.filter((sent) => sent.call === "edit").map((sent) => sent.args.items)).toEqual([
      [3],
      [1],
    ]);
    expect(next.session.unsaved).toBe(0);
    // The view of before, in another cell, hears of it.
    expect([first.session.unsaved, first.session.isWaiting(3)]).toEqual([0, false]);
  });

  it("hands on what the browser had no room for", async () => {
    const full = new MemoryStorage();
    full.setItem = (key) => {
      if (key.includes(":outbox:")) throw new DOMException("Too much.", "QuotaExceededError");
    };
    vi.stubGlobal("localStorage", full);
    const first = await start();
    first.session.edit("keep", [3]);
    expect(first.session.waiting.lasting).toBe(false);
    first.model.restart();
    const next = await start({ edit: () => reply(3, 1, "kept") });
    await settled();
    expect([next.model.count("edit"), next.session.unsaved]).toEqual([1, 0]);
    vi.unstubAllGlobals();
  });

  it("hands on what waits where the browser has no storage at all", async () => {
    vi.stubGlobal("localStorage", undefined);
    const first = await start();
    first.session.edit("keep", [3]);
    expect(first.session.waiting.lasting).toBe(false);
    first.model.restart();
    const next = await start({ edit: () => reply(3, 1, "kept") });
    await settled();
    expect([next.model.count("edit"), next.session.unsaved]).toEqual([1, 0]);
    vi.unstubAllGlobals();
  });

  it("loads again, and sends, when the kernel is back", async () => {
    const { session, model } = await start();
    session.edit("keep", [3]);
    model.restart();
    await settled();
    const loads = model.count("hello");
    model.broken = null;
    model.say({ event: "stages", stages: [] });
    await settled();
    expect(model.count("hello")).toBe(loads + 1);
    expect(model.count("edit")).toBe(2);
    model.reply("edit", reply(3, 1, "kept"));
    await settled();
    expect(session.unsaved).toBe(0);
  });

  it("a widget that is destroyed throws nothing, nor does what comes after", async () => {
    const { session, end, model } = await start();
    session.edit("keep", [3]);
    end.abort();
    model.restart();
    model.idle();
    session.edit("keep", [1]);
    session.select(1);
    await session.undo();
    await settled();
    expect(session.stateOf(1)).toBe("given");
    expect(session.unsaved).toBe(1);
  });
});
