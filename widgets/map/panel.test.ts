// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeBulkDialog } from "../bulk/dialog";
import type { Hello, Labels } from "../core/kernel/schema";
import { Session } from "../core/session/session";
import { type Answers, MockModel, settled, sixItems } from "../core/testing/mockModel";
import { reply } from "../core/testing/mockSession";
import { bindKeys } from "../core/ui/handler";
import { MapChart } from "./chart";
import { colourIndices, levels, type Shown } from "./layers/marks";
import { PointsMap } from "./panel";
import { LEVEL } from "./renderers/renderer";

const EVIL = "<img src=x onerror=alert(1)>";

/** Ends what the last test mounted: its timers must not outlive the page. */
let end = new AbortController();

async function start(changes: Partial<Hello> = {}, answers: Answers = {}) {
  const model = new MockModel({ ...sixItems(changes), ...answers });
  const session = new Session("six");
  end = new AbortController();
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  PointsMap.mount(root, session, end.signal);
  bindKeys(root, session, end.signal);
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const press = (key: string) =>
    root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const connect = async () => {
    session.attach(model.model, end.signal);
    await settled();
  };
  return { model, session, end, root, find, press, connect };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(() => end.abort());

describe("the map", () => {
  it("waits quietly while there is no review, and fills in", async () => {
    const { root, connect } = await start();
    expect(root.textContent).toContain("The map appears here.");
    await connect();
    expect(root.querySelectorAll(".dqx-map-class")).toHaveLength(3);
    expect(root.querySelector(".dqx-map-encodings")?.textContent).toContain("size: rank");
  });

  it("speaks of p_error only when it is calibrated", async () => {
    const { root, connect } = await start({ calibrated: true });
    await connect();
    expect(root.querySelector(".dqx-map-encodings")?.textContent).toContain("size: how likely wrong");
  });

  it("narrows the queue with its buttons and shows each filter as a chip", async () => {
    const { session, find, connect } = await start();
    await connect();
    find("all").click();
    expect(session.filter.scope).toBe("all");
    session.setFilter({ pair: [1, 0] });
    expect(find("pair-filter").textContent).toBe("dog → cat only ✕");
    find("pair-filter").click();
    expect(session.filter.pair).toBeNull();
    expect(find("pair-filter").hidden).toBe(true);
  });

  it("enters and leaves the lasso by key, then forgets it", async () => {
    const { session, find, press, connect } = await start();
    await connect();
    press("l");
    expect(find("lasso").getAttribute("aria-pressed")).toBe("true");
    session.choose([1, 3]);
    press("Escape");
    expect(find("lasso").getAttribute("aria-pressed")).toBe("false");
    expect(session.chosen).toEqual([1, 3]);
    press("Escape");
    expect(session.chosen).toEqual([]);
  });

  it("relabels the chosen items only after it has said what would change, as one edit", async () => {
    const found = {
      n: 2,
      unchanged: 0,
      without: 0,
      changes: [{ before: 0, after: 2, count: 2, decided: 0 }],
      deciders: [],
      items: Int32Array.of(1, 5),
      labels: Int32Array.of(2, 2),
      decided: new Uint8Array(2),
    };
    const { session, model, root, find, press, connect, end } = await start({}, { outlook: () => found });
    root.append(makeBulkDialog(root, session, end.signal));
    await connect();
    session.choose([1, 5]);
    expect(find("chosen").textContent).toBe("2 chosen ✕");
    expect(find("relabel-chosen").textContent).toBe("Relabel 2…");
    find("relabel-chosen").click();
    find("bulk").dispatchEvent(new KeyboardEvent("keydown", { key: "3", bubbles: true }));
    expect(model.last("outlook").args).toMatchObject({ items: [1, 5], label: "newt" });
    find("bulk-go").click();
    expect(model.count("edit")).toBe(0);
    await settled();
    expect(find("bulk-go").textContent).toContain("Change 2 labels");
    // The card's keys do nothing beside it.
    press("k");
    expect(model.count("edit")).toBe(0);
    find("bulk-go").click();
    await settled();
    expect(model.count("edit")).toBe(1);
    expect(model.last("edit").args).toMatchObject({ action: "relabel", items: [1, 5], label: "newt" });
  });

  it("shows class names as text, whatever they are", async () => {
    const dataset = { n: 6, kind: "text" as const, source: "", unlabelled: 0, setAside: 0, notes: [] };
    const { root, connect } = await start({ dataset: { ...dataset, classes: [EVIL, "b", "c"] } });
    await connect();
    expect(root.querySelector("img")).toBeNull();
    expect(root.querySelector(".dqx-map-class")?.textContent).toContain(EVIL);
  });

  it("narrows the queue to a class by its name, and ends that with the chip or the name", async () => {
    const { session, root, find, connect } = await start();
    await connect();
    const dog = (): HTMLElement => root.querySelectorAll<HTMLElement>(".dqx-map-class")[1] as HTMLElement;
    dog().click();
    expect(find("class-filter").textContent).toBe("only dog ✕");
    expect(dog().getAttribute("aria-pressed")).toBe("true");
    expect(session.queue, "the suspects that were given as dogs").toEqual([3]);
    find("class-filter").click();
    expect(find("class-filter").hidden).toBe(true);
    dog().click();
    dog().click();
    expect(session.filter.label).toBeNull();
  });

  it("lets items stand out that Python names, until the chip is pressed", async () => {
    const { session, model, find, connect } = await start();
    await connect();
    model.push({ event: "highlight", items: Int32Array.of(0, 4) });
    await settled();
    expect(find("highlight").textContent).toBe("2 highlighted ✕");
    expect(session.queue, "the queue stays").toEqual([3, 1, 5]);
    find("highlight").click();
    expect(session.highlighted.size).toBe(0);
    expect(model.last("highlight").args).toEqual({ items: [] });
    expect(find("highlight").hidden).toBe(true);
  });
});

describe("the dots of a few items", () => {
  it("are changed where they are, and drawn once for a run of decisions", async () => {
    const styled = vi.spyOn(MapChart.prototype, "setStyle");
    const { session, model, connect } = await start();
    await connect();
    await vi.waitFor(() => expect(styled).toHaveBeenCalled());
    vi.useFakeTimers();
    const before = styled.mock.calls.length;
    session.edit("relabel", [3], { label: "newt" });
    session.edit("keep", [0]);
    model.reply("edit", reply(3, 2, "relabelled"));
    await vi.advanceTimersByTimeAsync(0);
    model.reply("edit", reply(0, 0, "kept", "event:2"));
    model.push({
      event: "scores_rows",
      version: 1,
      rows: Int32Array.of(2, 5),
      p_error: Float32Array.of(0.95, 0.01),
      suggested: Int32Array.of(0, 1),
      suspect: Uint8Array.of(1, 0),
      counts: { reviewed: 2, relabelled: 1, kept: 1, flagged: 0, suspects: 3 },
    });
    await vi.advanceTimersByTimeAsync(2900);
    expect(styled.mock.calls.length).toBe(before);
    await vi.advanceTimersByTimeAsync(200);
    vi.useRealTimers();
    expect(styled.mock.calls.length).toBe(before + 1);
    const { labels, scores } = session;
    const [colours, , presence] = styled.mock.lastCall ?? [];
    expect(colours).toEqual(colourIndices((labels as Labels).current));
    const shown: Shown = {
      scope: "label",
      narrowed: false,
      passes: () => true,
      highlighted: new Set(),
      waits: () => false,
    };
    expect(presence).toEqual(levels(labels as Labels, scores, shown));
    expect(presence?.[3]).toBe(LEVEL.reviewed);
    styled.mockRestore();
  });
});
