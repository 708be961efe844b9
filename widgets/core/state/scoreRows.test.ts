// @vitest-environment happy-dom
/** Scores of some rows, as they come after a click: the page ends where it would be had it asked for all of them. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Hello, Labels, Scores } from "../kernel/schema";
import type { Session } from "../session/session";
import { settled, sixItems } from "../testing/mockModel";
import { COUNTS, reply, start } from "../testing/mockSession";

const N = 60;

function numbers(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function scoresOf(random: () => number): Scores {
  return {
    calibrated: true,
    suggested: Int32Array.from({ length: N }, () => Math.floor(random() * 3)),
    p_error: Float32Array.from({ length: N }, () => (random() < 0.1 ? Number.NaN : random())),
    draws: Int32Array.from({ length: N }, (_, i) => (i * 37) % N),
    asked: new Int32Array(0),
    audit_rate: 0.2,
    is_label_issue: Uint8Array.from({ length: N }, () => Number(random() < 0.5)),
    is_outlier_issue: new Uint8Array(N),
    is_near_duplicate_issue: new Uint8Array(N),
    version: 1,
  };
}

/** A page of sixty items; `now` is what the kernel would answer if it were asked. */
async function page(seed: number) {
  const random = numbers(seed);
  const now = { scores: scoresOf(random) };
  const hello = sixItems({ calibrated: true }).hello?.({}) as Hello;
  const labels: Labels = {
    given: Int32Array.from({ length: N }, () => Math.floor(random() * 3)),
    current: new Int32Array(N),
    state: new Uint8Array(N),
    order: "order:1",
    seen: { base: "base:1", events: {} },
  };
  const answers = {
    hello: () => ({ ...hello, dataset: { ...hello.dataset, n: N } }),
    labels: () => structuredClone(labels),
    scores: () => structuredClone(now.scores),
  };
  const { session, model } = await start(answers);
  const rows = (change: Partial<Scores> = {}): void => {
    const { scores } = now;
    const items = Int32Array.from(scores.p_error.keys()).filter(() => random() < 0.15);
    for (const item of items) {
      scores.p_error[item] = random() < 0.1 ? Number.NaN : random();
      scores.suggested[item] = Math.floor(random() * 3);
      scores.is_label_issue[item] = Number(random() < 0.5);
    }
    scores.version = (scores.version ?? 0) + 1;
    model.push({
      event: "scores_rows",
      version: scores.version,
      rows: items,
      p_error: Float32Array.from(items, (item) => scores.p_error[item] as number),
      suggested: Int32Array.from(items, (item) => scores.suggested[item] as number),
      suspect: Uint8Array.from(items, (item) => scores.is_label_issue[item] as number),
      counts: COUNTS,
      ...change,
    });
  };
  return { session, model, now, rows, random };
}

/** Everything about the queue that a panel could ask. */
function seen(session: Session) {
  const items = Array.from({ length: N }, (_, item) => item);
  return {
    queue: [...session.queue],
    drawn: [...session.drawn],
    places: items.map((item) => session.position(item)),
    ranks: items.map((item) => session.rank(item)),
    suspects: items.map((item) => session.suspectPlace(item)),
    counts: [session.suspects, session.ranked, session.passing, session.reviewed],
    cut: session.dial.cut.count,
    p_error: [...(session.scores?.p_error ?? [])],
  };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

const FILTERS: Record<string, (session: Session) => void> = {
  "the suspects with random items": () => {},
  "the suspects alone": (session) => session.setAuditRate(0),
  "every item": (session) => session.setFilter({ scope: "all" }),
  "a pair": (session) => session.setFilter({ scope: "all", pair: [0, 1] }),
  "a lasso": (session) => session.choose([1, 5, 8, 20, 33, 34, 35, 59]),
  "named items": (session) => session.present([8, 1, 59, 20]),
  "those above the cut": (session) => session.setDial(70),
};

describe("scores of some rows", () => {
  describe.each(Object.entries(FILTERS))("in a queue of %s", (_, filter) => {
    it.each([1, 2, 3, 4, 5])("leave what whole columns would have left: %d", async (seed) => {
      const { session, model, rows, random } = await page(seed);
      filter(session);
      for (let turn = 0; turn < 8; turn++) {
        const asked = model.count("scores");
        const item = Math.floor(random() * N);
        if (turn % 2 === 0) session.edit("keep", [item]);
        rows();
        await settled();
        const found = seen(session);
        expect(model.count("scores"), "no whole column").toBe(asked);
        expect(found.counts[3]).toBe(session.queue.filter((each) => session.isReviewed(each)).length);
        expect(session.queue.map((each) => session.position(each))).toEqual([...session.queue.keys()]);
        // Asked for whole, the columns say the same.
        model.say({ event: "scores", trust: null });
        await settled();
        expect(seen(session)).toEqual(found);
      }
    });
  });

  it("are asked for whole where one was missed, and passed over where they are known", async () => {
    const { session, model, now, rows } = await page(9);
    now.scores.version = 3;
    rows();
    await settled();
    expect(model.count("scores")).toBe(2);
    expect(session.scores?.version).toBe(4);
    expect(session.scores?.p_error).toEqual(now.scores.p_error);
    model.push({
      event: "scores_rows",
      version: 4,
      rows: Int32Array.of(0),
      p_error: Float32Array.of(0.123),
      suggested: Int32Array.of(0),
      suspect: Uint8Array.of(0),
      counts: COUNTS,
    });
    await settled();
    expect(model.count("scores")).toBe(2);
    expect(session.scores?.p_error[0]).not.toBeCloseTo(0.123);
  });

  it("bring other flags and the random sample where those changed", async () => {
    const { session, rows } = await page(4);
    rows({
      flags: { is_outlier_issue: { rows: Int32Array.of(7), values: Uint8Array.of(1) } },
      draws: Int32Array.of(3, 4),
      asked: Int32Array.of(9),
    } as unknown as Partial<Scores>);
    await settled();
    expect(session.scores?.is_outlier_issue[7]).toBe(1);
    expect([...(session.scores?.draws ?? [])]).toEqual([3, 4]);
    expect(session.isRandom(9)).toBe(true);
  });

  it("begin the queue where there was none", async () => {
    const none = { ...(sixItems().scores?.({}) as Scores), is_label_issue: new Uint8Array(6), version: 1 };
    const { session, model } = await start({ scores: () => none });
    expect([session.current, session.queue.length]).toEqual([null, 0]);
    model.push({
      event: "scores_rows",
      version: 2,
      rows: Int32Array.of(2),
      p_error: Float32Array.of(0.7),
      suggested: Int32Array.of(0),
      suspect: Uint8Array.of(1),
      counts: COUNTS,
    });
    await settled();
    expect([session.current, [...session.queue], session.rank(2)]).toEqual([2, [2], 3]);
  });

  it("are told with the items that changed", async () => {
    const { session, rows } = await page(5);
    const told: (Int32Array | null)[] = [];
    session.on("scores", (items) => told.push(items));
    rows();
    await settled();
    expect(told).toHaveLength(1);
    expect(told[0]?.length).toBeLessThan(N / 2);
  });

  it("that come while all are on their way do not go back behind them", async () => {
    const { session, model, now, rows } = await page(6);
    model.say({ event: "scores", trust: null });
    rows();
    rows();
    await settled();
    expect(session.scores?.version).toBe(3);
    expect(session.scores?.p_error).toEqual(now.scores.p_error);
  });
});

describe("the count of what is reviewed", () => {
  it("follows edits, refusals and whole columns", async () => {
    const { session, model } = await start();
    expect(session.reviewed).toBe(0);
    session.edit("keep", [3, 1, 4]);
    expect(session.reviewed, "item 4 is not in the queue").toBe(2);
    model.reply("edit", reply(3, 1, "kept"));
    session.edit("clear", [3]);
    expect(session.reviewed).toBe(1);
    session.setFilter({ scope: "all" });
    expect(session.reviewed).toBe(2);
  });
});
