import { afterEach, describe, expect, it, vi } from "vitest";
import { MockModel, settled } from "../testing/mockModel";
import type { Push } from "./schema";
import { CallError, Disconnected, IDLE_MS, type Link, SILENT_MS, Transport } from "./transport";

function start(...models: MockModel[]) {
  const heard: Push[] = [];
  const transport = new Transport((push) => heard.push(push));
  const ends = models.map((model) => {
    const end = new AbortController();
    transport.attach(model.model, end.signal);
    return end;
  });
  return { transport, ends, heard };
}

describe("Transport", () => {
  it("gives each call its own answer, in whatever order answers come", async () => {
    const model = new MockModel();
    const { transport } = start(model);
    const first = transport.call("card", { item: 1 });
    const second = transport.call("card", { item: 2 });
    const [a, b] = model.sent;
    model.say({ id: b?.id, ok: true, result: "two" });
    model.say({ id: a?.id, ok: true, result: "one" });
    expect(await Promise.all([first, second])).toEqual(["one", "two"]);
    expect(transport.waiting).toBe(0);
  });

  it("unpacks the answer's buffers", async () => {
    const model = new MockModel();
    const { transport } = start(model);
    const call = transport.call("labels");
    model.reply("labels", { x: { $array: 0, dtype: "u8", shape: [2] } }, [
      new DataView(Uint8Array.of(9, 1, 2, 9).buffer, 1, 2),
    ]);
    expect(await call).toEqual({ x: Uint8Array.of(1, 2) });
  });

  it("turns a refusal into an error with the kernel's words", async () => {
    const model = new MockModel();
    const { transport } = start(model);
    const call = transport.call("card", { item: 99 });
    model.refuse("card", { type: "UnknownItem", message: "There is no item 99.", remedy: "Reload." });
    const error = await call.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({
      name: "UnknownItem",
      message: "There is no item 99.",
      detail: { remedy: "Reload." },
    });
  });

  it("rejects when an answer cannot be unpacked, instead of waiting for ever", async () => {
    const model = new MockModel();
    const { transport } = start(model);
    const call = transport.call("labels");
    model.reply("labels", { $array: 0, dtype: "f32" });
    await expect(call).rejects.toThrow("buffer 0");
  });

  it("ignores answers that nobody waits for, and noise", async () => {
    const model = new MockModel();
    const { transport, heard } = start(model);
    model.say({ id: "stranger", ok: true, result: 1 });
    model.say(null);
    model.say("text");
    expect(transport.waiting).toBe(0);
    expect(heard).toEqual([]);
  });

  it("ends a call with its signal", async () => {
    const model = new MockModel();
    const { transport } = start(model);
    const end = new AbortController();
    const call = transport.call("card", { item: 1 }, end.signal);
    end.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    model.reply("card", "late");
    expect(transport.waiting).toBe(0);
  });

  it("sends waiting calls again on another widget when theirs closes", async () => {
    const [first, second] = [new MockModel(), new MockModel()];
    const { transport, ends } = start(first, second);
    const call = transport.call("undo", { op_id: "x" });
    expect(second.sent).toEqual([]);
    ends[0]?.abort();
    expect(second.sent).toEqual(first.sent);
    second.reply("undo", "saved");
    expect(await call).toBe("saved");
  });

  it("rejects when the last widget closes, and when there is none", async () => {
    const model = new MockModel();
    const { transport, ends } = start(model);
    const call = transport.call("card", { item: 1 });
    ends[0]?.abort();
    await expect(call).rejects.toBeInstanceOf(Disconnected);
    expect(transport.connected).toBe(false);
    await expect(transport.call("card", { item: 1 })).rejects.toBeInstanceOf(Disconnected);
  });

  it("passes an answer on that another page on the same comm has asked for, as the news that it is", async () => {
    const [first, second] = [new MockModel(), new MockModel()];
    const { heard, transport } = start(first, second);
    const mine = transport.call("undo", { op_id: "x" });
    first.say({ id: first.last("undo").id, ok: true, result: { cells: [] }, push: "cells" });
    await mine;
    expect(heard).toEqual([]);
    const theirs = { id: "another page's", ok: true, result: { commit: "c", cells: [] }, push: "cells" };
    first.say(theirs);
    second.say(theirs);
    expect(heard).toEqual([{ event: "cells", commit: "c", cells: [] }]);
    first.say({ id: "another page's card", ok: true, result: {} });
    expect(heard).toHaveLength(1);
  });

  it("passes an event on once, however many widgets hear it", () => {
    const [first, second] = [new MockModel(), new MockModel()];
    const { heard, ends } = start(first, second);
    for (const model of [first, second]) model.say({ event: "stages", stages: [] });
    expect(heard).toEqual([{ event: "stages", stages: [] }]);
    ends[0]?.abort();
    second.say({ event: "hello" });
    expect(heard).toHaveLength(2);
  });

  it("does not listen to a closed widget", () => {
    const model = new MockModel();
    const onPush = vi.fn();
    const transport = new Transport(onPush);
    const end = new AbortController();
    transport.attach(model.model, end.signal);
    end.abort();
    model.say({ event: "hello" });
    expect(onPush).not.toHaveBeenCalled();
  });
});

describe("a kernel that goes away", () => {
  afterEach(() => void vi.useRealTimers());

  function linked(...models: MockModel[]) {
    const links: Link[] = [];
    const transport = new Transport(
      () => {},
      (link) => links.push(link),
    );
    const end = new AbortController();
    for (const model of models) transport.attach(model.model, end.signal);
    return { transport, links, end };
  }

  it("is gone when the comm cannot send, and the call says what to do", async () => {
    const model = new MockModel();
    const { transport, links } = linked(model);
    model.broken = new Error("Cannot send");
    const call = transport.call("card", { item: 1 });
    await expect(call).rejects.toBeInstanceOf(Disconnected);
    await expect(call).rejects.toThrow("Run this cell again");
    expect([links, transport.gone, transport.waiting]).toEqual([["gone"], true, 0]);
  });

  it("is gone when the host says so, with what waited for an answer", async () => {
    const model = new MockModel();
    const { transport, links } = linked(model);
    const call = transport.call("edit", {} as never);
    model.restart();
    await expect(call).rejects.toBeInstanceOf(Disconnected);
    expect(links).toEqual(["gone"]);
    expect(transport.connected).toBe(false);
  });

  it("is gone when the host's send fails later", async () => {
    const model = new MockModel();
    const { transport, links } = linked(model);
    vi.spyOn(model, "send").mockImplementation((() => Promise.reject(new Error("closed"))) as never);
    await expect(transport.call("card", { item: 1 })).rejects.toBeInstanceOf(Disconnected);
    expect(links).toEqual(["gone"]);
  });

  it("is there in a host that wants a function to call when the message is sent", async () => {
    const model = new MockModel();
    const { transport, links } = linked(model);
    const send = model.send.bind(model);
    vi.spyOn(model, "send").mockImplementation(((content: never, callback?: () => void) => {
      send(content);
      return Promise.resolve().then(() => callback?.());
    }) as never);
    const call = transport.call("edit", {} as never);
    await settled();
    model.reply("edit", "saved");
    expect(await call).toBe("saved");
    expect(links).toEqual([]);
  });

  it("is asked for when a host could not send, and is back with its answer", async () => {
    vi.useFakeTimers();
    const model = new MockModel();
    const { transport, links } = linked(model);
    model.broken = new Error("offline");
    await expect(transport.call("card", { item: 1 })).rejects.toBeInstanceOf(Disconnected);
    model.broken = null;
    vi.advanceTimersByTime(SILENT_MS);
    model.reply("hello", {});
    expect(links).toEqual(["gone", "live"]);
  });

  it("is another one where it was idle again without an answer", async () => {
    vi.useFakeTimers();
    const model = new MockModel();
    const { transport, links } = linked(model);
    const card = transport.call("card", { item: 1 });
    model.idle();
    vi.advanceTimersByTime(2 * IDLE_MS);
    // Cards are answered from a thread, when the kernel is idle long since.
    expect(links).toEqual([]);
    const edit = transport.call("edit", {} as never);
    const undo = transport.call("undo", { op_id: "x" });
    model.reply("undo", "saved");
    model.idle();
    vi.advanceTimersByTime(2 * IDLE_MS);
    expect(await undo).toBe("saved");
    await expect(edit).rejects.toBeInstanceOf(Disconnected);
    await expect(card).rejects.toBeInstanceOf(Disconnected);
    expect(links).toEqual(["gone"]);
  });

  it("is back as soon as it says anything", async () => {
    const model = new MockModel();
    const { transport, links } = linked(model);
    model.restart();
    model.broken = null;
    model.say({ event: "hello" });
    expect(links).toEqual(["gone", "live"]);
    const call = transport.call("card", { item: 1 });
    model.reply("card", "here");
    expect(await call).toBe("here");
  });

  it("is not gone while another widget reaches it, which gets what waited", async () => {
    const [first, second] = [new MockModel(), new MockModel()];
    const { transport, links } = linked(first, second);
    const call = transport.call("edit", {} as never);
    first.restart();
    expect(second.count("edit")).toBe(1);
    second.reply("edit", "saved");
    expect(await call).toBe("saved");
    expect(links).toEqual([]);
  });

  it("is silent while it owes an answer for long, and no more when that comes", async () => {
    vi.useFakeTimers();
    const model = new MockModel();
    const { transport, links } = linked(model);
    const call = transport.call("edit", {} as never);
    vi.advanceTimersByTime(SILENT_MS - 1);
    expect(links).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(links).toEqual(["silent"]);
    model.reply("edit", "saved");
    await call;
    expect(links).toEqual(["silent", "live"]);
    void transport.call("card", { item: 1 });
    vi.advanceTimersByTime(2 * SILENT_MS);
    expect(transport.link).toBe("live");
  });

  it("is asked, ever less often, while it is silent: another kernel gives itself away", async () => {
    vi.useFakeTimers();
    const model = new MockModel();
    const { transport, links } = linked(model);
    const edit = transport.call("edit", {} as never);
    edit.catch(() => {});
    vi.advanceTimersByTime(7 * SILENT_MS);
    expect(model.count("hello")).toBe(3);
    // A busy kernel answers them all, and nothing comes of it.
    expect(links).toEqual(["silent"]);
    model.reply("hello", {});
    expect(transport.link).toBe("silent");
    vi.advanceTimersByTime(SILENT_MS * 8);
    model.idle();
    vi.advanceTimersByTime(IDLE_MS);
    await expect(edit).rejects.toBeInstanceOf(Disconnected);
    expect(links).toEqual(["silent", "gone"]);
  });

  it("is gone when every widget was closed, and there again with the next", () => {
    const { transport, links, end } = linked(new MockModel());
    end.abort();
    transport.attach(new MockModel().model, new AbortController().signal);
    expect(links).toEqual(["gone", "live"]);
  });
});
