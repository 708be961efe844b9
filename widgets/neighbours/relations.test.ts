// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { type Answers, settled } from "../core/testing/mockModel";
import { bareCard, startExplorer } from "../explorer/fixture";
import { ceiling, marks, relationSummary } from "./scatter";

const FOUND = {
  mean: Float32Array.of(-0.5, 0.5, 0),
  variance: Float32Array.of(0.01, 0, 0.04),
  last: Float32Array.of(-1, 0.2, 0),
};
const ROOM = { width: 220, height: 120, left: 10, right: 10, top: 10, bottom: 10 };

describe("the scatter", () => {
  it("puts the mean across and the variance upwards, the strongest relation last and largest", () => {
    expect(ceiling(FOUND.variance)).toBe(0.05);
    const drawn = marks(FOUND, ROOM);
    expect(drawn.map((mark) => mark.index)).toEqual([2, 1, 0]);
    expect(drawn.map((mark) => Math.round(mark.x))).toEqual([110, 160, 60]);
    expect(drawn.map((mark) => Math.round(mark.y))).toEqual([30, 110, 90]);
    expect(drawn[2]?.radius).toBeGreaterThan(drawn[1]?.radius as number);
  });

  it("has an axis for any variance", () => {
    expect(ceiling(new Float32Array(0))).toBe(0.02);
    expect(ceiling(Float32Array.of(0.9))).toBe(1);
  });

  it("is summed up in words", () => {
    expect(relationSummary(FOUND)).toBe("1 contradict, 1 confirm, 1 wavered");
  });
});

async function start(answers: Answers = {}) {
  const relations = ({ item }: Record<string, unknown>) => ({
    item,
    why: "",
    checkpoints: 5,
    neighbours: Int32Array.of(0, 2, 5),
    labels: Int32Array.of(0, 1, -1),
    similarity: Float32Array.of(0.9, 0.8, 0.7),
    ...FOUND,
  });
  // The page has no layout here: every element has this size.
  for (const [side, size] of [
    ["clientWidth", 400],
    ["clientHeight", 150],
  ] as const)
    Object.defineProperty(HTMLElement.prototype, side, { configurable: true, get: () => size });
  const neighbours = [{ item: 0, similarity: 0.9, relation: -0.5, label: 0 }];
  const made = await startExplorer({
    card: ({ item }) => bareCard(item as number, { neighbours }),
    relations,
    ...answers,
  });
  const points = () => [...made.root.querySelectorAll<HTMLElement>('[data-dqx="relation"]')];
  /** V brings the neighbours to the front, V once more their relation map. */
  const toMap = async () => {
    made.press("v");
    made.press("v");
    await settled();
  };
  return { ...made, points, toMap };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("the relation map", () => {
  it("comes by its button and by V among the neighbours, and goes by both", async () => {
    const { model, find, points, press } = await start();
    press("v");
    expect(find("relation-map").hidden).toBe(true);
    await settled();
    expect(model.count("relations")).toBe(0);
    press("v");
    await settled();
    expect(find("relation-map").hidden).toBe(false);
    expect(find("relations").getAttribute("aria-pressed")).toBe("true");
    expect(model.last("relations").args).toEqual({ item: 3 });
    expect(points()).toHaveLength(3);
    find("relations").click();
    expect(find("relation-map").hidden).toBe(true);
    find("relations").click();
    expect(find("relation-map").hidden).toBe(false);
    press("v");
    expect(find("relation-map").hidden).toBe(true);
  });

  it("is there still when its tab comes back to the front", async () => {
    const { root, find, press, toMap } = await start();
    await toMap();
    press("p");
    press("v");
    const tab = root.querySelector<HTMLElement>('[data-dqx="tab"][data-tab="neighbours"]');
    expect(tab?.getAttribute("aria-selected")).toBe("true");
    expect(find("relation-map").hidden).toBe(false);
  });

  it("tells neighbours apart by kind of mark and in words, and reads nearest first", async () => {
    const { points, toMap } = await start();
    await toMap();
    expect(points().map((point) => point.dataset.agreement)).toEqual(["conflicts", "agrees", "unknown"]);
    expect(points()[0]?.getAttribute("aria-label")).toBe(
      "labelled cat (another label), mean −0.50, variance 0.010, last −1.00, similarity 0.90: select",
    );
    expect(points().map((point) => point.tabIndex)).toEqual([0, -1, -1]);
  });

  it("shows a neighbour on focus and selects it by click; arrows walk the marks and not the queue", async () => {
    const { session, root, points, press, toMap } = await start();
    await toMap();
    points()[0]?.focus();
    expect(session.hovered).toBe(0);
    const detail = root.querySelector<HTMLElement>(".dqx-relations-detail") as HTMLElement;
    expect(detail.hidden).toBe(false);
    expect(detail.textContent).toContain("mean −0.50");
    press("ArrowRight", points()[0]);
    expect(document.activeElement).toBe(points()[1]);
    expect(session.current).toBe(3);
    points()[1]?.click();
    expect(session.current).toBe(2);
  });

  it("follows the selection, and drops an answer that comes late", async () => {
    const late: ((value: unknown) => void)[] = [];
    const { session, root, toMap } = await start({
      relations: ({ item }) =>
        new Promise((resolve) => late.push((why) => resolve({ item, why, neighbours: new Int32Array(0) }))),
    });
    await toMap();
    session.select(1);
    await settled();
    late[1]?.("the newer");
    await settled();
    late[0]?.("the older");
    await settled();
    expect(root.querySelector('[data-dqx="no-relations"]')?.textContent).toBe("the newer");
  });

  it("says why there is none", async () => {
    const why = "Probabilities were given, so no training was watched.";
    const { find, points, toMap } = await start({ relations: ({ item }) => ({ item, why }) });
    await toMap();
    expect(find("no-relations").hidden).toBe(false);
    expect(find("no-relations").textContent).toBe(why);
    expect(points()).toHaveLength(0);
    // The way back is still there.
    find("relations").click();
    expect(find("relation-map").hidden).toBe(true);
  });
});
