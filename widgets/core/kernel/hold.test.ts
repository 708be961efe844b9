import { describe, expect, it, vi } from "vitest";
import { MockModel } from "../testing/mockModel";
import type { Push } from "./schema";
import { Transport } from "./transport";

function start() {
  const model = new MockModel();
  const heard: Push[] = [];
  const transport = new Transport((push) => heard.push(push));
  transport.attach(model.model, new AbortController().signal);
  const calls = (): string[] => model.sent.map((each) => each.call);
  return { model, heard, transport, calls };
}

describe("messages that are held back", () => {
  it("go their way when they are released, in order, and a decision goes out at once", async () => {
    const { model, heard, transport, calls } = start();
    transport.hold();
    const selected = transport.call("select", { item: 3 });
    void transport.call("card", { item: 3 });
    const edit = { op_id: "a", action: "keep", items: [1], ids: null, order: "o", expected: {} } as const;
    void transport.call("edit", { ...edit, items: [1] });
    model.say({ event: "sample", draws: [], asked: [] });
    model.say({ event: "versions" });
    expect(calls()).toEqual(["edit"]);
    expect(heard).toEqual([]);
    transport.release();
    expect(calls()).toEqual(["edit", "select", "card"]);
    expect(heard.map((push) => push.event)).toEqual(["sample", "versions"]);
    model.reply("select", null);
    await selected;
  });

  it("are not held for long, and one whose signal has ended is not sent", async () => {
    vi.useFakeTimers();
    const { transport, calls } = start();
    const end = new AbortController();
    transport.hold();
    const ended = transport.call("scopes", {}, end.signal);
    void transport.call("left", { cut: null });
    end.abort(new Error("enough"));
    await expect(ended).rejects.toThrow("enough");
    vi.advanceTimersByTime(300);
    expect(calls()).toEqual(["left"]);
    vi.useRealTimers();
  });
});
