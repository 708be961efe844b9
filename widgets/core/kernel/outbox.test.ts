import { describe, expect, it } from "vitest";
import { MemoryStorage, Outbox, pageStorage } from "./outbox";
import type { Edit } from "./schema";

const edit = (op_id: string): Edit => ({
  op_id,
  action: "keep",
  items: [1],
  ids: ["a"],
  order: "o",
  expected: { 1: "base" },
});

/** Refuses values longer than `room`, as a browser does. */
class SmallStorage extends MemoryStorage {
  constructor(private readonly room: number) {
    super();
  }
  override setItem(key: string, value: string): void {
    if (value.length > this.room) throw new DOMException("Too much.", "QuotaExceededError");
    super.setItem(key, value);
  }
}

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

  it("says a new class as it is said today, also of an edit that an earlier page stored", () => {
    const storage = new MemoryStorage();
    const stored = { ...edit("old"), action: "relabel", label: "toad", newClass: true };
    storage.setItem("data-quality-explorer:outbox:s", JSON.stringify([stored]));
    const [sent] = new Outbox("s", storage).list();
    expect(sent).toEqual({ ...edit("old"), action: "relabel", label: "toad", new_class: true });
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
    outbox.rebase(edit("saved"), [{ item: 1, label: 0, state: "kept", event: "mine" }], "o");
    expect(outbox.list().map((e) => e.expected)).toEqual([{ 1: "mine" }, { 1: "someone's", 2: "base" }]);
  });

  it("follows the saved edit's item through a change of the order", () => {
    const outbox = new Outbox("s", new MemoryStorage());
    const expected = { 1: "base", 4: "base" };
    outbox.add({ ...edit("before"), expected: { ...expected } });
    outbox.add({ ...edit("after"), order: "new", expected: { ...expected } });
    // The item that was the first before is the fourth now.
    outbox.rebase(edit("saved"), [{ item: 4, label: 0, state: "kept", event: "mine" }], "new");
    expect(outbox.list().map((e) => e.expected)).toEqual([
      { 1: "mine", 4: "base" },
      { 1: "base", 4: "mine" },
    ]);
  });

  it("holds what the storage has no room for, and stores it when there is", () => {
    const storage = new SmallStorage(1.5 * JSON.stringify([edit("one")]).length);
    const outbox = new Outbox("s", storage);
    for (const id of ["one", "two", "six"]) outbox.add(edit(id));
    expect(outbox.list().map((e) => e.op_id)).toEqual(["one", "two", "six"]);
    expect(outbox.durable).toBe(false);
    expect(new Outbox("s", storage).list()).toEqual([edit("one")]);
    outbox.remove("one");
    expect(new Outbox("s", storage).list()).toEqual([edit("two")]);
    outbox.remove("two");
    expect(outbox.durable).toBe(true);
    outbox.remove("six");
    expect(outbox.size + storage.length).toBe(0);
  });

  it("does without a storage that fails altogether", () => {
    const storage = new SmallStorage(1000);
    const outbox = new Outbox("s", storage);
    outbox.add(edit("one"));
    storage.setItem = storage.removeItem = () => {
      throw new DOMException("No more.", "SecurityError");
    };
    outbox.add(edit("two"));
    expect(outbox.size).toBe(2);
    outbox.remove("one");
    expect(outbox.list()).toEqual([edit("two")]);
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
