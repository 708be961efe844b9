// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeBulkDialog } from "../bulk/dialog";
import { settled } from "../core/testing/mockModel";
import { start } from "../core/testing/mockSession";
import { bindKeys } from "../core/ui/handler";
import { Queue } from "./panel";

let end = new AbortController();
beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(() => {
  end.abort();
  vi.useRealTimers();
});

/** Items 3, 1 and 5 are the suspects; in everything they stand as 3, 1, 5, 2, 0, 4. */
async function open(answers = {}) {
  const made = await start({
    outlook: ({ items, action }: Record<string, unknown>) => {
      const n = (items as number[]).length;
      return {
        n,
        unchanged: 0,
        without: 0,
        changes: [{ before: 1, after: 2, count: n, decided: 0 }],
        deciders: [],
        items: Int32Array.from(items as number[]),
        labels: new Int32Array(n).fill(action === "relabel" ? 2 : 0),
        decided: new Uint8Array(n),
      };
    },
    ...answers,
  });
  end = made.end;
  const { session } = made;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  Queue.mount(root, session, end.signal);
  root.append(makeBulkDialog(root, session, end.signal));
  bindKeys(root, session, end.signal);
  await settled();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const tile = (item: number) =>
    root.querySelector<HTMLElement>(`[data-dqx="queue-tile"][data-item="${item}"]`) as HTMLElement;
  const press = (key: string, on: HTMLElement = root, more = {}) =>
    on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  const click = (item: number, more = {}) =>
    tile(item).dispatchEvent(new MouseEvent("click", { bubbles: true, ...more }));
  const picked = () => [...session.picked].sort();
  return { ...made, root, find, tile, press, click, picked };
}

describe("picks in the queue", () => {
  it("are made with Ctrl and a click, and shown; a plain click goes there and picks nothing", async () => {
    const { session, click, tile, picked, find } = await open();
    expect(find("queue").getAttribute("aria-multiselectable")).toBe("true");
    click(1);
    expect(session.current).toBe(1);
    expect(picked()).toEqual([]);
    click(3, { ctrlKey: true });
    click(5, { metaKey: true });
    expect(picked()).toEqual([3, 5]);
    expect(session.current).toBe(1);
    expect(tile(3).getAttribute("aria-selected")).toBe("true");
    expect(tile(1).getAttribute("aria-selected")).toBe("false");
    expect(tile(1).getAttribute("aria-current")).toBe("true");
    expect(find("picked").textContent).toBe("2 picked ✕");
    expect(find("accept-all").textContent).toContain("Accept 2 suggestions…");
    click(3, { ctrlKey: true });
    expect(picked()).toEqual([5]);
    find("picked").click();
    expect(picked()).toEqual([]);
    expect(find("picked").hidden).toBe(true);
    expect(find("accept-all").textContent).toContain("Accept 3 suggestions…");
  });

  it("are a range with Shift and a click, from the current item", async () => {
    const { session, click, picked } = await open();
    session.setFilter({ scope: "all" });
    click(1);
    click(2, { shiftKey: true });
    expect(picked()).toEqual([1, 2, 5]);
    click(3, { shiftKey: true });
    expect(picked()).toEqual([1, 3]);
  });

  it("are all of the queue with Ctrl+A, also what is not drawn, and go with Escape", async () => {
    const { session, press, picked, root } = await open();
    expect(press("a", root, { ctrlKey: true })).toBe(false);
    expect(picked()).toEqual([1, 3, 5]);
    expect(session.current).toBe(3);
    press("Escape");
    expect(picked()).toEqual([]);
    session.setFilter({ scope: "all" });
    press("a", root, { metaKey: true });
    expect(picked()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("leave text fields their Ctrl+A", async () => {
    const { press, picked, find } = await open();
    expect(press("a", find("search"), { ctrlKey: true })).toBe(true);
    expect(picked()).toEqual([]);
  });

  it("are made by keyboard in the list: Space, and Shift with Home, End and the pages", async () => {
    const { session, press, tile, picked } = await open();
    session.setFilter({ scope: "all" });
    press(" ", tile(3));
    expect(picked()).toEqual([3]);
    press(" ", tile(3));
    expect(picked()).toEqual([]);
    session.select(1);
    press("End", tile(1), { shiftKey: true });
    expect(picked()).toEqual([0, 1, 2, 4, 5]);
    expect(session.current).toBe(4);
    session.picks.clear();
    press("Home", tile(4), { shiftKey: true });
    expect(picked()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(session.current).toBe(3);
  });

  it("leave what was mixed in at random alone", async () => {
    const { session, press, picked, root, model, find } = await open();
    session.setAuditRate(3);
    expect(session.queue).toContain(4);
    press("a", root, { ctrlKey: true });
    expect(picked()).toEqual([1, 3, 5]);
    session.picks.clear();
    press("b");
    await settled();
    expect(find("accept-all").textContent).toContain("Accept 3 ");
    expect((model.last("outlook").args.items as number[]).sort()).toEqual([1, 3, 5]);
  });

  it("are what is decided on, in one edit, and are let go of then", async () => {
    const { press, click, picked, model, find } = await open();
    click(1, { ctrlKey: true });
    click(5, { ctrlKey: true });
    press("r");
    press("3", find("bulk"));
    await settled();
    expect(model.last("outlook").args).toMatchObject({ action: "relabel", items: [1, 5] });
    press("Enter", find("bulk"));
    expect(model.last("edit").args).toMatchObject({ action: "relabel", items: [1, 5], label: "newt" });
    expect(model.count("edit")).toBe(1);
    expect(picked()).toEqual([]);
  });

  it("go with another scope and with items that leave the queue", async () => {
    const { session, press, picked, root, model } = await open();
    press("a", root, { ctrlKey: true });
    session.setFilter({ hideReviewed: true });
    expect(picked()).toEqual([1, 3, 5]);
    model.push({
      event: "scores_rows",
      version: (session.scores?.version ?? 0) + 1,
      rows: Int32Array.of(5),
      p_error: Float32Array.of(0.01),
      suggested: Int32Array.of(1),
      suspect: Uint8Array.of(0),
      counts: session.counts,
    });
    await settled();
    expect(picked()).toEqual([1, 3]);
    session.setFilter({ scope: "all" });
    expect(picked()).toEqual([]);
  });

  it("are told to the kernel in one message, however many there are, and not again at each step", async () => {
    const { session, click, model } = await open();
    vi.useFakeTimers();
    const told = model.count("select");
    click(3, { ctrlKey: true });
    click(1, { ctrlKey: true });
    click(5, { ctrlKey: true });
    vi.advanceTimersByTime(1000);
    expect(model.count("select")).toBe(told + 1);
    expect(model.last("select").args).toEqual({ item: 3, items: [3, 1, 5] });
    session.select(5);
    expect(model.last("select").args).toEqual({ item: 5 });
    session.picks.clear();
    vi.advanceTimersByTime(1000);
    expect(model.last("select").args).toEqual({ item: 5, items: [] });
  });
});

describe("the menu of the bar", () => {
  it("holds the other decisions on many, which act on the same items", async () => {
    const { find, model } = await open();
    const menu = find("queue-menu");
    expect(menu.hidden).toBe(true);
    find("queue-more").click();
    expect(menu.hidden).toBe(false);
    const texts = [...menu.querySelectorAll("button")].map((each) => each.textContent);
    expect(texts.slice(0, 4)).toEqual(["Relabel 3…R", "Keep 3…", "Leave out 3…", "Hide reviewed"]);
    find("leave-out-all").click();
    await settled();
    expect(menu.hidden).toBe(true);
    expect(model.last("outlook").args).toMatchObject({ action: "leave_out", items: [3, 1, 5] });
    find("keep-all").click();
    await settled();
    expect(model.last("outlook").args).toMatchObject({ action: "keep" });
  });

  it("takes what the bar has no room for", async () => {
    const { root, find } = await open();
    const width = (px: number) => {
      Object.defineProperty(root, "clientWidth", { value: px, configurable: true });
      find("grid").click();
      find("grid").click();
    };
    width(1000);
    expect(find("grid").closest('[data-dqx="queue-menu"]')).toBeNull();
    width(500);
    expect(find("grid").closest('[data-dqx="queue-menu"]')).not.toBeNull();
    expect(find("pick-all").closest('[data-dqx="queue-menu"]')).not.toBeNull();
    width(700);
    expect(find("grid").closest('[data-dqx="queue-menu"]')).toBeNull();
  });
});

describe("the grid", () => {
  it("goes with Escape, after the picks", async () => {
    const { root, find, press, click } = await open();
    find("grid").click();
    expect(root.classList.contains("dqx-queue-tall")).toBe(true);
    expect(find("grid").getAttribute("aria-pressed")).toBe("true");
    click(3, { ctrlKey: true });
    press("Escape");
    expect(root.classList.contains("dqx-queue-tall")).toBe(true);
    press("Escape");
    expect(root.classList.contains("dqx-queue-tall")).toBe(false);
    expect(find("grid").getAttribute("aria-pressed")).toBe("false");
  });
});
