// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Hello, Labels, Scores } from "../kernel/schema";
import { MockModel, settled, sixItems } from "../testing/mockModel";
import { reply, start } from "../testing/mockSession";
import { sessionOf } from "./page";
import { Session } from "./session";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("loading", () => {
  it("asks for everything that is ready and begins with the worst suspect", async () => {
    const { session, model } = await start();
    expect(session.classes).toEqual(["cat", "dog", "newt"]);
    expect(session.queue).toEqual([3, 1, 5]);
    expect(session.current).toBe(3);
    expect(session.rank(3)).toBe(1);
    expect(model.count("hello")).toBe(1);
  });

  it("asks again while the first question lies with a busy cell, and takes the first answer", async () => {
    vi.useFakeTimers();
    try {
      const { hello, ...others } = sixItems();
      const model = new MockModel(others);
      const session = new Session("held up");
      session.attach(model.model, new AbortController().signal);
      await vi.advanceTimersByTimeAsync(3500);
      expect(model.count("hello")).toBe(3);
      model.reply("hello", hello?.({}));
      await vi.advanceTimersByTimeAsync(60_000);
      expect(session.hello?.review).toBeDefined();
      expect(session.queue).toEqual([3, 1, 5]);
      expect(model.count("hello")).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it("loads once for several widgets", async () => {
    const { session, model, end } = await start();
    const second = new MockModel(sixItems());
    session.attach(second.model, end.signal);
    await settled();
    expect(model.count("hello") + second.count("hello")).toBe(1);
  });

  it("asks for scores and layout only when they are there", async () => {
    const { session, model } = await start({}, { ready: { layout: null, scores: false } });
    expect(model.count("scores") + model.count("layout")).toBe(0);
    expect(session.current).toBeNull();
    model.say({ event: "scores" });
    await settled();
    expect(session.queue).toEqual([3, 1, 5]);
  });
});

describe("scores that come while the page is loading", () => {
  it("wait for the labels, so that the first item is one left to review", async () => {
    const answers = sixItems({ ready: { layout: null, scores: false } });
    const labels = answers.labels?.({}) as Labels;
    labels.state[3] = 1;
    let arrive = (): void => {};
    const later = new Promise<Labels>((resolve) => {
      arrive = () => resolve(labels);
    });
    const { session, model } = await start(
      { labels: () => later },
      { ready: { layout: null, scores: false } },
    );
    model.say({ event: "scores" });
    await settled();
    expect(session.current).toBeNull();
    arrive();
    await settled();
    expect(session.current).toBe(1);
  });
});

describe("a dataset that changed", () => {
  it("voids everything that names items by their old position", async () => {
    const answers = sixItems();
    const labels = answers.labels?.({}) as Labels;
    let order = "order:1";
    let ready: { layout: string | null; scores: boolean } = { layout: "principal", scores: true };
    const { session, model } = await start({
      hello: () => ({ ...(answers.hello?.({}) as Hello), ready }),
      labels: () => ({ ...labels, order }),
      card: ({ item }) => ({ item, id: `id:${item}` }),
    });
    await session.card(5);
    session.choose([3, 5]);
    session.setFilter({ pair: [1, 0] });
    session.hover(5);
    order = "order:2";
    ready = { layout: null, scores: false };
    const seen: unknown[] = [];
    session.on("labels", () =>
      seen.push(session.scores, session.layout, session.current, session.hovered, session.chosen, [
        ...session.queue,
      ]),
    );
    const told: unknown[] = [];
    session.on("current", (item) => told.push(item));
    model.say({ event: "hello" });
    await settled();
    expect(seen).toEqual([null, null, null, null, [], []]);
    expect(told).toEqual([null]);
    expect(session.filter).toMatchObject({ scope: "label", items: null, pair: null });
    expect(session.rank(3)).toBeNull();
    const cards = model.count("card");
    session.edit("keep", [5]);
    expect(model.last("edit").args).toMatchObject({ ids: null, order: "order:2" });
    await session.card(5);
    expect(model.count("card")).toBe(cards + 1);
  });

  it("keeps its place where the order is the same", async () => {
    const { session, model } = await start();
    session.choose([3, 5]);
    session.select(5);
    model.say({ event: "hello" });
    await settled();
    expect(session.current).toBe(5);
    expect(session.chosen).toEqual([3, 5]);
  });

  it("is loaded anew when a refusal shows it first", async () => {
    const labels = sixItems().labels?.({}) as Labels;
    let order = "order:1";
    const { session, model } = await start({ labels: () => ({ ...labels, order }) });
    order = "order:2";
    session.edit("keep", [3]);
    model.refuse("edit", { type: "DataError", message: "The dataset changed.", remedy: "Decide again." });
    await settled();
    await settled();
    expect(model.count("hello")).toBe(2);
    expect(session.queue).toEqual([3, 1, 5]);
    expect(session.layout).not.toBeNull();
  });
});

describe("selection", () => {
  it("never waits for the kernel and is told to it once", async () => {
    const { session, model } = await start();
    const seen: (number | null)[] = [];
    session.on("current", (item) => seen.push(item));
    const told = model.count("select");
    session.select(2);
    session.select(2);
    expect(seen).toEqual([2]);
    expect(model.count("select")).toBe(told + 1);
  });

  it("does not echo what came from the kernel", async () => {
    const { session, model } = await start();
    const told = model.count("select");
    model.say({ event: "select", item: 4, items: [4, 5] });
    expect(session.current).toBe(4);
    expect(session.chosen).toEqual([4, 5]);
    expect(model.count("select")).toBe(told);
  });

  it("shows what the kernel chooses, suspects or not, and leads back", async () => {
    const { session, model } = await start();
    session.select(1);
    model.say({ event: "select", item: 4, items: [4, 0] });
    expect(session.queue).toEqual([4, 0]);
    session.choose([]);
    expect(session.queue).toEqual([3, 1, 5]);
    expect(session.current).toBe(1);
  });

  it("makes the queue once for what is presented, and once when it is let go of", async () => {
    const { session } = await start();
    const queues: (readonly number[])[] = [];
    const filters: unknown[] = [];
    session.on("queue", (queue) => queues.push(queue));
    session.on("filter", ({ items }) => filters.push(items && [...items]));
    session.setFilter({ pair: [0, 1] });
    expect(queues.splice(0)).toEqual([[1]]);
    filters.length = 0;
    session.present([4, 0]);
    expect(queues.splice(0)).toEqual([[4, 0]]);
    expect(filters.splice(0)).toEqual([[4, 0]]);
    session.audit([2, 5], Int32Array.of(0));
    expect(queues.splice(0)).toEqual([[2, 5]]);
    session.takeSample(Int32Array.of(3), []);
    expect(queues.splice(0), "where one was, with one queue").toEqual([[1]]);
    expect(session.filter).toMatchObject({ scope: "label", pair: [0, 1], items: null });
  });

  it("knows the random items that were asked about by themselves", async () => {
    const scores = sixItems().scores?.({}) as Scores;
    const { session } = await start({ scores: () => ({ ...scores, asked: Int32Array.of(2) }) });
    expect([1, 2].map((item) => session.isRandom(item))).toEqual([false, true]);
    expect(session.drawn.has(2), "the queue did not mix it in").toBe(false);
  });

  it("asks for a card once, and anew after a label changed", async () => {
    const { session, model } = await start({
      card: ({ item }) => ({ item }),
      edit: () => reply(3, 1, "kept"),
    });
    await Promise.all([session.card(2), session.card(2)]);
    expect(model.count("card")).toBe(1);
    session.edit("keep", [3]);
    await session.card(2);
    expect(model.count("card")).toBe(2);
  });
});

describe("cards", () => {
  const answers = {
    card: ({ item }: Record<string, unknown>) => ({ item }),
    edit: () => reply(3, 1, "kept"),
  };

  it("are not asked for again where an answer says what is shown already, but for the item's own", async () => {
    const { session, model } = await start(answers);
    session.edit("keep", [3]);
    await Promise.all([session.card(2), session.card(3)]);
    const asked = model.count("card");
    await settled();
    await session.card(2);
    expect(model.count("card")).toBe(asked);
    await session.card(3);
    expect(model.count("card")).toBe(asked + 1);
  });

  it("are asked for again where somebody else has decided, and of rows whose scores have changed", async () => {
    const { session, model } = await start(answers);
    const counts = { reviewed: 1, relabelled: 0, kept: 1, flagged: 0, suspects: 3 };
    const ask = async () => {
      const before = model.count("card");
      await Promise.all([session.card(2), session.card(4)]);
      return model.count("card") - before;
    };
    expect([await ask(), await ask()]).toEqual([2, 0]);
    const cells = [{ item: 1, label: 0, state: "kept", event: "event:7" }];
    model.push({ event: "cells", commit: "c", saved: "2026-03-01T10:00:00+00:00", cells, counts });
    expect([await ask(), await ask()]).toEqual([2, 0]);
    model.push({
      event: "scores_rows",
      version: 1,
      rows: Int32Array.of(4),
      p_error: Float32Array.of(0.2),
      suggested: Int32Array.of(2),
      suspect: Uint8Array.of(0),
      counts,
    });
    await settled();
    expect(await ask()).toBe(1);
  });
});

describe("sessionOf", () => {
  it("is one a review and a page", () => {
    expect(sessionOf("a")).toBe(sessionOf("a"));
    expect(sessionOf("a")).not.toBe(sessionOf("b"));
  });
});
