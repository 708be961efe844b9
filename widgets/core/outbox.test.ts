import { describe, expect, it } from "vitest";
import { MemoryStorage, Outbox, pageStorage } from "./outbox";
import type { Edit } from "./types";

const edit = (op_id: string): Edit => ({
  op_id,
  action: "keep",
  items: [1],
  ids: ["a"],
  order: "o",
  expected: { 1: "base" },
});

describe("Outbox", () => {
  it("keeps edits in order until they are removed, and across a reload", () => {
    const storage = new MemoryStorage();
    const outbox = new Outbox("s", storage);
    outbox.add(edit("one"));
    outbox.add(edit("two"));
    const reloaded = new Outbox("s", storage);
    expect(reloaded.list()).toEqual([edit("one"), edit("two")]);
    reloaded.remove("one");
    expect(outbox.list().map((e) => e.op_id)).toEqual(["two"]);
    expect(outbox.size).toBe(1);
  });

  it("leaves nothing behind when it is empty", () => {
    const storage = new MemoryStorage();
    const outbox = new Outbox("s", storage);
    outbox.add(edit("one"));
    outbox.remove("one");
    expect(storage.length).toBe(0);
  });

  it("lets edits expect what the saved one before them left", () => {
    const outbox = new Outbox("s", new MemoryStorage());
    outbox.add({ ...edit("same"), expected: { 1: "base" } });
    outbox.add({ ...edit("other"), expected: { 1: "someone's", 2: "base" } });
    outbox.rebase({ 1: "base" }, [{ item: 1, label: 0, state: "kept", event: "mine" }]);
    expect(outbox.list().map((e) => e.expected)).toEqual([{ 1: "mine" }, { 1: "someone's", 2: "base" }]);
  });

  it("keeps the stores apart", () => {
    const storage = new MemoryStorage();
    new Outbox("s", storage).add(edit("one"));
    expect(new Outbox("t", storage).list()).toEqual([]);
  });

  it("starts empty where the entry cannot be read", () => {
    const storage = new MemoryStorage();
    for (const text of ["{half", '"text"', "{}"]) {
      storage.setItem("data-quality-explorer:outbox:s", text);
      expect(new Outbox("s", storage).list()).toEqual([]);
    }
  });
});

describe("pageStorage", () => {
  it("is memory where the page has no storage", () => {
    const storage = pageStorage();
    storage.setItem("a", "1");
    expect(storage.getItem("a")).toBe("1");
    storage.removeItem("a");
    expect(storage.getItem("a")).toBeNull();
  });
});
