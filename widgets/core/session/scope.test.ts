// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { Hello, Labels, Scores } from "../kernel/schema";
import { settled, sixItems } from "../testing/mockModel";
import { COUNTS, reply, start } from "../testing/mockSession";
import { acceptSuggestion, keep, leaveOut, mark, relabel } from "./actions";
import type { Session } from "./session";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

const calibrated = () => start({}, { calibrated: true });

describe("another scope moves the card to its first item left to decide on", () => {
  it("under a label pair, so that Enter is about an item of it", async () => {
    const { session, model } = await start();
    expect(session.current).toBe(3);
    session.setFilter({ pair: [0, 1] });
    expect(session.current).toBe(1);
    acceptSuggestion(session);
    expect(model.last("edit").args).toMatchObject({ items: [1], label: "dog" });
    session.setFilter({ pair: null });
    expect(session.current).toBe(3);
  });

  it("in a lasso, past what is decided on already", async () => {
    const { session, model } = await start();
    session.edit("keep", [1]);
    session.choose([5, 1, 0]);
    expect(session.queue).toEqual([1, 5]);
    expect(session.current).toBe(5);
    expect(model.last("select").args).toEqual({ item: 5, items: [5, 1, 0] });
    session.choose([]);
    expect(session.current).toBe(3);
  });

  it("chosen from Python, and tells Python where that is another than it named first", async () => {
    const { session, model } = await start();
    session.edit("keep", [4]);
    model.say({ event: "select", item: 4, items: [4, 5] });
    expect(session.current).toBe(5);
    expect(model.last("select").args).toEqual({ item: 5, items: [4, 5] });
  });

  it("among suspects, above the cut, among all, and in a random sample by itself", async () => {
    const { session } = await calibrated();
    session.select(4);
    session.setFilter({ scope: "all" });
    expect(session.current).toBe(3);
    session.select(5);
    session.setDial(85);
    expect(session.queue).toEqual([3, 1]);
    expect(session.current, "it lies below the cut").toBe(3);
    session.select(1);
    session.setDial(80);
    expect(session.current, "who turns the dial stays where that is possible").toBe(1);
    session.audit([4, 0], Int32Array.of());
    expect(session.current).toBe(4);
  });

  it("on another branch", async () => {
    const six = sixItems();
    let branch = "main";
    const labels = six.labels?.({}) as Labels;
    const { session, model } = await start({
      hello: () => {
        const hello = six.hello?.({}) as Hello;
        return { ...hello, store: { ...hello.store, branch } };
      },
      labels: () => ({
        ...labels,
        state: branch === "main" ? labels.state : Uint8Array.of(0, 0, 0, 1, 0, 0),
      }),
    });
    session.select(5);
    branch = "shoes";
    model.say({ event: "hello" });
    await settled();
    expect(session.current).toBe(1);
  });

  it("and none into an empty one, where nothing is decided and that is said", async () => {
    const { session, model, notices } = await start();
    session.setFilter({ pair: [2, 0] });
    expect(session.current).toBeNull();
    for (const decide of [acceptSuggestion, keep, (s: Session) => mark(s, "ambiguous")]) decide(session);
    relabel(session, "newt");
    expect(model.count("edit")).toBe(0);
    expect(notices).toHaveLength(4);
    expect(notices[0]?.text).toBe("Nothing is decided: no item is shown.");
  });

  it("but not where decided items are hidden, or the share of random ones changes", async () => {
    const { session } = await start();
    session.select(5);
    session.setFilter({ hideReviewed: true });
    session.setAuditRate(3);
    expect(session.current).toBe(5);
  });
});

describe("an item that is decided on", () => {
  it("is never turned round by Enter: that goes on to the next", async () => {
    const { session, model } = await start();
    session.edit("keep", [3]);
    acceptSuggestion(session);
    expect(session.stateOf(3)).toBe("kept");
    expect(session.current).toBe(1);
    expect(model.count("edit")).toBe(1);
  });

  it("is not what a reopened store begins with", async () => {
    const labels = sixItems().labels?.({}) as Labels;
    labels.state = Uint8Array.of(0, 0, 0, 2, 0, 0);
    const { session } = await start({ labels: () => labels });
    expect(session.current).toBe(1);
  });

  it("says that all of the queue is", async () => {
    const { session, model, notices } = await start();
    for (const item of [3, 1, 5]) session.edit("keep", [item]);
    acceptSuggestion(session);
    expect(notices.at(-1)?.text).toBe("Every item of this queue is reviewed.");
    expect(model.count("edit")).toBe(1);
  });
});

describe("the next item", () => {
  const rows = (p: Record<number, number>, version: number) => ({
    event: "scores_rows",
    version,
    rows: Int32Array.from(Object.keys(p), Number),
    p_error: Float32Array.from(Object.values(p)),
    suggested: Int32Array.from(Object.keys(p), (item) => [0, 1, 1, 0, 2, 1][Number(item)] ?? 0),
    suspect: Uint8Array.from(Object.values(p), (each) => (each > 0.5 ? 1 : 0)),
    counts: COUNTS,
  });

  it("is the first that is open in the order as it is now", async () => {
    const { session, model } = await start({ edit: () => reply(3, 1, "kept") });
    keep(session);
    expect(session.current).toBe(1);
    // What was learnt puts two items before the one that is shown.
    model.push(rows({ 4: 0.95, 0: 0.92 }, 1));
    await settled();
    expect(session.queue).toEqual([4, 0, 3, 1, 5]);
    expect(session.current, "nothing jumps under the reviewer's hands").toBe(1);
    expect(session.upcoming(3)).toEqual([4, 0, 5]);
    const walk: (number | null)[] = [];
    for (let i = 0; i < 4; i++) {
      // The last has no label that could be kept.
      if (session.current === 5) leaveOut(session);
      else keep(session);
      walk.push(session.current);
    }
    expect(walk).toEqual([4, 0, 5, 5]);
    expect(session.queue.filter((item) => !session.isReviewed(item))).toEqual([]);
  });

  it("comes back to what was walked past once the others are decided on", async () => {
    const { session } = await start();
    session.step(1);
    keep(session);
    expect(session.current).toBe(5);
    leaveOut(session);
    expect(session.current, "not left behind").toBe(3);
  });

  it("is not put off where somebody only looked ahead and came back", async () => {
    const { session } = await start();
    session.step(1);
    session.step(1);
    session.step(-1);
    session.step(-1);
    keep(session);
    expect(session.current).toBe(1);
  });

  it("is a random one that was walked past: those after it count only then", async () => {
    const { session } = await start({
      scores: () => ({ ...(sixItems().scores?.({}) as Scores), audit_rate: 0.5, draws: Int32Array.of(4, 2) }),
    });
    expect(session.queue).toEqual([3, 4, 1, 2, 5]);
    keep(session);
    expect(session.current).toBe(4);
    session.step(1);
    keep(session);
    expect(session.current).toBe(4);
  });
});
