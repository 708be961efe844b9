// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Scores } from "../core/kernel/schema";
import { Session } from "../core/session/session";
import { type Answers, MockModel, settled, sixItems } from "../core/testing/mockModel";
import { reply, seeEverything } from "../core/testing/mockSession";
import { Queue } from "./panel";

const open: AbortController[] = [];

async function start(n = 6, changes = {}, answers: Answers = {}) {
  const six = { ...sixItems(changes), ...answers };
  const model = new MockModel(
    n === 6
      ? six
      : {
          ...six,
          labels: () => ({
            given: new Int32Array(n),
            current: new Int32Array(n),
            state: new Uint8Array(n),
            order: "order:1",
            seen: { base: "base:1", events: {} },
          }),
          scores: () => ({
            suggested: new Int32Array(n).fill(1),
            p_error: new Float32Array(n).fill(0.5),
            order: Int32Array.from({ length: n }, (_, i) => i),
            draws: new Int32Array(0),
            audit_rate: 0,
            is_label_issue: new Uint8Array(n).fill(1),
            is_outlier_issue: new Uint8Array(n),
            is_near_duplicate_issue: new Uint8Array(n),
          }),
        },
  );
  const session = new Session("six");
  const end = new AbortController();
  open.push(end);
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  Queue.mount(root, session, end.signal);
  seeEverything(session);
  session.attach(model.model, end.signal);
  await settled();
  const tiles = () => [...root.querySelectorAll<HTMLElement>('[data-dqx="queue-tile"]')];
  const tile = (item: number) => tiles().find((t) => t.dataset.item === String(item)) as HTMLElement;
  const counts = root.querySelector('[data-dqx="queue-counts"]') as HTMLElement;
  return { session, model, root, tiles, tile, end, counts };
}

// A panel's timers must not outlive the page.
afterEach(() => {
  for (const end of open.splice(0)) end.abort();
});

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("Queue", () => {
  it("says what it waits for before there are scores", () => {
    const root = document.createElement("div");
    Queue.mount(root, new Session("none"), new AbortController().signal);
    expect(root.textContent).toContain("when the items are scored");
  });

  it("shows the suspects, worst first, with their labels", async () => {
    const { tile, counts } = await start();
    expect(counts.textContent).toBe("next 1 of 3");
    expect(counts.title).toContain("3 suspects; 0 reviewed");
    expect(tile(3).textContent?.trim()).toMatch(/^(text of 3 )?dog → cat$/); // its preview comes when it comes
    expect(tile(3).getAttribute("aria-current")).toBe("true");
    expect(tile(1).hasAttribute("aria-current")).toBe(false);
    expect(tile(3).getAttribute("aria-selected")).toBe("false");
    expect(tile(3).getAttribute("aria-posinset")).toBe("1");
    expect(tile(3).getAttribute("aria-setsize")).toBe("3");
    expect(tile(5).textContent?.trim()).toMatch(/^(text of 5 )?unlabelled → dog$/);
  });

  it("selects by click and follows the selection with one tab stop", async () => {
    const { session, tile, tiles } = await start();
    tile(1).click();
    expect(session.current).toBe(1);
    expect(tiles().filter((t) => t.tabIndex === 0)).toEqual([tile(1)]);
    tile(1).focus();
    session.step(1);
    expect(document.activeElement).toBe(tile(5));
  });

  it("fades what is reviewed and counts it", async () => {
    const { session, model, tile, root, counts } = await start();
    session.edit("relabel", [1], { label: "newt" });
    expect(tile(1).dataset.state).toBe("relabelled");
    expect(tile(1).textContent?.trim()).toMatch(/^(text of 1 )?cat → newt$/);
    expect(counts.title).toContain("3 suspects; 0 reviewed");
    expect(root.querySelector('[data-dqx="queue-waiting"]')?.textContent).toBe(" +1 waiting");
    model.reply("edit", reply(1, 2, "relabelled"));
    await settled();
    expect(tile(1).classList.contains("dqx-tile-reviewed")).toBe(true);
    expect(counts.title).toContain("3 suspects; 1 reviewed");
    expect(counts.textContent).toBe("next 1 of 3, 2 open");
    session.select(1);
    expect(counts.textContent).toBe("2 of 3, 2 open");
  });

  it("hides reviewed items but never the current one", async () => {
    const { session, tiles } = await start();
    session.edit("keep", [3]);
    session.setFilter({ hideReviewed: true });
    expect(tiles().map((t) => t.dataset.item)).toContain("3");
    session.step(1);
    expect(tiles().map((t) => t.dataset.item)).not.toContain("3");
  });

  it("has a way out of a filter that nothing passes", async () => {
    const { session, root } = await start();
    session.setFilter({ pair: [2, 0] });
    expect(root.textContent).toContain("No item passes the filter");
    [...root.querySelectorAll("button")].find((b) => b.textContent === "Show all")?.click();
    expect(session.queue).toHaveLength(6);
  });

  it("offers a random sample where there are no suspects", async () => {
    const { session, root, model } = await start(
      6,
      {},
      {
        scores: () => ({ ...(sixItems().scores?.({}) as Scores), is_label_issue: new Uint8Array(6) }),
      },
    );
    expect(session.queue).toEqual([]);
    expect(root.textContent).toContain("No label errors. To be sure, check some random labels.");
    root.querySelector<HTMLElement>('[data-dqx="audit-none"]')?.click();
    await vi.waitFor(() => expect(session.queue).toEqual([1, 4]));
    expect(model.last("audit").args).toEqual({ count: 20 });
    expect(root.querySelectorAll('[data-dqx="tile-random"]')).toHaveLength(2);
    expect(root.querySelector('[data-dqx="queue-counts"]')?.textContent).toBe("next 1 of 2");
  });

  it("keeps the page small with fifty thousand items", async () => {
    const { tiles, session } = await start(50_000);
    expect(session.queue).toHaveLength(50_000);
    expect(tiles().length).toBeLessThan(60);
    session.select(40_000);
    expect(tiles().some((t) => t.dataset.item === "40000")).toBe(true);
    expect(tiles().length).toBeLessThan(60);
  });

  it("decides by Enter on the current tile only", async () => {
    const { session, tile, model } = await start();
    const enter = () => new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
    tile(1).dispatchEvent(enter());
    expect(session.current).toBe(1);
    expect(model.count("edit")).toBe(0);
    tile(1).dispatchEvent(enter());
    expect(model.last("edit").args).toMatchObject({ items: [1], label: "dog" });
  });
});

describe("random items", () => {
  const find = (root: HTMLElement, name: string) =>
    root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;

  it("are chosen by their share, carry a badge, and are counted by themselves", async () => {
    const { tile, session, counts } = await start();
    expect(counts.title).toContain("3 suspects; 0 reviewed");
    session.setAuditRate(3);
    expect(counts.title).toContain("3 suspects, and 1 at random; 0 reviewed");
    session.select(4);
    expect(counts.textContent).toBe("a random check");
    session.select(5);
    expect(counts.textContent).toBe("next 3 of 3");
    const badge = tile(4).querySelector<HTMLElement>('[data-dqx="tile-random"]') as HTMLElement;
    expect(badge.textContent).toBe("random");
    expect(badge.title).toContain("Decide on it whether or not it looks wrong");
    expect(tile(4).getAttribute("aria-label")).toContain("drawn at random");
    for (const said of [tile(4).textContent, tile(4).getAttribute("aria-label")])
      expect(said, "nothing leads whoever answers").not.toMatch(/→|likely/);
    expect(find(tile(3), "tile-random")).toBeNull();
    session.setAuditRate(0);
    expect(session.queue).toEqual([3, 1, 5]);
  });

  it("lie on no side of the cut where they stand as they were drawn", async () => {
    const { root, session } = await start(6, { calibrated: true });
    session.setFilter({ scope: "all" });
    expect(find(root, "cut-line").hidden).toBe(false);
    session.audit([4, 3, 0, 1], Int32Array.of(2));
    expect(session.queue).toEqual([4, 3, 0, 1]);
    expect(find(root, "cut-line").hidden).toBe(true);
    // The same items in a lasso stand by rank.
    session.choose([4, 3, 0, 1]);
    expect(session.queue).toEqual([3, 1, 0, 4]);
    expect(find(root, "cut-line").dataset.above).toBe("2");
    expect(find(root, "cut-line").hidden).toBe(false);
  });

  it("have their badge at once when they are asked about elsewhere", async () => {
    const { root, session, model, tile } = await start();
    const scores = model.count("scores");
    expect(find(tile(1), "tile-random")).toBeNull();
    session.seeEstimate(root, true);
    await vi.waitFor(() => expect(session.left).not.toBeNull());
    const asked = model.count("left");
    model.push({ event: "sample", draws: Int32Array.of(2, 0), asked: Int32Array.of(1, 4) });
    expect(find(tile(1), "tile-random")).not.toBeNull();
    expect([...(session.scores?.draws ?? [])]).toEqual([2, 0]);
    expect(session.queue, "the queue stays what it is").toEqual([3, 1, 5]);
    expect(root.querySelectorAll('[data-dqx="tile-random"]')).toHaveLength(1);
    expect(model.count("scores")).toBe(scores);
    await vi.waitFor(() => expect(model.count("left"), "the estimate is asked for anew").toBe(asked + 1));
  });

  it("of a sample that has ended elsewhere are let go of", async () => {
    let asked = new Int32Array(0);
    const { session, model, tile } = await start(
      6,
      {},
      { scores: () => ({ ...(sixItems().scores?.({}) as Scores), asked }) },
    );
    session.audit([1, 4], Int32Array.of(2, 0));
    // More is asked about: whoever is at an audit stays there.
    model.push({ event: "sample", draws: Int32Array.of(0), asked: Int32Array.of(1, 2, 4) });
    expect(session.queue).toEqual([1, 4]);
    asked = Int32Array.of(5);
    model.say({ event: "scores", trust: null });
    await settled();
    expect(session.queue).toEqual([3, 1, 5]);
    expect(find(tile(1), "tile-random")).toBeNull();
    expect(find(tile(5), "tile-random")).not.toBeNull();
  });

  it("leave the cut where it is", async () => {
    const { root, session } = await start(6, { calibrated: true });
    session.setAuditRate(2);
    expect(session.queue).toEqual([3, 4, 1, 2, 5]);
    // 3 and 1 lie above; the random items stand where the next of the ranking does.
    expect(find(root, "cut-line").dataset.above).toBe("3");
  });
});

describe("the line of the stop rule", () => {
  const line = (root: HTMLElement) => root.querySelector<HTMLElement>('[data-dqx="cut-line"]') as HTMLElement;

  it("is not there before p_error is a probability", async () => {
    const { root } = await start();
    expect(line(root).hidden).toBe(true);
  });

  it("is drawn wherever the queue crosses it", async () => {
    const { root, session } = await start(6, { calibrated: true });
    session.setDial(85);
    session.setFilter({ scope: "all" });
    expect(line(root).hidden).toBe(false);
    expect(line(root).dataset.above).toBe("2");
    expect(line(root).title).toContain("Below this line fewer than 85 % are expected to be wrong.");
    session.setFilter({ items: new Set([3]) });
    expect(line(root).hidden).toBe(true);
  });

  it("ends the queue where the rule says, also at none", async () => {
    const { root, session, counts } = await start(6, { calibrated: true });
    session.setDial(85);
    // .9 and .8 of .9 + .8 + .6 + .2 + .1 + .05.
    expect(session.queue).toEqual([3, 1]);
    expect(counts.title).toContain("2 items; 0 reviewed");
    session.setDial(95);
    expect(root.textContent).toContain("Show all");
  });
});
