// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStorage } from "../kernel/outbox";
import { start } from "../testing/mockSession";
import { Dial } from "./dial";

const scores = (p: number[], calibrated = true) => ({
  calibrated,
  p_error: Float32Array.from(p),
  order: Int32Array.from(p.keys()),
});
/** Four items that can be added up in the head, and an unlabelled one. */
const FIVE = scores([1, 0.75, 0.25, 0, Number.NaN]);

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("the dial", () => {
  it("cuts where the mean of p_error falls under the target", () => {
    const dial = new Dial(new MemoryStorage());
    dial.take(FIVE, "s");
    // Means: 1, 7/8, 2/3, 1/2.
    expect(dial.at(90)).toEqual({ count: 1, precision: 1, recall: 0.5 });
    expect(dial.at(87)).toEqual({ count: 2, precision: 0.875, recall: 0.875 });
    expect(dial.at(60).count).toBe(3);
    expect(dial.at(50)).toEqual({ count: 4, precision: 0.5, recall: 1 });
    expect(dial.at(10).count).toBe(4);
  });

  it("has no cut where nothing is that likely wrong, and none before calibration", () => {
    const dial = new Dial(new MemoryStorage());
    dial.take(scores([0.3, 0.1]), "s");
    expect(dial.at(80)).toEqual({ count: 0, precision: Number.NaN, recall: 0 });
    dial.set({ on: true });
    dial.take(scores([0.9], false), "s");
    expect([dial.ready, dial.on]).toEqual([false, false]);
    dial.take(scores([0, 0]), "s");
    expect(dial.at(10).recall).toBe(0);
  });

  it("is remembered by store as long as the tab, and never beyond its ends", () => {
    const storage = new MemoryStorage();
    const dial = new Dial(storage);
    dial.take(FIVE, "s");
    dial.set({ target: 87, on: true });
    const again = new Dial(storage);
    again.take(FIVE, "s");
    expect([again.target, again.on, again.cut.count]).toEqual([87, true, 2]);
    const other = new Dial(storage);
    other.take(FIVE, "other");
    expect([other.target, other.on]).toEqual([80, false]);
    other.set({ target: 400, on: true });
    expect(other.target).toBe(99);
    storage.setItem("data-quality-explorer:dial:s", "{half");
    const third = new Dial(storage);
    third.take(FIVE, "s");
    expect(third.target).toBe(80);
  });
});

describe("the session's dial", () => {
  it("ends the queue at the cut, until suspects or all are asked for", async () => {
    const { session } = await start({}, { calibrated: true });
    expect(session.queue).toEqual([3, 1, 5]);
    // The ranking's p_error: .9, .8, .6, .2, .1, .05.
    session.setDial(85);
    expect(session.queue).toEqual([3, 1]);
    expect(session.filter.cut).toBe(2);
    session.setDial(50);
    expect(session.queue).toEqual([3, 1, 5, 2, 0]);
    session.setFilter({ scope: "label" });
    expect([session.filter.cut, session.dial.on]).toEqual([null, false]);
    expect(session.queue).toEqual([3, 1, 5]);
    session.setDial(85);
    session.setFilter({ pair: [1, 0] });
    expect(session.queue).toEqual([3]);
  });

  it("hears with the scores that they are probabilities now", async () => {
    const { session } = await start({
      scores: () => ({
        calibrated: true,
        suggested: new Int32Array(6),
        p_error: new Float32Array(6).fill(0.9),
        order: Int32Array.of(0, 1, 2, 3, 4, 5),
        is_label_issue: new Uint8Array(6),
        is_outlier_issue: new Uint8Array(6),
        is_near_duplicate_issue: new Uint8Array(6),
      }),
    });
    expect(session.hello?.calibrated).toBe(true);
    expect(session.dial.cut.count).toBe(6);
  });

  it("comes back after a reload of the page", async () => {
    const before = await start({}, { calibrated: true });
    before.session.setDial(85);
    const { session } = await start({}, { calibrated: true });
    expect(session.queue).toEqual([3, 1]);
  });
});
