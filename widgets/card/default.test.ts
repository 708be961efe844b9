// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { settled, sixItems } from "../core/testing/mockModel";
import { start } from "../core/testing/mockSession";
import { Card } from "./panel";

const end: AbortController[] = [];

/** Item 4 is a newt that might be a cat, and no suspect. */
async function shown(scope: "label" | "outlier" | "all") {
  const scores = sixItems().scores?.({}) as Record<string, Int32Array>;
  const suggested = Int32Array.of(0, 1, 1, 0, 0, 1);
  const made = await start({
    scores: () => ({ ...scores, suggested }),
    scope: ({ name }) => ({ name, items: Int32Array.of(4, 3), sets: null, why: "", version: 0 }),
    card: ({ item, scope: asked }) => ({
      item,
      id: `id-${item}`,
      name: "",
      given: [0, 0, 1, 1, 2, -1][item as number],
      current: [0, 0, 1, 1, 2, -1][item as number],
      suggested: suggested[item as number],
      suggested_p: null,
      p_error: null,
      rank: 1,
      ranked: 6,
      why: [],
      badges: [],
      preview: { kind: "text", text: "text" },
      same: [],
      other: [],
      neighbours: [],
      history: [],
      ...(asked ? { scope: { scope: asked, text: "Far from all.", size: 0, members: [] } } : {}),
    }),
  });
  end.push(made.end);
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  Card.mount(root, made.session, made.end.signal);
  made.session.setFilter({ scope });
  await settled();
  const find = (hook: string) => root.querySelector(`[data-dqx="${hook}"]`) as HTMLElement;
  const primary = () =>
    [...root.querySelectorAll<HTMLElement>(".dqx-primary")]
      .filter((each) => !each.hidden)
      .map((each) => each.dataset.dqx);
  return { ...made, find, primary };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(() => {
  for (const each of end.splice(0)) each.abort();
});

describe("the button that Enter presses", () => {
  it("keeps an outlier that is no suspect; its suggestion stands beside, with the key of that label", async () => {
    const { session, find, primary } = await shown("outlier");
    session.select(4);
    await settled();
    expect(primary()).toEqual(["keep"]);
    expect(find("accept").hidden).toBe(false);
    expect(find("accept").textContent, "with the key of the label").toBe("Change to cat1");
    expect(find("scope-why").textContent).toBe("Far from all.");
    find("accept").click();
    expect(session.labels?.current[4]).toBe(0);
  });

  it("is none for an outlier that is a suspect too; it changes any label error", async () => {
    const { session, find, primary } = await shown("outlier");
    session.select(3);
    await settled();
    expect(primary()).toEqual([]);
    expect(find("accept").textContent).toBe("Change to cat1");
    expect(find("keep").textContent).toBe("Keep dogK");
    const leaves = find("leave-out");
    expect(leaves.previousElementSibling).toBe(find("keep"));
    expect(leaves.textContent).toBe("Leave outO");
    expect(leaves.hidden).toBe(false);
    session.setFilter({ scope: "all" });
    await settled();
    session.select(4);
    await settled();
    expect(primary()).toEqual(["accept"]);
    expect(find("leave-out").hidden).toBe(true);
  });
});
