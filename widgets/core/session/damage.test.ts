// @vitest-environment happy-dom
/** The queue by damage: p_error times how much an item misleads, asked for when it is first wanted, and kept in step. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Damage } from "../kernel/schema";
import { type Answers, settled } from "../testing/mockModel";
import { COUNTS, start } from "../testing/mockSession";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

const harmful = (...values: number[]): Damage => ({ harm: Float32Array.from(values), why: "", version: 1 });

/** The suspects are 3, 1 and 5, in that order; all items are 3, 1, 5, 2, 0, 4. */
const begun = (answers: Answers = {}) =>
  start({ damage: () => harmful(0, 1, 0, 0, 9, 2), ...answers } as Answers);

describe("the queue by damage", () => {
  it("has the most first, those without any in their order, and begins at its first", async () => {
    const { session, model } = await begun();
    expect(model.count("damage"), "nobody has asked").toBe(0);
    session.setFilter({ sort: "damage" });
    await settled();
    const p = session.scores?.p_error as Float32Array;
    const first = (p[1] as number) * 1 > (p[5] as number) * 2 ? [1, 5] : [5, 1];
    expect(session.queue).toEqual([...first, 3]);
    expect(session.current).toBe(first[0]);
    expect(session.mixes).toBe(false);
    expect(session.queue.map((item) => session.position(item))).toEqual([0, 1, 2]);
    expect([0, 2, 4].map((item) => session.position(item))).toEqual([-1, -1, -1]);
    session.setFilter({ scope: "all" });
    expect(session.queue.slice(3), "no damage: as suspicious").toEqual([3, 2, 0]);
    session.choose([0, 1, 3]);
    expect(session.queue).toEqual([1, 3, 0]);
  });

  it("moves with p_error at once, and asks anew once scores rest", async () => {
    let harm = harmful(0, 1, 0, 0, 9, 1);
    const { session, model } = await begun({ damage: () => harm } as Answers);
    session.setFilter({ sort: "damage" });
    await settled();
    session.setFilter({ scope: "all" });
    for (const [version, p] of [
      [1, 0.01],
      [2, 0.99],
    ] as const) {
      model.push({
        event: "scores_rows",
        version: (session.scores?.version ?? 0) + 1,
        rows: Int32Array.of(1),
        p_error: Float32Array.of(p),
        suggested: Int32Array.of(0),
        suspect: Uint8Array.of(1),
        counts: COUNTS,
      });
      await settled();
      expect(session.queue.indexOf(1) < session.queue.indexOf(5), `change ${version}`).toBe(p > 0.5);
      expect(session.queue.map((item) => session.position(item))).toEqual([...session.queue.keys()]);
    }
    harm = harmful(0, 0, 7, 0, 0, 0);
    const asked = model.count("damage");
    await vi.waitFor(() => expect(model.count("damage")).toBe(asked + 1), { timeout: 3000 });
    await settled();
    expect(session.queue[0]).toBe(2);
  });

  it("is by suspicion again where nobody can say", async () => {
    const none = { ...harmful(0, 0, 0, 0, 0, 0), why: "The damage is not known." };
    const { session, notices } = await begun({ damage: () => none } as Answers);
    session.setFilter({ sort: "damage" });
    await settled();
    expect(session.filter.sort).toBe("suspicion");
    expect(notices.at(-1)?.text).toBe("The damage is not known.");
    expect(session.queue).toEqual([3, 1, 5]);
  });

  it("is remembered by the tab", async () => {
    const first = await begun();
    first.session.setFilter({ sort: "damage" });
    await settled();
    first.end.abort();
    const { session, model } = await begun();
    expect(session.filter.sort).toBe("damage");
    expect(model.count("damage")).toBe(1);
    expect(session.queue.at(-1)).toBe(3);
  });
});
