// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Hello } from "../core/kernel/schema";
import { settled } from "../core/testing/mockModel";
import { BINDINGS, PANEL_KEYS } from "../core/ui/keys";
import { startExplorer } from "./fixture";
import { ago } from "./saved";

const start = () => startExplorer({ rater: () => null });

beforeEach(() => localStorage.clear());

describe("the explorer", () => {
  it("holds what is always there, and ends with its signal", async () => {
    const { root, end } = await start();
    for (const name of ["head", "tabs", "main", "card", "queue"])
      expect(root.querySelector(`.dqx-${name}`), name).not.toBeNull();
    // What nobody looks at is not there yet.
    for (const name of ["map", "neighbours", "history"])
      expect(root.querySelector(`.dqx-${name}`), name).toBeNull();
    end.abort();
  });

  it("shows help with every key on ?, and hides it on ? and Escape", async () => {
    const { find, press } = await start();
    press("?");
    expect(find("help").hidden).toBe(false);
    for (const binding of BINDINGS) expect(find("help").textContent).toContain(binding.about);
    press("?");
    expect(find("help").hidden).toBe(true);
    press("?");
    press("Escape");
    expect(find("help").hidden).toBe(true);
  });

  it("heads the keys by where they act, and gives the keyboard back to the merge that asked", async () => {
    const { root, find, press } = await start();
    const page = root.querySelector('[data-page="history"]');
    page?.dispatchEvent(new CustomEvent("dqx-merge", { bubbles: true, detail: { source: "shoes" } }));
    expect(document.activeElement).toBe(find("merge"));
    press("?", find("merge"));
    expect(document.activeElement).toBe(find("help"));
    const groups = [...root.querySelectorAll<HTMLElement>('[data-dqx="help-group"]')];
    expect(groups.map((each) => each.dataset.group)[0]).toBe("Merge");
    expect(groups[0]?.textContent).toContain("while a merge is open");
    expect([...(groups[0]?.querySelectorAll("kbd") ?? [])].map((each) => each.textContent)).toEqual([
      "O",
      "T",
      "0–9",
      "/",
      "← →",
      "U",
      "↵",
      "Esc",
    ]);
    const history = groups.find((each) => each.dataset.group === "History");
    for (const key of PANEL_KEYS.filter((each) => each.group === "History"))
      expect(history?.textContent).toContain(key.about);
    press("Escape", find("help"));
    expect(find("help").hidden).toBe(true);
    expect(document.activeElement).toBe(find("merge"));
    // The merge was closed under the help: the explorer takes the keyboard.
    press("?", find("merge"));
    find("merge-close").click();
    press("Escape", find("help"));
    expect(document.activeElement).toBe(root);
  });

  it("opens a tab on click and by arrow, without moving along the queue", async () => {
    const { root, session, press } = await start();
    const tabs = [...root.querySelectorAll<HTMLElement>("[role=tab]")];
    expect(tabs.map((t) => t.dataset.tab)).toEqual(["item", "map", "neighbours", "charts", "history"]);
    expect(tabs.map((t) => t.getAttribute("aria-selected"))).toEqual(["true", ...Array(4).fill("false")]);
    const before = session.current;
    tabs[4]?.click();
    expect(tabs[4]?.getAttribute("aria-selected")).toBe("true");
    press("ArrowRight", tabs[4]);
    expect(tabs[0]?.getAttribute("aria-selected")).toBe("true");
    expect(session.current).toBe(before);
  });

  it("shows what is unsaved, and what was saved when", async () => {
    const { model, find, press } = await start();
    expect(find("unsaved").hidden).toBe(true);
    press("k");
    expect(find("unsaved").textContent).toBe("saving… 1 waiting");
    await settled();
    model.reply("edit", {
      commit: "c1",
      saved: new Date().toISOString(),
      cells: [{ item: 3, label: 1, state: "kept", event: "e1" }],
      counts: { reviewed: 1, relabelled: 0, kept: 1, flagged: 0, suspects: 3 },
      classes: ["cat", "dog", "newt"],
    });
    await settled();
    expect(find("unsaved").hidden).toBe(true);
    expect(find("saved").textContent).toBe("saved just now");
  });

  it("shows notices as text; information goes by itself, a conflict stays", async () => {
    const { root, session, find } = await start();
    vi.useFakeTimers();
    session.emit("notice", { kind: "info", text: "<img src=x>" });
    session.emit("notice", { kind: "conflict", text: "ben was faster", items: [5] });
    expect(root.querySelector(".dqx-notices img")).toBeNull();
    vi.advanceTimersByTime(10_000);
    expect(root.querySelectorAll('[data-dqx="notice"]')).toHaveLength(1);
    find("notice").querySelector("button")?.click();
    expect(session.current).toBe(5);
    vi.useRealTimers();
  });

  it("lets information go with the next item, once there was time to read it", async () => {
    const { root, session } = await start();
    vi.useFakeTimers();
    const told = () => root.querySelectorAll('[data-dqx="notice"]').length;
    session.emit("notice", { kind: "info", text: "saved to labels.csv" });
    session.select(1);
    expect(told()).toBe(1);
    vi.advanceTimersByTime(2000);
    session.select(5);
    expect(told()).toBe(0);
    vi.useRealTimers();
  });

  it("counts open conflicts, goes to the next, and lets the notice go there", async () => {
    const { model, session, find, press } = await start();
    expect(find("conflicts").hidden).toBe(true);
    press("k");
    model.refuse("edit", {
      type: "Conflict",
      message: "",
      remedy: "",
      cells: [{ item: 3, label: 2, state: "relabelled", event: "event:9", rater: "ben" }],
    });
    await settled();
    expect(find("conflicts").textContent).toBe("1 conflictC");
    expect(find("notice").textContent).toContain(
      "ben relabelled an item to newt while you kept the given label.",
    );
    find("conflicts").click();
    expect(session.current).toBe(3);
    // Its card tells of it now.
    expect(find("notice")).toBeNull();
    expect(find("conflict").hidden).toBe(false);
    // A key that decides waits for the card to be drawn.
    await settled();
    press("t");
    expect(find("conflicts").hidden).toBe(true);
  });

  it("shows a branch that is not the main one so that nobody forgets it", async () => {
    const { session, find } = await start();
    expect(find("branch").hidden).toBe(true);
    const hello = session.hello as Hello;
    hello.store.branch = "shoes";
    session.emit("hello", hello);
    expect(find("branch").hidden).toBe(false);
    expect(find("branch").textContent).toBe("branch shoes");
  });

  it("puts a merge in the place of the card, and the card back after it", async () => {
    const { root, find } = await start();
    const page = root.querySelector('[data-page="history"]');
    page?.dispatchEvent(new CustomEvent("dqx-merge", { bubbles: true, detail: { source: "shoes" } }));
    expect(find("merge").parentElement?.className).toContain("dqx-main");
    expect(find("merge").parentElement?.classList.contains("dqx-merging")).toBe(true);
    find("merge-close").click();
    expect(root.querySelector(".dqx-merging")).toBeNull();
  });

  it("changes the rater in place", async () => {
    const { model, find, press, root } = await start();
    expect(find("rater").textContent).toBe("ann");
    find("rater").click();
    const input = root.querySelector<HTMLInputElement>('input[aria-label="Rater"]') as HTMLInputElement;
    input.value = "ben";
    press("Enter", input);
    await settled();
    expect(model.last("rater").args).toEqual({ name: "ben" });
    expect(find("rater").textContent).toBe("ben");
  });
});

describe("ago", () => {
  it("changes once a minute at most", () => {
    expect([0.5, 59.9, 61, 130, 7300, 100_000, 400_000].map(ago)).toEqual([
      "just now",
      "just now",
      "1 min ago",
      "2 min ago",
      "2 h ago",
      "yesterday",
      "4 days ago",
    ]);
  });
});
