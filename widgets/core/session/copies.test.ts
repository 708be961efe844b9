// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ScopeName } from "../kernel/schema";
import { settled } from "../testing/mockModel";
import { COUNTS, start } from "../testing/mockSession";
import { acceptSuggestion, defaultOf, leaveOut } from "./actions";
import { commonLabel, copiesOf, keepOne, labelCopies, openOthers } from "./copies";

/** Items 0, 1 and 3 are copies: two cats and a dog. */
const SET = [0, 1, 3];
let ends: AbortController[] = [];

function card(item: number, scope: unknown) {
  const members = SET.includes(item) ? SET.map((i) => ({ item: i, id: `id-${i}`, name: "" })) : [];
  return {
    item,
    id: `id-${item}`,
    name: "",
    given: 0,
    current: 0,
    suggested: [0, 1, 1, 0, 2, 1][item],
    why: [],
    badges: [],
    preview: { kind: "text", text: "" },
    same: [],
    other: [],
    neighbours: [],
    history: [],
    ...(scope
      ? { scope: { scope, text: "2 copies say cat, 1 says dog.", size: members.length, members } }
      : {}),
  };
}

async function inScope(scope: ScopeName, current = 0) {
  const made = await start({
    scope: ({ name }) => ({ name, items: Int32Array.of(0, 1, 2, 3, 4, 5), sets: null, why: "", version: 0 }),
    card: ({ item, scope }) => card(item as number, scope),
    edit: ({ items, action, kept, label }) => ({
      commit: "c1",
      saved: null,
      counts: COUNTS,
      cells: (items as number[]).map((item) => {
        const keeps = ((kept as number[] | undefined) ?? []).includes(item) || action === "keep";
        const state = keeps ? "kept" : action === "relabel" ? "relabelled" : "left out";
        const code = made.session.classes.indexOf(label as string);
        return {
          item,
          label: state === "relabelled" ? code : [0, 0, 1, 1, 2, -1][item],
          state,
          event: `e${item}`,
        };
      }),
    }),
  });
  ends.push(made.end);
  made.session.setFilter({ scope });
  await settled();
  made.session.select(current);
  await made.session.card(current);
  await settled();
  return made;
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

describe("copies", () => {
  it("come with the card of their scope, and with no other", async () => {
    const { session, model } = await inScope("near_duplicate");
    expect(model.last("card").args).toEqual({ item: 0, scope: "near_duplicate" });
    expect(copiesOf(session)).toEqual(SET);
    session.setFilter({ scope: "all" });
    await settled();
    session.select(0);
    expect(session.lastCard(0)).toBeNull();
    await session.card(0);
    expect(model.last("card").args).toEqual({ item: 0 });
    expect(copiesOf(session)).toEqual([]);
    expect(keepOne(session)).toBe(false);
  });

  it("are left out but for one in one edit, and said so", async () => {
    const { session, model } = await inScope("near_duplicate");
    const said: string[] = [];
    session.on("said", (text) => said.push(text));
    session.note = "the same scan";
    expect(keepOne(session)).toBe(true);
    expect([0, 1, 3].map((i) => session.stateOf(i))).toEqual(["kept", "left out", "left out"]);
    await settled();
    expect(model.count("edit")).toBe(1);
    expect(model.last("edit").args).toMatchObject({
      action: "leave_out",
      items: [0, 1, 3],
      kept: [0],
      why: "the same scan",
    });
    expect(said.at(-1)).toBe("1 kept, 2 left out. U takes it back.");
  });

  it("that somebody decided on stay as they are", async () => {
    const { session, model } = await inScope("near_duplicate");
    session.edit("keep", [1]);
    await settled();
    expect(openOthers(session)).toEqual([3]);
    keepOne(session);
    await settled();
    expect(model.last("edit").args).toMatchObject({ items: [0, 3], kept: [0] });
    expect(session.stateOf(1)).toBe("kept");
  });

  it("stay all but the others where the one is decided on", async () => {
    const { session, model } = await inScope("near_duplicate");
    session.edit("relabel", [0], { label: "newt" });
    await settled();
    keepOne(session);
    await settled();
    expect(model.last("edit").args).toMatchObject({ action: "leave_out", items: [1, 3] });
    expect(model.last("edit").args.kept).toBeUndefined();
    expect(session.stateOf(0)).toBe("relabelled");
  });

  it("all get one label, those that had it are kept", async () => {
    const { session, model } = await inScope("conflicting_duplicate");
    expect(session.className(commonLabel(session))).toBe("cat");
    labelCopies(session, "cat");
    expect([0, 1, 3].map((i) => session.stateOf(i))).toEqual(["kept", "kept", "relabelled"]);
    expect(session.labels?.current[3]).toBe(0);
    await settled();
    expect(model.last("edit").args).toMatchObject({
      action: "relabel",
      items: [0, 1, 3],
      label: "cat",
      kept: [0, 1],
    });
  });

  it("are not decided on while the card is not in sight", async () => {
    const { session, model } = await inScope("near_duplicate");
    session.sight.of = () => "away";
    keepOne(session);
    labelCopies(session, "dog");
    leaveOut(session);
    await settled();
    expect(model.count("edit")).toBe(0);
  });
});

describe("what Enter does in a scope", () => {
  it("keeps an outlier that is no suspect, and is nothing for one that is", async () => {
    const { session, model, notices } = await inScope("outlier", 2);
    const found = [0, 1, 2, 3, 5].map((i) => defaultOf(session, i));
    expect(found).toEqual(["keep", "none", "keep", "none", "accept"]);
    acceptSuggestion(session);
    await settled();
    expect(model.last("edit").args).toMatchObject({ action: "keep", items: [2] });
    session.select(1);
    await session.card(1);
    acceptSuggestion(session);
    await settled();
    expect(model.count("edit")).toBe(1);
    expect(session.current).toBe(1);
    expect(notices.at(-1)).toMatchObject({
      text: "Enter decides nothing here: choose.",
      remedy: "K keeps cat, 2 changes it to dog, O leaves it out.",
    });
  });

  it("takes nothing from a rare class", async () => {
    const { session } = await inScope("imbalance", 1);
    expect([1, 2].map((i) => defaultOf(session, i))).toEqual(["none", "keep"]);
  });

  it("is nothing for a random check that may be wrong; one whose label agrees is kept", async () => {
    const { session, model } = await inScope("random", 2);
    expect([1, 2, 3].map((i) => defaultOf(session, i))).toEqual(["none", "accept", "none"]);
    acceptSuggestion(session);
    await settled();
    expect(model.last("edit").args).toMatchObject({ action: "keep", items: [2] });
  });

  it("is the suggestion for label errors, for everything, and for copies that are suspects", async () => {
    const { session } = await inScope("near_duplicate", 1);
    expect(defaultOf(session, 1)).toBe("accept");
    session.setFilter({ scope: "label" });
    expect(defaultOf(session, 1)).toBe("accept");
  });

  it("leaves out by its own key, as one decision with its undo", async () => {
    const { session, model } = await inScope("outlier", 2);
    const said: string[] = [];
    session.on("said", (text) => said.push(text));
    leaveOut(session);
    expect(session.stateOf(2)).toBe("left out");
    expect(said.at(-1)).toBe("dog left out, U to undo");
    await settled();
    expect(model.last("edit").args).toMatchObject({ action: "leave_out", items: [2] });
  });
});
