// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LeftReply } from "../kernel/schema";
import { sixItems } from "../testing/mockModel";
import { start } from "../testing/mockSession";
import { leftWords, seeEstimate } from "./estimate";

const LEFT = sixItems().left?.({}) as LeftReply;

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("the estimate in few words", () => {
  it("is the same whatever stands behind it", () => {
    const audit: LeftReply = { ...LEFT, left: 1037.4, low: 25, high: 2049.6, basis: "audit", draws: 40 };
    const words = { text: "about 1,037 wrong labels left", range: "25 to 2,050" };
    expect(leftWords(audit)).toEqual(words);
    expect(leftWords({ ...audit, basis: "model" })).toEqual(words);
    expect(leftWords({ ...LEFT, left: 1, low: 0, high: 2 })?.text).toBe("about 1 wrong label left");
    expect(leftWords({ ...LEFT, left: null, low: null, high: null })).toBeNull();
    expect(leftWords(null)).toBeNull();
  });
});

describe("the estimate", () => {
  it("is asked for once for all who show it, and says the line of the stop rule", async () => {
    const { session, model, end } = await start({}, { calibrated: true });
    expect(session.left, "nobody sees it").toBeNull();
    for (let i = 0; i < 3; i++) seeEstimate(document.createElement("div"), session, end.signal);
    await vi.waitFor(() => expect(session.left?.stop.cut).toBe(LEFT.stop.cut));
    expect(model.count("left")).toBe(1);
    expect(model.last("left").args).toEqual({ cut: 2 });
    session.setDial(90);
    await vi.waitFor(() => expect(model.last("left").args).toEqual({ cut: 1 }));
  });

  it("keeps what it said when it cannot be made, and says why", async () => {
    let fails = false;
    const { session, end } = await start({
      left: () => (fails ? Promise.reject({ type: "X", message: "No scores.", remedy: "" }) : LEFT),
    });
    seeEstimate(document.createElement("div"), session, end.signal);
    await vi.waitFor(() => expect(session.left).not.toBeNull());
    fails = true;
    session.audit([4], Int32Array.of(2));
    await vi.waitFor(() => expect(session.leftError).toBe("No scores."));
    expect(session.left).toEqual(LEFT);
  });
});
