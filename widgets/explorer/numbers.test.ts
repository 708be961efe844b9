// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LeftReply } from "../core/kernel/schema";
import { sixItems } from "../core/testing/mockModel";
import { command } from "../core/ui/command";
import { countsWords } from "../core/ui/counts";
import { startExplorer } from "./fixture";

const COUNTS = { reviewed: 1060, relabelled: 42, kept: 1018, flagged: 0, suspects: 3 };
const LEFT: LeftReply = {
  ...(sixItems().left?.({}) as LeftReply),
  sentence:
    "About 230 wrong labels are left among 2,940 labels that nobody has decided on (165 to 1,092; answer 6 more random ones to be sure).",
  left: 230.4,
  low: 165.2,
  high: 1091.8,
};

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("numbers on one screen", () => {
  it("are the same in head, queue and details, in the same words", async () => {
    const { root, session, find } = await startExplorer({ left: () => LEFT }, { counts: COUNTS });
    await vi.waitFor(() => expect(session.left).not.toBeNull());
    const head = find("reviewed").textContent ?? "";
    expect(head).toContain(countsWords(COUNTS));
    const left = find("head-left").textContent ?? "";
    expect(left).toContain("about 230 wrong labels left");
    command("details-sure", root, session);
    const numbers = (text: string) => text.match(/[\d,]+/g) ?? [];
    const said = numbers(find("left-words").textContent ?? "");
    for (const each of numbers(left)) expect(said).toContain(each);
    expect(find("queue-counts").title).toContain(String(session.suspects));
    expect(root.textContent).not.toMatch(/\bfixed\b|\berrors left\b/);
  });
});
