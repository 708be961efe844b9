// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LeftReply } from "../kernel/schema";
import { type Answers, settled, sixItems } from "../testing/mockModel";
import { start } from "../testing/mockSession";
import { leftWords, seeEstimate } from "../ui/estimate";
import { AUDIT, checkRandom } from "./randomCheck";

const reply = () => sixItems().left?.({}) as LeftReply;
let end = new AbortController();

/** A session whose estimate somebody sees. */
async function made(answers: Answers = {}, changes = {}) {
  const all = await start(answers, changes);
  end = all.end;
  seeEstimate(document.createElement("div"), all.session, end.signal);
  return { ...all, check: () => checkRandom(all.session, end.signal) };
}

beforeEach(() => sessionStorage.clear());
afterEach(() => end.abort());

describe("random labels", () => {
  it("are queued by themselves, and are no draws of the queue any more", async () => {
    const { session, model, check } = await made();
    expect(await check()).toBe(2);
    expect(model.last("audit").args).toEqual({ count: AUDIT });
    expect(session.current).toBe(1);
    expect([...(session.filter.items ?? [])]).toEqual([1, 4]);
    expect(session.filter.scope).toBe("all");
    expect([...session.queue].sort()).toEqual([1, 4]);
    expect([...(session.scores?.draws ?? [])]).toEqual([2, 0]);
  });

  it("are asked about in the order in which they were drawn, and by rank in a lasso", async () => {
    const { session, check } = await made({ audit: () => ({ items: [4, 0, 3], draws: Int32Array.of(2) }) });
    await check();
    expect(session.current).toBe(4);
    expect(session.queue).toEqual([4, 0, 3]);
    session.step(1);
    expect(session.current).toBe(0);
    session.choose([4, 0, 3]);
    expect(session.queue).toEqual([3, 0, 4]);
  });

  it("lead back to where one was once they are let go of", async () => {
    const { session, check } = await made();
    session.setFilter({ pair: [1, 0] });
    session.select(3);
    await check();
    expect([1, 4, 2].map((item) => session.isRandom(item))).toEqual([true, true, false]);
    session.select(4);
    session.choose([]);
    expect(session.filter).toMatchObject({ scope: "label", pair: [1, 0], items: null });
    expect(session.current).toBe(3);
    expect(session.isRandom(4), "it stays a random item").toBe(true);
    // Whoever asks for all of them meanwhile stays there.
    await check();
    expect(session.current).toBe(1);
    session.setFilter({ scope: "all" });
    session.choose([]);
    expect(session.filter.scope).toBe("all");
  });
});

describe("the estimate", () => {
  it("is said the same whatever stands behind it", async () => {
    const { session } = await made({
      left: () => ({ ...reply(), left: 1037.4, low: 25, high: 2049.6, basis: "audit", draws: 40 }),
    });
    await vi.waitFor(() => expect(session.left).not.toBeNull());
    expect(leftWords(session.left)).toEqual({ text: "about 1,037 wrong labels left", range: "25 to 2,050" });
    expect(leftWords({ ...reply(), left: 1, low: 0, high: 2 })?.text).toBe("about 1 wrong label left");
    expect(leftWords({ ...reply(), left: null, low: null, high: null })).toBeNull();
    expect(leftWords(null)).toBeNull();
  });

  it("asks about the line of the stop rule, again when that has moved", async () => {
    const { session, model } = await made({}, { calibrated: true });
    await vi.waitFor(() => expect(session.left?.stop.cut).toBe("Stop here: about 2 wrong labels left."));
    expect(model.last("left").args).toEqual({ cut: 2 });
    session.setDial(90);
    await vi.waitFor(() => expect(model.last("left").args).toEqual({ cut: 1 }));
  });

  it("says why it could not be made", async () => {
    const { session } = await made({
      left: () => {
        throw { type: "DataError", message: "no scores", remedy: "" };
      },
    });
    await vi.waitFor(() => expect(session.leftError).toBe("no scores"));
    await settled();
    expect(session.left).toBeNull();
  });
});
