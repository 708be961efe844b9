// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryStorage, pageMemory } from "../kernel/outbox";
import type { Edit, Hello, Labels } from "../kernel/schema";
import { MockModel, settled, sixItems } from "../testing/mockModel";
import { COUNTS, reply, start } from "../testing/mockSession";

const refusalOf = (cells: object[]) => ({ type: "Conflict", message: "", remedy: "", cells });

beforeEach(() => {
  localStorage.clear();
  pageMemory().clear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("editing", () => {
  it("shows a label before the kernel has answered", async () => {
    const { session, model } = await start();
    const unsaved: number[] = [];
    session.on("unsaved", (n) => unsaved.push(n));
    session.edit("relabel", [3], { label: "cat" });
    expect(session.labels?.current[3]).toBe(0);
    expect(session.stateOf(3)).toBe("relabelled");
    expect(session.isReviewed(3)).toBe(true);
    expect(model.last("edit").args).toMatchObject({
      action: "relabel",
      items: [3],
      label: "cat",
      expected: { 3: "base:1" },
    });
    model.reply("edit", reply(3, 0, "relabelled", "event:7"));
    await settled();
    expect(unsaved).toEqual([1, 0]);
    expect(session.saved).toBe("2026-03-01T10:00:00+00:00");
    // The next edit of the item names what this one left.
    session.edit("keep", [3]);
    expect(model.last("edit").args.expected).toEqual({ 3: "event:7" });
  });

  it("sends one edit at a time, in order", async () => {
    const { session, model } = await start();
    session.edit("keep", [3]);
    session.edit("mark", [1], { reason: "ambiguous" });
    expect(model.count("edit")).toBe(1);
    model.reply("edit", reply(3, 1, "kept"));
    await settled();
    expect(model.count("edit")).toBe(2);
    expect(model.last("edit").args.action).toBe("mark");
  });

  it("builds a second thought on the first, before the first is acknowledged", async () => {
    const { session, model } = await start();
    session.edit("keep", [3]);
    session.edit("relabel", [3], { label: "newt" });
    model.reply("edit", reply(3, 1, "kept", "event:7"));
    await settled();
    // The older answer does not flash up over the newer decision.
    expect(session.className(session.labels?.current[3] as number)).toBe("newt");
    expect(session.stateOf(3)).toBe("relabelled");
    expect(model.last("edit").args).toMatchObject({ action: "relabel", expected: { 3: "event:7" } });
  });

  it("sends what waits before it undoes", async () => {
    const { session, model } = await start();
    session.edit("keep", [3]);
    session.edit("keep", [1]);
    void session.undo();
    await settled();
    expect(model.count("undo")).toBe(0);
    model.reply("edit", reply(3, 1, "kept"));
    await settled();
    expect(model.count("undo")).toBe(0);
    model.reply("edit", reply(1, 0, "kept"));
    await settled();
    expect(model.count("undo")).toBe(1);
  });

  it("sends the note with the next decision about the current item only", async () => {
    const { session, model } = await start({ edit: () => reply(3, 0, "relabelled") });
    session.note = " has laces ";
    session.edit("keep", [1]);
    await settled();
    expect(model.last("edit").args).not.toHaveProperty("why");
    session.edit("relabel", [3], { label: "cat" });
    await settled();
    expect(model.last("edit").args.why).toBe("has laces");
    expect(session.note).toBe("");
  });

  it("shows what stands there when someone else was faster, and says so", async () => {
    const { session, model, notices } = await start();
    session.edit("relabel", [3], { label: "cat" });
    model.refuse("edit", {
      type: "Conflict",
      message: "ben relabelled this item to newt a minute ago.",
      remedy: "",
      cells: [{ item: 3, label: 2, state: "relabelled", event: "event:9", rater: "ben" }],
    });
    await settled();
    expect(session.labels?.current[3]).toBe(2);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({ kind: "conflict", items: [3] });
    expect(notices[0]?.text).toContain("ben");
    expect(notices[0]?.remedy).toBeTruthy();
    // Nothing is left to send, and a new decision builds on what ben left.
    expect(session.unsaved).toBe(0);
    expect(localStorage.getItem("data-quality-explorer:outbox:store-six")).toBeNull();
    session.edit("relabel", [3], { label: "cat" });
    expect(model.last("edit").args.expected).toEqual({ 3: "event:9" });
  });

  it("opens no conflict where somebody else had decided the same", async () => {
    const { session, model, notices } = await start();
    session.edit("relabel", [3], { label: "cat" });
    model.refuse(
      "edit",
      refusalOf([{ item: 3, label: 0, state: "relabelled", event: "event:9", rater: "ben" }]),
    );
    await settled();
    expect(session.conflicts.items).toEqual([]);
    expect(notices.at(-1)?.text).toMatch(/^ben had decided the same/);
  });

  it("asks about what stands there now, if it changes while a conflict is open", async () => {
    const { session, model } = await start();
    session.edit("relabel", [3], { label: "cat", why: "whiskers" });
    model.refuse(
      "edit",
      refusalOf([{ item: 3, label: 2, state: "relabelled", event: "event:9", rater: "ben" }]),
    );
    await settled();
    const push = {
      event: "cells",
      counts: COUNTS,
      saved: "2026-03-01T10:00:00+00:00",
      classes: session.classes,
    };
    model.say({ ...push, cells: [{ item: 3, label: 1, state: "kept", event: "event:10", rater: "eve" }] });
    expect(session.conflicts.of(3)).toMatchObject({
      theirs: { event: "event:10", rater: "eve" },
      mine: { action: "relabel", label: "cat", why: "whiskers" },
    });
    model.say({ ...push, cells: [{ item: 3, label: 0, state: "relabelled", event: "event:11" }] });
    expect(session.conflicts.items).toEqual([]);
  });

  it("names the changed items of a refused edit of many, and offers the others", async () => {
    const { session, model, notices } = await start();
    session.edit("relabel", [1, 3, 5], { label: "newt", why: "all wet" });
    model.refuse(
      "edit",
      refusalOf([{ item: 3, label: 0, state: "relabelled", event: "event:9", rater: "ben" }]),
    );
    await settled();
    expect(notices[0]?.text).toBe(
      "Nothing of your decision on 3 items was saved: somebody changed 1 of them meanwhile, " +
        "the item at position 3 (ben relabelled it to cat).",
    );
    expect(notices[0]?.items).toEqual([3]);
    expect(session.conflicts.items).toEqual([3]);
    expect(notices[0]?.act?.text).toBe("Decide on the other 2");
    notices[0]?.act?.run();
    expect(model.last("edit").args).toMatchObject({ items: [1, 5], label: "newt", why: "all wet" });
    expect(session.conflicts.items).toEqual([3]);
  });

  it("takes a refused label back and asks for the labels anew", async () => {
    const { session, model, notices } = await start();
    session.edit("relabel", [3], { label: "cta" });
    model.refuse("edit", {
      type: "UnknownName",
      message: "There is no class 'cta'.",
      remedy: "Did you mean cat?",
    });
    await settled();
    expect(model.count("labels")).toBe(2);
    expect(session.stateOf(3)).toBe("given");
    expect(notices[0]).toMatchObject({ kind: "error", remedy: "Did you mean cat?" });
  });

  it("learns a class that was added", async () => {
    const { session, model } = await start();
    session.edit("relabel", [3], { label: "toad", new_class: true });
    expect(model.last("edit").args.new_class).toBe(true);
    model.reply("edit", { ...reply(3, 3, "relabelled"), classes: ["cat", "dog", "newt", "toad"] });
    await settled();
    expect(session.className(session.labels?.current[3] as number)).toBe("toad");
  });

  it("undoes by asking the kernel, and goes to the item", async () => {
    const { session, model } = await start({ edit: () => reply(3, 0, "relabelled") });
    session.edit("relabel", [3], { label: "cat" });
    session.step(1);
    await settled();
    const undo = session.undo();
    await settled();
    expect(model.last("undo").args.op_id).toMatch(/^[0-9a-f]{32}$/);
    model.reply("undo", reply(3, 1, "given", "event:2"));
    await undo;
    expect(session.labels?.current[3]).toBe(1);
    expect(session.stateOf(3)).toBe("given");
    expect(session.current).toBe(3);
  });

  it("says when there is nothing to undo", async () => {
    const { session, notices } = await start({ undo: () => ({ ...reply(3, 1, "given"), cells: [] }) });
    await session.undo();
    expect(notices.at(-1)?.text).toMatch(/nothing to undo/);
  });

  it("shows what another tab or the notebook changed", async () => {
    const { session, model } = await start();
    const changed: unknown[] = [];
    session.on("labels", (items) => changed.push(items));
    model.say({
      event: "cells",
      cells: [{ item: 1, label: 1, state: "relabelled", event: "event:4" }],
      counts: COUNTS,
      saved: "2026-03-01T10:00:00+00:00",
      classes: ["cat", "dog", "newt"],
    });
    expect(session.labels?.current[1]).toBe(1);
    expect(changed).toEqual([[1]]);
    expect(session.counts).toEqual(COUNTS);
  });
});

describe("unacknowledged edits", () => {
  it("are shown and sent again after a reload", async () => {
    const before = await start();
    before.session.edit("relabel", [3], { label: "cat" });
    const lost = before.model.last("edit").args as unknown as Edit;
    // The page goes away before the answer came.
    before.end.abort();
    const after = await start();
    expect(after.session.labels?.current[3]).toBe(0);
    expect(after.model.last("edit").args).toMatchObject({ op_id: lost.op_id, expected: lost.expected });
    after.model.reply("edit", reply(3, 0, "relabelled"));
    await settled();
    expect(localStorage.length).toBe(0);
  });

  it("wait for the kernel to come back", async () => {
    const { session, end } = await start();
    vi.useFakeTimers();
    session.edit("keep", [3]);
    end.abort();
    await vi.advanceTimersByTimeAsync(0);
    const back = new MockModel({ ...sixItems(), edit: () => reply(3, 1, "kept") });
    session.attach(back.model, new AbortController().signal);
    await vi.advanceTimersByTimeAsync(6000);
    expect(back.last("edit").args.action).toBe("keep");
    expect(localStorage.length).toBe(0);
  });
});

describe("a store that cannot take an edit now", () => {
  const locked = { type: "StoreError", message: "The store is locked.", remedy: "", transient: true };

  it("gets it again until it can, with one notice", async () => {
    const { session, model, notices } = await start();
    vi.useFakeTimers();
    session.edit("keep", [3]);
    model.refuse("edit", locked);
    await vi.advanceTimersByTimeAsync(0);
    expect(session.stateOf(3)).toBe("kept");
    expect(model.count("labels")).toBe(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(model.count("edit")).toBe(2);
    model.refuse("edit", locked);
    await vi.advanceTimersByTimeAsync(5000);
    expect(model.count("edit")).toBe(3);
    expect(notices).toHaveLength(1);
    expect(notices[0]?.text).toMatch(/not saved yet: The store is locked/);
    model.reply("edit", reply(3, 1, "kept"));
    await vi.advanceTimersByTimeAsync(20000);
    expect(model.count("edit")).toBe(3);
    expect(localStorage.length).toBe(0);
  });

  it("is not asked to undo an older decision instead", async () => {
    const { session, model, notices } = await start();
    vi.useFakeTimers();
    session.edit("keep", [3]);
    const undo = session.undo();
    model.refuse("edit", locked);
    await undo;
    expect(model.count("undo")).toBe(0);
    expect(notices.at(-1)?.text).toMatch(/^Nothing was undone/);
    expect(session.stateOf(3)).toBe("kept");
  });
});

describe("a decision that is refused for good", () => {
  const unknown = { type: "UnknownName", message: "There is no class 'cta'.", remedy: "" };

  it("is not answered by undoing the one before it", async () => {
    const { session, model, notices } = await start();
    session.edit("keep", [1]);
    session.edit("relabel", [3], { label: "cta" });
    model.reply("edit", reply(1, 0, "kept"));
    await settled();
    const undo = session.undo();
    model.refuse("edit", unknown);
    await undo;
    expect(model.count("undo")).toBe(0);
    expect(notices.at(-1)?.text).toBe(
      "Nothing was undone: the newest decision was refused and is not in force.",
    );
    // Whoever undoes again has read it and means the one before.
    void session.undo();
    await settled();
    expect(model.count("undo")).toBe(1);
  });

  it("stops an undo that comes just after the refusal", async () => {
    const { session, model } = await start({ undo: () => ({ ...reply(3, 1, "given"), cells: [] }) });
    session.edit("relabel", [3], { label: "cta" });
    model.refuse("edit", unknown);
    await settled();
    await session.undo();
    expect(model.count("undo")).toBe(0);
  });

  it("does not stop the undo of a newer one that was saved", async () => {
    const { session, model } = await start({ undo: () => reply(1, 0, "given", "event:3") });
    session.edit("relabel", [3], { label: "cta" });
    session.edit("keep", [1]);
    model.refuse("edit", unknown);
    await settled();
    model.reply("edit", reply(1, 0, "kept"));
    await settled();
    await session.undo();
    expect(model.count("undo")).toBe(1);
  });
});

describe("another branch", () => {
  it("gets none of the decisions that wait for the one before", async () => {
    const { session } = await start();
    session.edit("keep", [3]);
    const hello = sixItems().hello?.({}) as Hello;
    const there = await start({ hello: () => ({ ...hello, store: { ...hello.store, branch: "shoes" } }) });
    there.session.edit("keep", [5]);
    expect(there.model.last("edit").args.items).toEqual([5]);
    expect(there.model.count("edit")).toBe(1);
  });

  it("is taken up at once, with an empty outbox and no conflicts of before", async () => {
    let branch = "main";
    const hello = sixItems().hello?.({}) as Hello;
    const { session, model, notices } = await start({
      hello: () => ({ ...structuredClone(hello), store: { ...hello.store, branch } }),
    });
    session.edit("relabel", [3], { label: "cat" });
    model.refuse("edit", refusalOf([{ item: 3, label: 2, state: "relabelled", event: "event:9" }]));
    await settled();
    session.edit("keep", [3]);
    session.edit("keep", [1]);
    branch = "shoes";
    model.say({ event: "versions", branch, branches: [], tags: [] });
    await settled();
    expect(session.hello?.store.branch).toBe("shoes");
    expect(session.conflicts.items).toEqual([]);
    expect(session.unsaved).toBe(0);
    expect(notices.at(-1)?.text).toBe("2 decisions were not saved before the branch changed.");
    // The answer to the one that was on its way; the other is not sent to this branch.
    const sent = model.count("edit");
    model.reply("edit", reply(3, 1, "kept"));
    await settled();
    expect(model.count("edit")).toBe(sent);
    branch = "main";
    model.say({ event: "hello" });
    await settled();
    expect(model.last("edit").args.items).toEqual([1]);
  });
});

describe("undo without a kernel", () => {
  it("says that the newest decision still waits", async () => {
    const { session, end, notices } = await start();
    vi.useFakeTimers();
    session.edit("keep", [3]);
    end.abort();
    await session.undo();
    expect(notices.map((notice) => notice.text)).toEqual([
      "Nothing was undone: the newest decision is not saved yet.",
    ]);
  });
});

describe("a browser whose storage is full", () => {
  it("still shows and sends edits, and says once that they end with the page", async () => {
    const full = new MemoryStorage();
    full.setItem = (key) => {
      if (key.includes(":outbox:")) throw new DOMException("Too much.", "QuotaExceededError");
    };
    vi.stubGlobal("localStorage", full);
    const { session, model, notices } = await start();
    session.edit("keep", [3]);
    session.edit("keep", [1]);
    expect([session.stateOf(3), session.stateOf(1)]).toEqual(["kept", "kept"]);
    expect(notices).toHaveLength(1);
    expect(notices[0]?.text).toMatch(/would not survive closing/);
    // A load in between takes the same outbox up again.
    const unsaved: number[] = [];
    session.on("unsaved", (n) => unsaved.push(n));
    model.say({ event: "hello" });
    await settled();
    expect(unsaved).toEqual([2]);
    model.reply("edit", reply(3, 1, "kept"));
    await settled();
    expect(model.last("edit").args.items).toEqual([1]);
  });
});

describe("an edit of another order of the items", () => {
  it("is sent, but not painted onto positions that mean other items now", async () => {
    const before = await start();
    before.session.edit("relabel", [3], { label: "cat" });
    before.end.abort();
    const labels = sixItems().labels?.({}) as Labels;
    const after = await start({ labels: () => ({ ...labels, order: "order:2" }) });
    expect(after.session.stateOf(3)).toBe("given");
    expect(after.session.labels?.current[3]).toBe(1);
    expect(after.model.last("edit").args).toMatchObject({ items: [3], order: "order:1" });
    after.model.reply("edit", reply(4, 0, "relabelled"));
    await settled();
    expect([after.session.stateOf(3), after.session.stateOf(4)]).toEqual(["given", "relabelled"]);
  });
});
