// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { settled, sixItems } from "../testing/mockModel";
import { start } from "../testing/mockSession";
import { atLevel } from "./level";

beforeEach(() => sessionStorage.clear());

describe("a level", () => {
  it("is the kernel's map of log-odds", () => {
    expect(atLevel(0.3, { slope: 1, shift: 0, cut: 0.5 })).toBe(0.3);
    expect(atLevel(0.5, { slope: 0.7, shift: 1, cut: 0.5 })).toBeCloseTo(0.7310585786, 9);
    expect(atLevel(0.1, { slope: 0.5, shift: 0, cut: 0.5 })).toBeCloseTo(0.25, 9);
    expect(atLevel(0, { slope: 1, shift: 1, cut: 0.5 })).toBeCloseTo(8.31528e-7, 12);
    expect(atLevel(Number.NaN, { slope: 1, shift: 1, cut: 0.5 })).toBeNaN();
  });

  it("moves all that is open, the suspects and the dial, and keeps what was decided on as it was seen", async () => {
    const { session, model } = await start();
    const scores = () => session.scores as NonNullable<typeof session.scores>;
    const before = scores().p_error.slice();
    const decided = session.current as number;
    session.edit("keep", [decided]);
    await settled();
    const version = (scores().version ?? 0) + 1;
    const level = { slope: 1, shift: -1, cut: 0.4 };
    model.push({ event: "level", version, level, counts: { ...session.counts, suspects: 2 } });
    await settled();
    for (let item = 0; item < before.length; item++) {
      const wanted = item === decided ? before[item] : Math.fround(atLevel(before[item] as number, level));
      expect(scores().p_error[item]).toBe(wanted);
    }
    expect(scores().version).toBe(version);
    expect(session.suspects).toBe(2);
    model.push({
      event: "level",
      version: version + 1,
      level: { slope: 1, shift: 0, cut: 0.5 },
      counts: { ...session.counts },
    });
    await settled();
    expect([...scores().p_error]).toEqual([...before]);
  });

  it("suggests the other of two classes for what is above the cut, and what fits best for the rest", async () => {
    const fits = Int32Array.of(1, 0, 1, 0, 0, 1);
    const whole = sixItems().scores?.({}) as object;
    const { session, model } = await start({ scores: () => ({ ...whole, suggested: fits.slice(), fits }) });
    const scores = () => session.scores as NonNullable<typeof session.scores>;
    const labels = () => session.labels as NonNullable<typeof session.labels>;
    const push = async (slope: number, shift: number, cut: number): Promise<void> => {
      const version = (scores().version ?? 0) + 1;
      model.push({ event: "level", version, level: { slope, shift, cut }, counts: { ...session.counts } });
      await settled();
      for (const [item, label] of labels().current.entries()) {
        if (session.isReviewed(item) || label < 0 || label > 1) continue;
        const over = (scores().p_error[item] as number) > Math.fround(cut);
        expect(scores().suggested[item]).toBe(over ? 1 - label : fits[item]);
        expect(scores().is_label_issue[item]).toBe(Number(over));
      }
    };
    await push(1, 0, 0.3);
    await push(1, 2, 0.2);
    await push(1, -3, 0.5);
  });

  it("asks for all scores where one was missed", async () => {
    const { session, model } = await start();
    const asked = model.count("scores");
    const version = (session.scores?.version ?? 0) + 5;
    model.push({
      event: "level",
      version,
      level: { slope: 1, shift: 1, cut: 0.5 },
      counts: { ...session.counts },
    });
    await settled();
    expect(model.count("scores")).toBe(asked + 1);
  });
});
