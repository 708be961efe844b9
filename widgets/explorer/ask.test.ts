// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LeftReply } from "../core/kernel/schema";
import { settled, sixItems } from "../core/testing/mockModel";
import { startExplorer } from "./fixture";

const NARROW = sixItems().left?.({}) as LeftReply;
const ASK =
  "Between 16 % and 39 % of the labels may be wrong. Answer 30 at random (about two minutes) and we will know.";
const WIDE: LeftReply = { ...NARROW, ask: ASK, missing: 30 };

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("the line that asks for random checks", () => {
  it("says how little is known, and draws as many as it asks for", async () => {
    const { model, session, find } = await startExplorer({ left: () => WIDE });
    await vi.waitFor(() => expect(session.left).not.toBeNull());
    expect(find("ask").hidden).toBe(false);
    expect(find("ask-words").textContent).toBe(ASK);
    expect(find("ask-go").textContent).toBe("Answer 30");
    find("ask-go").click();
    await settled();
    expect(model.last("audit").args).toEqual({ count: 30 });
    expect([...(session.filter.items ?? [])]).toEqual([1, 4]);
  });

  it("is away where enough is known", async () => {
    const { session, find } = await startExplorer({ left: () => NARROW });
    await vi.waitFor(() => expect(session.left).not.toBeNull());
    expect(find("ask").hidden).toBe(true);
  });
});
