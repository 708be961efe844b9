// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { Method, MethodPage } from "../core/kernel/schema";
import { type Answers, settled } from "../core/testing/mockModel";
import { bareCard, startExplorer } from "../explorer/fixture";
import { unwrapped } from "./page";
import { asOf, stateWords } from "./words";

/** Of today, and at an hour that the reader's zone does not move to another day. */
const SINCE = new Date(new Date().setHours(9, 12, 0, 0)).toISOString();
const EVIL = "<img src=x onerror=alert(1)>";
const VOTE: MethodPage = {
  name: "vote",
  title: "Neighbour vote",
  about: "A high score means trouble.",
  issue: "label",
  columns: ["vote", "vote_margin"],
  state: "ran",
  note: "",
  sections: [
    { heading: "", text: `A high score means\ntrouble. ${EVIL}` },
    { heading: "Formula", text: "share_c = Σ_j\n  s_j⁴" },
    { heading: "When to trust it", text: "Mostly.\n\nNot always." },
  ],
};
const METHODS: Method[] = [
  { ...VOTE, name: "p_error", title: "How likely the label is wrong", columns: [] },
  VOTE,
  { ...VOTE, name: "aum", title: "Area under the margin", state: "stale", since: SINCE, changes: 3 },
  { ...VOTE, name: "hoc", title: "HOC", state: "skipped", note: "needs graph" },
  { ...VOTE, name: "mine", title: EVIL, state: "failed", note: "ValueError: no" },
];

/** With the reasons open, where the methods' names are. */
const start = async (answers: Answers = {}) => {
  const made = await startExplorer(
    {
      card: ({ item }) =>
        bareCard(item as number, {
          suggested_p: 0.9,
          p_error: 0.8,
          why: [{ name: "neighbours", text: "46 of 50 say cat", value: 0.9, method: "vote", push: 1 }],
          sum: { start: -2, parts: [] },
        }),
      method: ({ name }) => ({ ...VOTE, name }),
      methods: () => METHODS,
      ...answers,
    },
    { calibrated: true },
  );
  made.find("more-lines").click();
  return made;
};

/** Open the methods' section behind Details. */
const openMethods = (root: HTMLElement, find: (hook: string) => HTMLElement): void => {
  find("details").click();
  root.querySelector<HTMLElement>('[data-dqx="details-section"][data-section="methods"]')?.click();
};

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("a method's page", () => {
  it("opens from its line, with headings, prose that flows and a formula that keeps its lines", async () => {
    const { model, root, find } = await start();
    const line = find("reason-method", ".dqx-card");
    line.focus();
    line.click();
    await settled();
    expect(model.last("method").args).toEqual({ name: "vote" });
    const page = find("method", ".dqx-card");
    expect(page.hidden).toBe(false);
    expect(document.activeElement).toBe(page);
    expect(page.querySelector("h3")?.textContent).toBe("Neighbour vote");
    expect([...page.querySelectorAll("h4")].map((each) => each.textContent)).toEqual([
      "Formula",
      "When to trust it",
    ]);
    expect(find("formula").tagName).toBe("PRE");
    expect(find("formula").textContent).toBe("share_c = Σ_j\n  s_j⁴");
    expect([...page.querySelectorAll("p")].map((each) => each.textContent)).toEqual([
      "label issues · ran · columns vote, vote_margin",
      `A high score means trouble. ${EVIL}`,
      "Mostly.",
      "Not always.",
    ]);
    expect(root.querySelector("img")).toBeNull();
    expect(page.getAttribute("aria-modal")).toBeNull();
  });

  it("closes on Escape and on its button, and the keyboard goes back to the line", async () => {
    const { find, press } = await start();
    for (const close of ["escape", "button"]) {
      find("reason-method", ".dqx-card").click();
      await settled();
      if (close === "escape") press("Escape", find("method", ".dqx-card"));
      else find("method-close", ".dqx-card").click();
      expect(find("method", ".dqx-card").hidden).toBe(true);
      expect(find("card").querySelector<HTMLElement>(".dqx-card-item")?.hidden).toBe(false);
      if (close === "escape") expect(document.activeElement).toBe(find("reason-method", ".dqx-card"));
    }
  });

  it("closes on Escape from anywhere in the explorer", async () => {
    const { find, press } = await start();
    find("sum-method").click();
    await settled();
    press("Escape");
    expect(find("method", ".dqx-card").hidden).toBe(true);
  });

  it("lets nothing be decided by key about an item that is not in sight, and goes with the item", async () => {
    const { model, session, find, press } = await start();
    find("sum-method").click();
    await settled();
    press("Enter", find("method", ".dqx-card"));
    press("k");
    expect(model.count("edit")).toBe(0);
    expect(document.activeElement).toBe(find("method", ".dqx-card"));
    press("ArrowRight");
    await settled();
    expect(session.current).toBe(1);
    expect(find("method", ".dqx-card").hidden).toBe(true);
    press("k");
    expect(model.count("edit")).toBe(1);
  });

  it("keeps the focus on the line when the lines are drawn anew", async () => {
    const { session, find } = await start();
    const before = find("reason-method", ".dqx-card");
    before.focus();
    session.edit("keep", [session.current as number]);
    await settled();
    expect(find("reason-method", ".dqx-card")).not.toBe(before);
    expect(document.activeElement).toBe(find("reason-method", ".dqx-card"));
  });

  it("says what the kernel refuses", async () => {
    const { find } = await start({
      method: () =>
        Promise.reject({ type: "UnknownName", message: "There is no method 'x'.", remedy: "Try vote." }),
    });
    find("sum-method").click();
    await settled();
    expect(find("method", ".dqx-card").textContent).toContain("There is no method 'x'. Try vote.");
  });
});

describe("a formula", () => {
  it("keeps its own lines, and loses those that only ended for want of room", () => {
    const long = "x".repeat(100);
    expect(unwrapped(`a = b\nc = d\n${long}\nand so on`)).toBe(`a = b\nc = d\n${long} and so on`);
    expect(unwrapped(`${long};\nnext`)).toBe(`${long};\nnext`);
    expect(unwrapped(`${long}\n  inside\n\n${long}\n`)).toBe(`${long}\n  inside\n\n${long}\n`);
  });
});

describe("the methods behind Details", () => {
  it("are all listed with how they ran, and open their pages", async () => {
    const { root, model, find, press } = await start();
    openMethods(root, find);
    await settled();
    const rows = [...root.querySelectorAll<HTMLElement>('[data-dqx="methods"] li')];
    expect(rows.map((row) => row.textContent)).toEqual([
      "How likely the label is wrongran",
      "Neighbour voteran",
      "Area under the marginas of 09:12, before 3 changes",
      "HOCdid not run: needs graph",
      `${EVIL}failed: ValueError: no`,
    ]);
    expect(root.querySelector("img")).toBeNull();
    const line = rows[3]?.querySelector("button") as HTMLElement;
    line.focus();
    line.click();
    await settled();
    expect(model.last("method").args).toEqual({ name: "hoc" });
    expect(find("methods").closest("[hidden]")).not.toBeNull();
    const page = find("method", ".dqx-details-page");
    expect(document.activeElement).toBe(page);
    // The first Escape closes the page, the next one Details.
    press("Escape", page);
    expect(find("methods").closest("[hidden]")).toBeNull();
    expect(document.activeElement).toBe(line);
    press("Escape", line);
    expect(find("details-page").hidden).toBe(true);
  });
});

describe("methods that labels have moved on from", () => {
  it("are marked calmly, with one offer to run again for all of them", async () => {
    const old = METHODS.map((each) => ({ ...each, state: "stale" as const, since: SINCE, changes: 1 }));
    let methods: Method[] = old;
    const { root, model, find } = await start({ methods: () => methods, rerun: () => null });
    openMethods(root, find);
    await settled();
    expect(root.querySelectorAll('[data-dqx="methods-rerun"]')).toHaveLength(1);
    expect(find("methods-behind").textContent).toBe("5 methods stand as of 09:12, before 1 change.Run again");
    const again = find("methods-rerun");
    again.focus();
    again.click();
    expect(model.last("rerun").args).toEqual({ embedder: "" });
    model.say({ event: "stages", stages: [{ name: "score", state: "running" }] });
    expect(again.textContent).toBe("Running …");
    again.click();
    expect(model.count("rerun"), "it runs already").toBe(1);
    // The new run is through: the offer goes.
    methods = METHODS.filter((each) => each.state !== "stale");
    model.say({ event: "stages", stages: [{ name: "score", state: "done" }] });
    model.say({ event: "scores", trust: null });
    await settled();
    expect(find("methods-behind")).toBeNull();
    expect(root.querySelectorAll('[data-dqx="methods"] li')).toHaveLength(4);
  });

  it("say since when, and before how many changes", () => {
    const now = new Date(2026, 2, 3, 15, 0);
    const at = (...time: [number, number, number, number, number]) => new Date(...time).toISOString();
    expect(asOf(at(2026, 2, 3, 9, 12), 3, now)).toBe("as of 09:12, before 3 changes");
    expect(asOf(at(2026, 2, 2, 23, 5), 1, now)).toBe("as of yesterday, 23:05, before 1 change");
    expect(asOf(at(2026, 1, 1, 8, 0), 0, now)).toBe(
      "as of 1 February 2026, 08:00, before changes that were taken back",
    );
    expect(asOf(null, 2_000, now)).toBe("before 2,000 changes");
    expect(stateWords({ state: "stale", note: "", since: null, changes: 2 })).toBe("before 2 changes");
    expect(stateWords({ state: "failed", note: "ValueError: no" })).toBe("failed: ValueError: no");
  });
});
