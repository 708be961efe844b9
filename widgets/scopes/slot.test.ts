// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Card, ScopeWhy } from "../core/kernel/schema";
import { followCard } from "../core/session/currentCard";
import { settled } from "../core/testing/mockModel";
import { start } from "../core/testing/mockSession";
import { fillScopeSlot, loadScopeSlot } from "./slot";
import { keepOneWords, labelAllWords, pickWords } from "./words";

let ends: AbortController[] = [];

function card(item: number, scope?: ScopeWhy): Card {
  return {
    item,
    id: `id-${item}`,
    name: "",
    given: 0,
    current: 0,
    suggested: 1,
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
    ...(scope ? { scope } : {}),
  };
}

function copies(items: readonly number[], scope: ScopeWhy["scope"] = "conflicting_duplicate"): ScopeWhy {
  const members = items.map((item) => ({ item, id: `id-${item}`, name: `row ${item}` }));
  return { scope, text: "2 copies say cat, 1 says dog.", size: items.length, members };
}

async function filled(why?: ScopeWhy, current = 0) {
  const made = await start({
    card: ({ item }) => card(item as number, why),
    scope: ({ name }) => ({ name, items: Int32Array.of(0, 1, 2, 3, 4, 5), sets: null, why: "", version: 0 }),
    grow: () => ({ items: Int32Array.of(0, 4), whole: true }),
  });
  ends.push(made.end);
  made.session.setFilter({ scope: why?.scope ?? "label" });
  await settled();
  made.session.select(current);
  const slot = document.createElement("div");
  document.body.replaceChildren(slot);
  const fill = async (): Promise<void> => {
    slot.replaceChildren();
    fillScopeSlot(slot, made.session, await made.session.card(current));
  };
  await fill();
  await settled();
  const all = (hook: string) => [...slot.querySelectorAll<HTMLElement>(`[data-dqx="${hook}"]`)];
  return { ...made, slot, all, fill };
}

beforeEach(() => {
  localStorage.clear();
  // The tab remembers the scope that it was left at.
  sessionStorage.clear();
});
afterEach(() => {
  for (const end of ends) end.abort();
  ends = [];
});

describe("the slot of a scope", () => {
  it("is filled where another scope begins with the item that is shown", async () => {
    const text = "It lies far from all others.";
    const { session, end } = await start({
      card: ({ item, scope }) =>
        card(item as number, scope === "outlier" ? { scope, text, size: 0, members: [] } : undefined),
      scope: ({ name }) => ({ name, items: Int32Array.of(0, 1), sets: null, why: "", version: 0 }),
    });
    ends.push(end);
    session.select(0);
    await settled();
    const said: (string | undefined)[] = [];
    const reader = { show: (each: Card) => void said.push(each.scope?.text), wait() {}, none() {} };
    followCard(session, reader, end.signal);
    await settled();
    expect(said.at(-1)).toBeUndefined();
    session.setFilter({ scope: "outlier" });
    await settled();
    await settled();
    expect(session.current).toBe(0);
    expect(said.at(-1)).toBe(text);
  });

  it("is empty where the scope says nothing of the item", async () => {
    const { slot } = await filled();
    expect(slot.childElementCount).toBe(0);
  });

  it("says in a sentence why the item is there", async () => {
    const text = "Farther from its 10 nearest than 99.6 % of all items.";
    const { all, slot } = await filled({ scope: "outlier", text, size: 0, members: [] });
    expect(all("scope-why")[0]?.textContent).toBe(text);
    expect(slot.querySelectorAll("button")).toHaveLength(0);
    expect(slot.classList.contains("dqx-scope-set")).toBe(false);
  });

  it("puts copies side by side, each with its label, its id and how it stands", async () => {
    const { all, session, fill, slot } = await filled(copies([0, 1, 3]));
    const texts = all("scope-member").map((each) => each.textContent);
    expect(slot.classList.contains("dqx-scope-set")).toBe(true);
    expect(texts).toEqual(["text of 0catid-0this one", "text of 1catid-1open", "text of 3dogid-3open"]);
    expect(all("scope-member")[2]?.getAttribute("aria-label")).toBe("id-3, dog, open: show it");
    session.edit("leave_out", [3]);
    await fill();
    expect(all("scope-member")[2]?.dataset.state).toBe("left out");
    expect(all("scope-member")[2]?.textContent).toContain("left out");
    all("scope-member")[1]?.click();
    expect(session.current).toBe(1);
  });

  it("keeps one, or gives all a label that one of them has", async () => {
    const { all, session } = await filled(copies([0, 1, 3]));
    expect(all("keep-one")[0]?.textContent).toContain("Keep this, leave out 2 others");
    expect(all("label-copies").map((each) => each.firstElementChild?.textContent)).toEqual([
      "All 3 are cat",
      "All 3 are dog",
    ]);
    all("label-copies")[1]?.click();
    expect([0, 1, 3].map((i) => session.labels?.current[i])).toEqual([1, 1, 1]);
    expect(session.stateOf(3)).toBe("kept");
  });

  it("says when all of a set are decided on, and offers no label where they agree", async () => {
    const { all, session, fill, slot } = await filled(copies([0, 1], "near_duplicate"));
    expect(all("label-copies")).toEqual([]);
    all("keep-one")[0]?.click();
    expect([0, 1].map((i) => session.stateOf(i))).toEqual(["kept", "left out"]);
    session.select(0);
    await fill();
    expect(slot.textContent).toContain("All of them are decided on.");
    expect(all("keep-one")).toEqual([]);
  });

  it("picks a group, and copies that are too many to see", async () => {
    const why: ScopeWhy = {
      scope: "underperforming",
      text: "In a group of 41 alike items.",
      size: 41,
      members: [],
    };
    const { all, model } = await filled(why);
    expect(all("scope-pick")[0]?.textContent).toContain("Pick the group of 41");
    all("scope-pick")[0]?.click();
    await settled();
    expect(model.last("grow").args).toMatchObject({ items: [0], scope: "underperforming" });
  });

  it("asks for the pictures of a card that comes next", async () => {
    const { model, session } = await filled();
    loadScopeSlot(session, card(4, copies([4, 5])));
    await settled();
    expect(model.last("previews").args.items).toEqual([4, 5]);
  });
});

describe("the words of a scope", () => {
  it("count", () => {
    expect([0, 1, 2].map(keepOneWords)).toEqual([
      "Keep this one",
      "Keep this, leave out the other",
      "Keep this, leave out 2 others",
    ]);
    expect([1, 2, 3].map((n) => labelAllWords(n, "cat"))).toEqual([
      "This one is cat",
      "Both are cat",
      "All 3 are cat",
    ]);
    expect(pickWords("near_duplicate", 1200)).toBe("Pick all 1,200 copies");
  });
});
