// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Session } from "../core/session/session";
import { type Answers, MockModel, settled, sixItems } from "../core/testing/mockModel";
import { seeEverything } from "../core/testing/mockSession";
import { bindKeys } from "../core/ui/handler";
import { commit, entry, historyAnswers, THREE, timelineOf } from "./fixture";
import { History } from "./panel";

const EVIL = '<img src=x onerror="alert(1)">';
const SOON = 150;
// Hundreds of rows are drawn here, which takes a while on a busy machine.
vi.setConfig({ testTimeout: 20_000 });

async function start(answers: Answers = {}, commits = THREE) {
  const model = new MockModel({ ...sixItems(), ...historyAnswers(commits), ...answers });
  const session = new Session("six");
  const end = new AbortController();
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  History.mount(root, session, end.signal);
  bindKeys(root, session, end.signal);
  seeEverything(session);
  session.attach(model.model, end.signal);
  await due();
  const all = (name: string) => [...root.querySelectorAll<HTMLElement>(`[data-dqx="${name}"]`)];
  const find = (name: string) => all(name)[0] as HTMLElement;
  const press = (key: string, init: KeyboardEventInit = {}) =>
    (document.activeElement ?? root).dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init }),
    );
  const type = (name: string, text: string) => {
    const input = find(name) as HTMLInputElement;
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  return { model, session, end, root, all, find, press, type };
}

/** Let what was asked for come, the pause before a reload included. */
async function due(): Promise<void> {
  await settled();
  await new Promise((resolve) => setTimeout(resolve, SOON));
  await settled();
}

beforeEach(() => localStorage.clear());

describe("the history", () => {
  it("waits quietly before there is a review", () => {
    const root = document.createElement("div");
    History.mount(root, new Session("none"), new AbortController().signal);
    expect(root.textContent).toContain("Waiting for the review");
  });

  it("lists commits by sitting, with who, what, why and tags", async () => {
    const { root, all, find } = await start();
    expect(all("history-commit").map((row) => row.dataset.commit)).toEqual(["c3", "c2", "c1"]);
    const heads = [...root.querySelectorAll("h4")].map((head) => head.textContent);
    expect(heads[0]).toContain("10:00–10:05 · ben 3, ann 1 · 4 decisions");
    expect(heads).toHaveLength(2);
    const [first, second, third] = all("history-row").map((row) => row.textContent);
    expect(first).toContain("“it barks”");
    expect(second).toContain("3 items: cat → dog (2), newt kept (1)");
    expect(second).toContain("⚑ v1");
    expect(third).toContain("bind 6 items, 3 classes");
    expect(find("history-total").textContent).toBe("3 commits");
  });

  it("shows data as text only", async () => {
    const evil = commit("c", {
      rater: EVIL,
      tags: [EVIL],
      message: EVIL,
      entries: [entry({ new: EVIL, why: EVIL })],
    });
    const { root } = await start({ timeline: () => timelineOf([evil], { branch: EVIL, raters: [EVIL] }) });
    expect(root.querySelector("img")).toBeNull();
    expect(root.textContent).toContain(EVIL);
  });

  it("selects an item on click, and shows the decisions of a commit of many", async () => {
    const { session, all } = await start();
    all("history-row")[0]?.click();
    expect(session.current).toBe(3);
    expect(all("history-commit")[0]?.getAttribute("aria-current")).toBe("true");
    all("history-row")[1]?.click();
    const entries = all("history-entry");
    expect(entries.map((row) => row.dataset.item)).toEqual(["1", "2", "4"]);
    entries[2]?.click();
    expect(session.current).toBe(4);
  });

  it("asks for a commit's further decisions by page", async () => {
    const big = commit("big", {
      count: 40,
      entries: Array.from({ length: 12 }, (_, i) => entry({ item: i % 6 })),
    });
    const { model, all, root } = await start(
      {
        entries: ({ offset }) => ({
          entries: Array.from({ length: 28 }, () => entry()),
          total: 40 + 0 * Number(offset),
        }),
      },
      [big],
    );
    all("history-row")[0]?.click();
    expect(all("history-entry")).toHaveLength(12);
    [...root.querySelectorAll<HTMLElement>(".dqx-history-details button")].at(-1)?.click();
    await settled();
    expect(model.last("entries").args).toMatchObject({ commit: "big", offset: 12 });
    expect(all("history-entry")).toHaveLength(40);
  });

  it("under a filter shows what passes it, and on demand the whole commit", async () => {
    const { model, all, find, root } = await start({
      timeline: () =>
        timelineOf([commit("big", { kind: "bulk", count: 2, entries: [entry(), entry({ item: 2 })] })]),
      entries: () => ({ entries: Array.from({ length: 14 }, () => entry()), total: 14 }),
    });
    const label = find("history-filter-label") as HTMLSelectElement;
    label.value = "dog";
    label.dispatchEvent(new Event("change"));
    await settled();
    all("history-row")[0]?.click();
    expect(all("history-entry")).toHaveLength(2);
    [...root.querySelectorAll<HTMLElement>(".dqx-history-details button")].at(-1)?.click();
    await settled();
    expect(model.last("entries").args).toMatchObject({ commit: "big", offset: 0 });
    expect(all("history-entry")).toHaveLength(14);
    find("history-revert").click();
    expect(find("history-list").textContent).toContain("All decisions in it are undone by a new commit");
  });

  it("marks what is undone by a word too, and does not offer to take it back", async () => {
    const { find, all } = await start({}, [commit("c1", { undone: true, undoable: false })]);
    expect(find("history-row").textContent).toContain("undone");
    expect((find("history-revert") as HTMLButtonElement).disabled).toBe(true);
    expect((all("history-select")[0] as HTMLInputElement).disabled).toBe(true);
  });

  it("never holds more than 300 rows, however many are asked for", async () => {
    const many = Array.from({ length: 450 }, (_, i) => commit(`c${i}`));
    const { root, all, model } = await start({}, many);
    const button = (text: string) =>
      [...root.querySelectorAll<HTMLButtonElement>(".dqx-history-more")].find((b) =>
        b.textContent?.startsWith(text),
      );
    for (let i = 0; i < 4; i++) {
      button("Show more")?.click();
      await settled();
    }
    expect(model.last("timeline").args).toEqual({ limit: 500 });
    expect(all("history-commit").length).toBeLessThanOrEqual(300);
    expect(all("history-commit").at(-1)?.dataset.commit).toBe("c449");
    expect(button("Show more")?.hidden).toBe(true);
    button("Show newer")?.click();
    button("Show newer")?.click();
    expect(all("history-commit")[0]?.dataset.commit).toBe("c0");
  });
});

describe("keys on a commit", () => {
  it("walk the rows, of which one can be tabbed to", async () => {
    const { all, press, root } = await start();
    const rows = all("history-row");
    rows[0]?.focus();
    press("ArrowDown");
    expect(document.activeElement).toBe(rows[1]);
    press("ArrowRight");
    expect(rows[1]?.getAttribute("aria-expanded")).toBe("true");
    press("ArrowDown");
    press("ArrowDown");
    expect(document.activeElement).toBe(all("history-entry")[1]);
    press("ArrowLeft"); // back to the commit, which closes
    expect(document.activeElement).toBe(rows[1]);
    expect(rows[1]?.getAttribute("aria-expanded")).toBe("false");
    press("End");
    expect(document.activeElement).toBe(rows[2]);
    expect(root.querySelectorAll('.dqx-history-main[tabindex="0"]')).toHaveLength(1);
  });

  it("leave the card's keys alone, and keep their own from the card", async () => {
    const { session, all, press } = await start();
    session.select(1);
    all("history-row")[2]?.focus();
    press("Enter");
    expect(session.isReviewed(1)).toBe(false);
    press("k");
    expect(session.isReviewed(1)).toBe(true);
  });

  it("revert after one question, with why, and offer to undo it", async () => {
    const { model, session, all, press, find, type } = await start();
    all("history-row")[0]?.focus();
    press("R", { shiftKey: true });
    expect(document.activeElement).toBe(find("history-revert-why"));
    type("history-revert-why", "it meows");
    press("Enter");
    await due();
    const sent = model.last("revert").args;
    expect(sent).toMatchObject({ commits: ["c3"], why: "it meows" });
    expect(String(sent.op_id)).toMatch(/^[0-9a-f]{32}$/);
    expect(find("history-said").textContent).toContain("taken back");
    expect(session.stateOf(3)).toBe("given");
    expect(document.activeElement).toBe(all("history-row")[0]);
    find("history-said-undo").click();
    await due();
    expect(model.last("revert").args).toMatchObject({ commits: ["c4"] });
  });

  it("do nothing on Escape", async () => {
    const { model, all, press, find } = await start();
    all("history-row")[0]?.focus();
    press("R", { shiftKey: true });
    press("Escape");
    expect(find("history-revert-why")).toBeUndefined();
    expect(model.count("revert")).toBe(0);
    expect(document.activeElement).toBe(all("history-row")[0]);
  });

  it("say what stands in the way of a revert, and show the item", async () => {
    const { session, all, press, find } = await start({
      revert: () => {
        throw {
          type: "Conflict",
          message: "ben decided otherwise since.",
          remedy: "Look at it.",
          cells: [{ item: 5, label: 1, state: "relabelled", event: "e5" }],
        };
      },
    });
    all("history-row")[0]?.focus();
    press("R", { shiftKey: true });
    press("Enter");
    await settled();
    expect(find("history-commit").textContent).toContain("ben decided otherwise since. Look at it.");
    expect(session.current).toBe(5);
  });

  it("choose several with Space and Shift, and revert them together", async () => {
    const { model, all, press, root } = await start();
    const rows = all("history-row");
    rows[0]?.focus();
    press(" ");
    expect((all("history-select")[0] as HTMLInputElement).checked).toBe(true);
    press("ArrowDown", { shiftKey: true });
    press("ArrowDown", { shiftKey: true }); // the import cannot be taken back
    expect(root.querySelector(".dqx-history-chosen")?.textContent).toContain("2 commits chosen");
    press("R", { shiftKey: true });
    press("Enter");
    await due();
    expect(model.last("revert").args.commits).toEqual(["c3", "c2"]);
    expect((root.querySelector(".dqx-history-chosen") as HTMLElement).hidden).toBe(true);
  });

  it("tag, and begin a branch, at a commit", async () => {
    const { model, all, press, find, type } = await start();
    all("history-row")[1]?.focus();
    press("T", { shiftKey: true });
    press("Enter");
    expect(model.count("tag")).toBe(0); // a tag without a name
    type("history-tag-name", " v2 ");
    press("Enter");
    await due();
    expect(model.last("tag").args).toEqual({ name: "v2", when: "c2" });
    expect(find("history-said").textContent).toContain("v2");
    press("B", { shiftKey: true });
    type("history-branch-name", "second look");
    press("Enter");
    await due();
    expect(model.last("branch").args).toEqual({ name: "second look", at: "c2", go: true });
  });

  it("keep a refused name for another try", async () => {
    const { all, press, type, find } = await start({
      tag: () => {
        throw { type: "StoreError", message: "There is a tag v1.", remedy: "Choose another name." };
      },
    });
    all("history-row")[1]?.focus();
    press("T", { shiftKey: true });
    type("history-tag-name", "v1");
    press("Enter");
    await settled();
    expect(find("history-list").textContent).toContain("There is a tag v1. Choose another name.");
    expect((find("history-tag-name") as HTMLInputElement).value).toBe("v1");
  });
});

describe("a reload", () => {
  it("keeps rows, focus and an open question", async () => {
    let commits = THREE;
    const { session, all, press, find, type } = await start({ timeline: () => timelineOf(commits) });
    const row = all("history-row")[0];
    row?.focus();
    commits = [commit("c4", { time: "2026-03-01T10:06:00" }), ...THREE];
    session.emit("labels", [1]);
    await due();
    expect(all("history-commit")[0]?.dataset.commit).toBe("c4");
    expect(document.activeElement).toBe(row);
    press("T", { shiftKey: true });
    type("history-tag-name", "half a na");
    commits = commits.map((c) => (c.commit === "c3" ? { ...c, tags: ["other"] } : c));
    session.emit("labels", [1]);
    await due();
    expect(all("history-row")[1]?.textContent).toContain("other");
    expect((find("history-tag-name") as HTMLInputElement).value).toBe("half a na");
    expect(document.activeElement).toBe(find("history-tag-name"));
  });
});

describe("branches and filters", () => {
  it("switch, and ask for a merge by an event", async () => {
    const { model, root, find, all } = await start();
    let asked = "";
    document.addEventListener("dqx-merge", (event) => {
      asked = (event as CustomEvent).detail.source;
    });
    expect(find("history-branch").textContent).toContain("main");
    find("history-branch").click();
    expect(all("history-branch-switch").map((b) => b.textContent)).toEqual(["Switch to careful"]);
    expect(root.querySelector(".dqx-history-branches")?.textContent).toContain("2 commits ahead of main");
    find("history-merge").click();
    expect(asked).toBe("careful");
    find("history-branch-switch").click();
    await due();
    expect(model.last("switch").args).toEqual({ name: "careful" });
  });

  it("offer a merge by one visible button, and head each branch by its name", async () => {
    const { root, find } = await start();
    find("history-merge-choose").click();
    expect(root.querySelector<HTMLElement>(".dqx-history-branches")?.hidden).toBe(false);
    expect(document.activeElement).toBe(find("history-merge"));
    const block = root.querySelector('.dqx-history-branch-row[data-branch="careful"]');
    expect(block?.firstElementChild?.textContent).toBe("careful");
    find("history-merge-choose").click();
    expect(root.querySelector<HTMLElement>(".dqx-history-branches")?.hidden).toBe(true);
  });

  it("offer no merge where there is no other branch", async () => {
    const alone = timelineOf(THREE);
    const { find } = await start({ timeline: () => ({ ...alone, branches: alone.branches.slice(0, 1) }) });
    expect(find("history-merge-choose").hidden).toBe(true);
  });

  it("say what a merge brought", async () => {
    const { session, find } = await start();
    session.emit("merged", "Merged careful into main: 1 change taken, 2 conflicts resolved.");
    expect(find("history-said").hidden).toBe(false);
    expect(find("history-said").textContent).toContain("Merged careful into main: 1 change taken");
  });

  it("begin a branch from what is there now", async () => {
    const { model, find, press, type } = await start();
    find("history-branch-new").click();
    type("history-branch-name", "careful2");
    press("Enter");
    await due();
    expect(model.last("branch").args).toEqual({ name: "careful2", at: "head", go: true });
  });

  it("narrow the list, and widen it again", async () => {
    const { model, find } = await start({ card: ({ item }) => ({ item, id: `id-${item}` }) });
    find("history-filter").click();
    const person = find("history-filter-rater") as HTMLSelectElement;
    person.value = "ben";
    person.dispatchEvent(new Event("change"));
    await settled();
    expect(model.last("timeline").args).toEqual({ limit: 100, rater: "ben" });
    expect(find("history-filter").textContent).toBe("Filter (1)");
    find("history-filter-item").click();
    await settled();
    expect(model.last("timeline").args).toEqual({ limit: 100, rater: "ben", item: "id-3" });
    find("history-filter-clear").click();
    await settled();
    expect(model.last("timeline").args).toEqual({ limit: 100 });
  });
});

describe("comparing", () => {
  const row = (item: number, next: string) => ({
    item,
    itemId: `id-${item}`,
    old: "cat",
    new: next,
    rater: "ann",
    time: "2026-03-01T10:05:00",
    why: "it barks",
    commit: "c3",
  });
  const answer = {
    a: "c2",
    b: "c3",
    rows: [row(1, "dog"), row(2, "dog"), row(4, "newt")],
    total: 3,
    counts: [
      ["cat", "dog", 2],
      ["cat", "newt", 1],
    ],
    added: 0,
    removed: 0,
  };

  it("counts pairs, narrows to one, and selects items", async () => {
    const { model, session, find, all, press } = await start({ diff: () => answer });
    all("history-row")[1]?.focus();
    press("C", { shiftKey: true });
    await settled();
    expect(model.last("diff").args).toMatchObject({ a: "c2", b: "head" });
    expect(all("history-diff-pair").map((b) => b.textContent)).toEqual(["cat → dog", "cat → newt"]);
    expect(all("history-diff-row")).toHaveLength(3);
    find("history-diff-pair").click();
    expect(all("history-diff-row").map((r) => r.dataset.item)).toEqual(["1", "2"]);
    expect(find("history-diff-pair").getAttribute("aria-pressed")).toBe("true");
    all("history-diff-row")[1]?.click();
    expect(session.current).toBe(2);
    find("history-diff").focus();
    press("Escape"); // all pairs again
    expect(all("history-diff-row")).toHaveLength(3);
    press("Escape");
    expect(find("history-diff").hidden).toBe(true);
    expect(document.activeElement).toBe(all("history-row")[1]);
  });

  it("takes any two versions, also typed ones, and says what is wrong with them", async () => {
    const { model, find } = await start({
      diff: ({ b }) => {
        if (b === "v9")
          throw { type: "UnknownName", message: "There is no version v9.", remedy: "Known: v1." };
        return { ...answer, rows: [], total: 0, counts: [] };
      },
    });
    find("history-compare").click();
    await settled();
    expect(model.last("diff").args).toMatchObject({ a: "base", b: "head" });
    expect(find("history-diff-word").textContent).toBe("No label differs.");
    const from = find("history-compare-from") as HTMLSelectElement;
    from.value = "v1";
    from.dispatchEvent(new Event("change"));
    await settled();
    expect(model.last("diff").args).toMatchObject({ a: "v1", b: "head" });
    const to = find("history-compare-to") as HTMLSelectElement;
    to.value = "typed";
    to.dispatchEvent(new Event("change"));
    const typed = find("history-compare-to-typed") as HTMLInputElement;
    typed.value = "v9";
    typed.dispatchEvent(new Event("change"));
    await settled();
    expect(model.last("diff").args).toMatchObject({ a: "v1", b: "v9" });
    expect(find("history-diff-word").textContent).toBe("There is no version v9. Known: v1.");
  });
});
