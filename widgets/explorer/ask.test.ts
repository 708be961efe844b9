// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LeftReply } from "../core/kernel/schema";
import { settled, sixItems } from "../core/testing/mockModel";
import { startExplorer } from "./fixture";

const NARROW = sixItems().left?.({}) as LeftReply;
const ASK =
  "Between 16 % and 39 % of the labels may be wrong. Answer 30 at random (about two minutes) and we will know.";
const BETWEEN = "Between 16 % and 39 % of the labels may be wrong.";
const KNOWN = "30 answers at random say that about 17 % of the other labels are wrong (12 % to 24 %).";
const WIDE: LeftReply = { ...NARROW, ask: ASK, between: BETWEEN };

/** Start with an estimate that the test changes. */
async function begun(first: LeftReply) {
  const now = { left: first };
  const all = await startExplorer({ left: () => now.left });
  await vi.waitFor(() => expect(all.session.left).not.toBeNull());
  const seen = (): (string | null)[] =>
    ["ask-far", "ask-between", "ask-words", "ask-go", "ask-close"].map((name) => {
      const part = all.find(name);
      return part.closest("[hidden]") ? null : part.textContent;
    });
  const become = (left: Partial<LeftReply>): void => {
    Object.assign(all.session.left as LeftReply, left);
    all.session.emit("left", all.session.left);
  };
  return { ...all, seen, become };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("the line that asks for random checks", () => {
  it("says how little is known, and draws as many as it asks for", async () => {
    const { model, session, find, seen } = await begun({ ...WIDE });
    expect(find("ask").hidden).toBe(false);
    expect(seen()).toEqual([null, "", ASK, "Answer 30", null]);
    find("ask-go").click();
    await settled();
    expect(model.last("audit").args).toEqual({ count: 30 });
    expect([...(session.filter.items ?? [])]).toEqual([1, 4]);
    expect(seen()).toEqual([null, "", ASK, null, null]);
  });

  it("counts the answers at once, leads back to them, and says at the end what is known", async () => {
    const { session, find, seen, become } = await begun({ ...WIDE, draws: 0 });
    find("ask-go").click();
    await settled();
    session.edit("keep", [1]);
    expect(seen()).toEqual(["1 of 30 answered", BETWEEN, "", null, null]);
    session.edit("leave_out", [4]);
    session.setFilter({ items: null });
    expect(seen()[0], "left out is no answer").toBe("1 of 30 answered");
    become({ ask: "", draws: 12, basis: "audit" });
    expect(seen()).toEqual(["12 of 30 answered", BETWEEN, "", "Answer 18 more", null]);
    become({ draws: 30, missing: 0, known: KNOWN });
    expect(seen()).toEqual(["", "", KNOWN, null, "✕"]);
    find("ask-close").click();
    expect(find("ask").hidden).toBe(true);
  });

  it("goes on where somebody has begun elsewhere, and forgets a sample that is over", async () => {
    const { find, seen, become } = await begun({ ...WIDE, draws: 7, since: "a" });
    expect(seen()).toEqual(["7 of 30 answered", BETWEEN, "", "Answer 23 more", null]);
    become({ ask: "", draws: 0, since: "b" });
    expect(find("ask").hidden).toBe(true);
  });

  it("is away where enough is known", async () => {
    const { find } = await begun({ ...NARROW });
    expect(find("ask").hidden).toBe(true);
    const later = await begun({ ...NARROW, draws: 40, missing: 0, known: KNOWN });
    expect(later.find("ask").hidden, "nobody asked in this page").toBe(true);
  });
});
