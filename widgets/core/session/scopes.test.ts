// @vitest-environment happy-dom
/** Scopes in the page: asked for once, joined with every filter, walked in their own order, remembered by the tab. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Hello, ScopeItems } from "../kernel/schema";
import { settled, sixItems } from "../testing/mockModel";
import { COUNTS, start } from "../testing/mockSession";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

/** Outliers 4, 0 and 2; copies 5 and 1 in one set, 3 and 0 in another; nothing is ambiguous. */
const ITEMS: Record<string, Partial<ScopeItems>> = {
  outlier: { items: Int32Array.of(4, 0, 2) },
  near_duplicate: { items: Int32Array.of(5, 1, 3, 0), sets: Int32Array.of(8, 8, 2, 2) },
  ambiguous: { items: Int32Array.of(), why: "No item fits two classes about equally well." },
};
const scope = ({ name }: Record<string, unknown>) =>
  ({ name, sets: null, why: "", version: 0, ...ITEMS[name as string] }) as ScopeItems;
const begun = (answers = {}, changes = {}) => start({ scope, ...answers }, changes);

describe("a scope", () => {
  it("is asked for once, queued in its own order, and moves the card to its first open item", async () => {
    const { session, model } = await begun();
    session.setFilter({ scope: "outlier" });
    expect(session.filter.scope, "until it is here all stays").toBe("label");
    expect(session.scopes.wanted).toBe("outlier");
    await settled();
    expect([session.filter.scope, session.scopes.wanted]).toEqual(["outlier", null]);
    expect(session.queue).toEqual([4, 0, 2]);
    expect(session.current).toBe(4);
    session.edit("keep", [4]);
    session.setFilter({ scope: "label" });
    expect(session.current).toBe(3);
    session.setFilter({ scope: "outlier" });
    expect(session.current, "at once, and past what is decided on").toBe(0);
    expect(model.count("scope")).toBe(1);
    expect(session.queue.map((item) => session.position(item))).toEqual([0, 1, 2]);
    expect([1, 3].map((item) => session.position(item))).toEqual([-1, -1]);
  });

  it("that another is chosen over while it is on its way is not shown", async () => {
    const { session } = await begun();
    session.setFilter({ scope: "outlier" });
    session.setFilter({ scope: "all" });
    await settled();
    expect(session.filter.scope).toBe("all");
  });

  it("holds nothing, shows nothing and says why", async () => {
    const { session } = await begun();
    session.setFilter({ scope: "ambiguous" });
    await settled();
    expect([session.queue.length, session.current]).toEqual([0, null]);
    expect(session.scopes.get("ambiguous")?.why).toBe("No item fits two classes about equally well.");
  });

  it("joins with class, pair, lasso and search, and Esc takes them away one by one", async () => {
    const { session } = await begun();
    session.setFilter({ scope: "near_duplicate" });
    await settled();
    expect(session.queue).toEqual([5, 1, 3, 0]);
    session.setFilter({ label: 0 });
    expect(session.queue, "given cat").toEqual([1, 0]);
    session.choose([0, 3, 5]);
    expect(session.queue).toEqual([0]);
    session.setFilter({ found: { text: "x", items: new Set([0, 5]) } });
    expect(session.queue).toEqual([0]);
    session.setFilter({ pair: [0, 1] });
    expect([session.queue.length, session.current]).toEqual([0, null]);
    const peeled = Array.from({ length: 5 }, () => [session.peel(), [...session.queue]]);
    expect(peeled).toEqual([
      [true, [0]],
      [true, [0]],
      [true, [1, 0]],
      [true, [5, 1, 3, 0]],
      [false, [5, 1, 3, 0]],
    ]);
  });

  it("knows with which others an item is decided on", async () => {
    const { session } = await begun();
    expect(session.scopeSet(5)).toEqual([]);
    session.setFilter({ scope: "near_duplicate" });
    await settled();
    expect([5, 0, 2].map((item) => session.scopeSet(item))).toEqual([[5, 1], [3, 0], []]);
  });

  it("is sorted by class and by row, unlabelled items last", async () => {
    const { session } = await begun();
    session.setFilter({ scope: "near_duplicate" });
    await settled();
    session.setFilter({ sort: "row" });
    expect(session.queue).toEqual([0, 1, 3, 5]);
    session.setFilter({ sort: "class" });
    expect(session.queue).toEqual([1, 0, 3, 5]);
    expect(session.queue.map((item) => session.position(item))).toEqual([0, 1, 2, 3]);
    session.setFilter({ scope: "all" });
    expect(session.queue, "cats, dogs, newts, and the one without a label").toEqual([1, 0, 3, 2, 4, 5]);
  });

  it("lets go of items that Python named", async () => {
    const { session } = await begun();
    session.present([2, 1]);
    session.setFilter({ scope: "outlier" });
    await settled();
    expect([session.queue, session.filter.items, session.chosen]).toEqual([[4, 0, 2], null, []]);
  });

  it("is asked for anew once scores rest, and the card stays", async () => {
    let items = Int32Array.of(4, 0, 2);
    const { session, model } = await begun({ scope: () => ({ ...scope({ name: "outlier" }), items }) });
    session.setFilter({ scope: "outlier" });
    await settled();
    session.select(0);
    items = Int32Array.of(1, 4, 0);
    for (const version of [1, 2])
      model.push({
        event: "scores_rows",
        version,
        rows: Int32Array.of(2),
        p_error: Float32Array.of(0.3),
        suggested: Int32Array.of(1),
        suspect: Uint8Array.of(0),
        counts: COUNTS,
      });
    await vi.waitFor(() => expect(session.queue).toEqual([1, 4, 0]), 20_000);
    expect(session.current).toBe(0);
    expect(model.count("scope"), "once for both").toBe(2);
  });

  it("that the page makes itself is not asked for where somebody goes on to it before scores rest", async () => {
    const { session, model } = await begun();
    session.setFilter({ scope: "outlier" });
    await settled();
    vi.useFakeTimers();
    model.push({
      event: "scores_rows",
      version: 1,
      rows: Int32Array.of(2),
      p_error: Float32Array.of(0.3),
      suggested: Int32Array.of(1),
      suspect: Uint8Array.of(0),
      counts: COUNTS,
    });
    await vi.advanceTimersByTimeAsync(0);
    session.setFilter({ scope: "all" });
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    expect(session.queue.map((item) => session.position(item))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(model.count("scope"), "the outliers, once").toBe(1);
  });

  it("is where a reloaded page begins, and where Python opens one", async () => {
    const first = await begun();
    first.session.setFilter({ scope: "outlier" });
    await settled();
    first.session.setFilter({ sort: "row" });
    const { session, model } = await begun();
    expect([session.filter.scope, session.filter.sort, session.current]).toEqual(["outlier", "row", 0]);
    session.choose([0]);
    model.say({ event: "scope", scope: "near_duplicate", token: "t1" });
    await settled();
    expect([session.filter.scope, session.filter.items]).toEqual(["near_duplicate", null]);
    session.setFilter({ scope: "label" });
    const hello = sixItems().hello?.({}) as Hello;
    const again = await begun({
      hello: () => ({ ...hello, opened: { scope: "near_duplicate", token: "t1" } }),
    });
    expect(again.session.filter.scope, "each wish is followed once").toBe("label");
    const other = await begun({ hello: () => ({ ...hello, opened: { scope: "outlier", token: "t2" } }) });
    expect(other.session.filter.scope).toBe("outlier");
  });

  it("that cannot be had leaves the label errors", async () => {
    sessionStorage.setItem("data-quality-explorer:scope:store-six", '{"scope":"outlier","sort":"row"}');
    const refuse = () => {
      throw { type: "DataError", message: "No such scope.", remedy: "" };
    };
    const { session, notices } = await begun({ scope: refuse });
    expect([session.filter.scope, session.queue]).toEqual(["label", [1, 3, 5]]);
    expect(notices.at(-1)?.text).toBe("No such scope.");
  });
});

describe("what stands out", () => {
  it("is what Python says, before and after a reload, until Esc", async () => {
    const hello = sixItems().hello?.({}) as Hello;
    const { session, model } = await begun({ hello: () => ({ ...hello, highlighted: Int32Array.of(2) }) });
    expect([...session.highlighted]).toEqual([2]);
    model.push({ event: "highlight", items: Int32Array.of(0, 4) });
    await settled();
    expect([...session.highlighted]).toEqual([0, 4]);
    expect(session.peel()).toBe(true);
    expect(session.highlighted.size).toBe(0);
    expect(model.last("highlight").args).toEqual({ items: [] });
    expect(session.peel()).toBe(false);
  });
});
