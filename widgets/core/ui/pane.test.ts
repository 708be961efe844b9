// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { bareCard, startExplorer } from "../../explorer/fixture";
import type { Answers } from "../testing/mockModel";

const WHY = [{ name: "neighbours", text: "46 of 50 say cat", value: 0.9, method: "vote", push: 1 }];
const PAGE = {
  name: "vote",
  title: "Vote",
  about: "",
  issue: "label",
  columns: [],
  state: "ran",
  note: "",
  sections: [],
};

const start = async (answers: Answers = {}) => {
  const made = await startExplorer({
    card: ({ item }) => bareCard(item as number, { why: WHY }),
    method: () => PAGE,
    helped: () => ({ state: "none", stage: null, result: null, error: null, since: 0 }),
    helped_start: () => ({ state: "none", stage: null, result: null, error: null, since: 0 }),
    embedders: () => [{ name: "pixels", about: "the pixels", installed: true }],
    ...answers,
  });
  made.model.say({ event: "stages", stages: [] });
  await vi.waitFor(() => expect(made.session.left).not.toBeNull());
  made.find("more-lines").click();
  return made;
};

/** The panels, by how each is opened. */
const PANELS: Record<string, { hook: string; open: (at: Awaited<ReturnType<typeof start>>) => void }> = {
  help: { hook: "help", open: ({ press }) => press("?") },
  details: { hook: "details-page", open: ({ find }) => find("details").click() },
  "a method's page": { hook: "method", open: ({ find }) => find("reason-method", ".dqx-card").click() },
};

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe.each(Object.entries(PANELS))("%s", (_name, { hook, open }) => {
  it("is a dialog with a name, takes the keyboard, and Escape gives it back", async () => {
    const made = await start();
    const { find, press, root } = made;
    const inside = hook === "method" ? ".dqx-card" : "";
    const place = find("reason-method", ".dqx-card");
    place.focus();
    open(made);
    const panel = find(hook, inside);
    expect(panel.hidden).toBe(false);
    expect(panel.getAttribute("role")).toBe("dialog");
    const named = panel.getAttribute("aria-labelledby");
    expect(panel.getAttribute("aria-label") ?? root.querySelector(`#${named}`)?.textContent).toBeTruthy();
    expect(document.activeElement).toBe(panel);
    press("Escape", panel);
    expect(panel.hidden).toBe(true);
    expect(document.activeElement).toBe(place);
  });

  it("closes for any other, and on Escape from anywhere", async () => {
    for (const other of Object.values(PANELS)) {
      if (other.hook === hook) continue;
      const made = await start();
      open(made);
      const panel = made.find(hook, hook === "method" ? ".dqx-card" : "");
      expect(panel.hidden).toBe(false);
      other.open(made);
      const second = made.find(other.hook, other.hook === "method" ? ".dqx-card" : "");
      expect([panel.hidden, second.hidden], other.hook).toEqual([true, false]);
      made.root.focus();
      made.press("Escape");
      expect(second.hidden).toBe(true);
      made.end.abort();
    }
  });
});
