// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ScopeInfo, ScopeName } from "../kernel/schema";
import { settled } from "../testing/mockModel";
import { start } from "../testing/mockSession";
import { leaveOut } from "./actions";
import { goToNextScope, nextScope, nextScopeWords } from "./nextScope";

const end: AbortController[] = [];
const info = (name: ScopeName, title: string, open: number): ScopeInfo => ({
  name,
  title,
  about: "",
  none: `No ${title}.`,
  all: open,
  open,
  lacking: "",
});

async function withScopes(infos: readonly ScopeInfo[]) {
  const made = await start({
    scopes: () => infos,
    scope: ({ name }) => ({ name, items: Int32Array.of(2), sets: null, why: "", version: 0 }),
  });
  end.push(made.end);
  await made.session.countScopes();
  await settled();
  return made;
}

beforeEach(() => {
  localStorage.clear();
  // The tab remembers the scope that it was left at.
  sessionStorage.clear();
});
afterEach(() => {
  for (const each of end.splice(0)) each.abort();
});

describe("the next scope", () => {
  it("is the first after the present one that has open items, and comes round", async () => {
    const { session } = await withScopes([
      info("label", "label errors", 3),
      info("outlier", "outliers", 0),
      info("near_duplicate", "near duplicates", 1200),
      info("random", "random checks", 20),
      info("all", "everything", 6),
    ]);
    expect(nextScopeWords(session)).toBe("Next: near duplicates (1,200 open)");
    session.setFilter({ scope: "near_duplicate" });
    await settled();
    expect(nextScope(session)?.name).toBe("label");
  });

  it("is the rest of the present one, where only a part of that is queued, and none that is not computed", async () => {
    const { session } = await withScopes([
      info("label", "label errors", 3),
      { ...info("kind", "kinds", 4), lacking: "the method has not run" },
      info("ambiguous", "ambiguous", 2),
    ]);
    expect(nextScope(session)?.name).toBe("ambiguous");
    session.setFilter({ pair: [1, 0] });
    expect(nextScope(session)?.name).toBe("label");
    goToNextScope(session);
    expect(session.filter).toMatchObject({ scope: "label", pair: null });
  });

  it("is none where nothing is open elsewhere, or nobody has counted", async () => {
    const { session } = await withScopes([info("label", "label errors", 3), info("outlier", "outliers", 0)]);
    expect(nextScope(session)).toBeNull();
    expect(nextScopeWords(session)).toBe("");
  });

  it("is left to whoever says so already", async () => {
    const { session, notices } = await withScopes([
      info("label", "label errors", 0),
      info("outlier", "outliers", 1),
    ]);
    session.on("ended", (wish) => {
      wish.taken = true;
    });
    for (const item of [3, 1]) session.edit("keep", [item]);
    session.select(5);
    leaveOut(session);
    expect(notices).toEqual([]);
  });

  it("is offered when all of a queue is decided on", async () => {
    const { session, notices } = await withScopes([
      info("label", "label errors", 0),
      info("outlier", "outliers", 1),
    ]);
    for (const item of [3, 1]) session.edit("keep", [item]);
    session.select(5);
    leaveOut(session);
    expect(notices.at(-1)).toMatchObject({
      text: "Every item of this queue is reviewed.",
      act: { text: "Next: outliers (1 open)" },
    });
    notices.at(-1)?.act?.run();
    await settled();
    expect(session.filter.scope).toBe("outlier");
  });
});
