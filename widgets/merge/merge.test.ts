// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Session } from "../core/session/session";
import type { Notice } from "../core/state/topics";
import { type Answers, MockModel, settled, sixItems } from "../core/testing/mockModel";
import { bindKeys } from "../core/ui/handler";
import { mergeAnswers, side, viewOf } from "./fixture";
import { handleMerge, Merge, requestMerge } from "./panel";
import { openMerge } from "./view";
import { deed, done, headline, nextStep, saw, signature } from "./words";

async function start(answers: Answers = mergeAnswers()) {
  const model = new MockModel({ ...sixItems(), ...answers });
  const session = new Session("six");
  const end = new AbortController();
  const root = document.createElement("div");
  const under = document.createElement("p");
  root.append(under);
  document.body.replaceChildren(root);
  const notices: Notice[] = [];
  session.on("notice", (notice) => notices.push(notice));
  session.attach(model.model, end.signal);
  bindKeys(root, session, end.signal);
  await settled();
  root.focus();
  const closed = vi.fn();
  const close = openMerge(root, session, "shoes", end.signal, closed);
  await settled();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const press = async (key: string, on: Element = find("merge"), more: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    on.dispatchEvent(event);
    await settled();
    return event;
  };
  return { model, session, end, root, find, press, notices, closed, close };
}

beforeEach(() => localStorage.clear());

describe("the merge view", () => {
  it("says what is taken, what is open, and shows both sides of the first conflict", async () => {
    const { find, session, root } = await start();
    expect(find("merge-words").textContent).toBe(
      "Merge shoes into main: 1 taken, 1 same, 2 of 2 conflicts open",
    );
    expect(document.activeElement).toBe(find("merge"));
    expect(session.current).toBe(3);
    const [ours, theirs] = [...root.querySelectorAll<HTMLElement>(".dqx-merge-side")];
    expect(ours?.textContent).toContain("cat");
    expect(ours?.textContent).toContain("ann");
    expect(ours?.textContent).toContain("“<b>whiskers</b>”");
    expect(theirs?.textContent).toContain("newt");
    expect(theirs?.textContent).toContain("because wrong");
    expect(theirs?.textContent).toContain("saw p_error 0.93");
    expect(root.querySelector("b")).toBeNull();
    // The nearest items that have either label, as the kernel found them.
    expect(ours?.querySelector<HTMLElement>("[data-item]")?.dataset.item).toBe("0");
    expect(theirs?.querySelector<HTMLElement>("[data-item]")?.dataset.item).toBe("4");
  });

  it("resolves by key, durably and at once, and goes on to the next that is open", async () => {
    const { model, find, press, session } = await start();
    await press("o");
    expect(model.last("resolve").args).toEqual({
      source: "shoes",
      itemId: "id-3",
      field: "label",
      pick: "ours",
    });
    expect(session.current).toBe(1);
    expect(find("merge-words").textContent).toContain("1 of 2 conflicts open");
    await press("T");
    expect(model.last("resolve").args).toMatchObject({ itemId: "id-1", pick: "theirs" });
    expect(find("merge-words").textContent).toContain("all 2 conflicts resolved");
    // Nobody decided about an item by these keys.
    expect(model.count("edit")).toBe(0);
  });

  it("shows a resolution before the kernel has answered, and takes back what it refuses", async () => {
    let answer: (view: unknown) => void = () => {};
    const answers = mergeAnswers();
    const { find, press } = await start({ ...answers, resolve: () => new Promise((_, no) => (answer = no)) });
    await press("o");
    expect(find("merge-words").textContent).toContain("1 of 2");
    answer({ type: "StoreError", message: "The store is locked.", remedy: "Try again." });
    await settled();
    expect(find("merge-words").textContent).toContain("2 of 2");
    expect(find("merge-error").textContent).toContain("The store is locked. Try again.");
  });

  it("takes another label by its number or by name, with a why", async () => {
    const { model, find, press } = await start();
    const why = find("merge-why") as HTMLInputElement;
    why.value = "a dog after all";
    why.dispatchEvent(new Event("input", { bubbles: true }));
    await press("Enter", why);
    expect(document.activeElement).toBe(find("merge"));
    await press("2");
    expect(model.last("resolve").args).toMatchObject({
      itemId: "id-3",
      pick: "value",
      label: "dog",
      why: "a dog after all",
    });
    expect(why.value).toBe("");
    await press("/");
    const input = find("merge-label") as HTMLInputElement;
    expect(document.activeElement).toBe(input);
    input.value = "ne";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await press("Enter", input);
    expect(model.last("resolve").args).toMatchObject({ itemId: "id-1", pick: "value", label: "newt" });
  });

  it("walks by arrow and takes a resolution back", async () => {
    const { model, find, press, session } = await start();
    await press("o");
    await press("ArrowLeft");
    expect(session.current).toBe(3);
    await press("u");
    expect(model.last("unresolve").args).toEqual({ source: "shoes", itemId: "id-3", field: "label" });
    expect(model.count("undo")).toBe(0);
    expect(find("merge-words").textContent).toContain("2 of 2");
    await press("ArrowDown");
    expect(find("merge-current").dataset.item).toBe("id-1");
  });

  it("does not merge while a conflict is open, and merges by Enter when none is", async () => {
    const { model, find, press, notices, closed, root, session } = await start();
    await press("Enter");
    expect(model.count("mergeCommit")).toBe(0);
    expect(find("merge-error").textContent).toContain("2 conflicts are still open");
    await press("o");
    await press("t");
    await press("Enter");
    expect(model.last("mergeCommit").args).toMatchObject({ source: "shoes" });
    expect(model.last("mergeCommit").args.op_id).toMatch(/^[0-9a-f]{32}$/);
    const said = "Merged shoes into main: 1 change taken, 2 conflicts resolved.";
    expect(notices.at(-1)).toMatchObject({ kind: "info", text: said });
    expect(closed).toHaveBeenCalledWith(said);
    expect(root.querySelector('[data-dqx="merge"]')).toBeNull();
    expect(root.classList.contains("dqx-merging")).toBe(false);
    expect([0, 1, 3].map((item) => session.labels?.current[item])).toEqual([2, 3, 0]);
    expect(document.activeElement).toBe(root);
  });

  it("says what was merged even where the view was closed before the answer came", async () => {
    let answer: () => void = () => {};
    const answers = mergeAnswers("none");
    const make = answers.mergeCommit as (args: Record<string, unknown>) => unknown;
    const { press, notices, session } = await start({
      ...answers,
      mergeCommit: (args) => new Promise((yes) => (answer = () => yes(make(args)))),
    });
    const merged: string[] = [];
    session.on("merged", (text) => merged.push(text));
    await press("Enter");
    await press("Escape");
    expect(merged).toEqual([]);
    answer();
    await settled();
    expect(merged[0]).toContain("Merged shoes into main");
    expect(notices.at(-1)?.text).toBe(merged[0]);
  });

  it("says why it could not be merged, and tries the same merge again only where no answer came", async () => {
    const refusal = {
      type: "Conflict",
      message: "Item 'id-3' was decided once more.",
      remedy: "Look again.",
    };
    const { model, find, press } = await start({
      ...mergeAnswers("none"),
      mergeCommit: () => Promise.reject(refusal),
    });
    await press("Enter");
    expect(find("merge-error").textContent).toContain("decided once more. Look again.");
    const first = model.last("mergeCommit").args.op_id;
    await press("Enter");
    expect(model.count("mergeCommit")).toBe(2);
    expect(model.last("mergeCommit").args.op_id).not.toBe(first);
  });

  it("says so when there is nothing to merge", async () => {
    const { root, find, press, model } = await start(mergeAnswers("nothing"));
    expect(root.textContent).toContain("main already has everything of shoes");
    expect(find("merge-commit").hidden).toBe(true);
    await press("Enter");
    expect(model.count("mergeCommit")).toBe(0);
    expect(root.querySelector('[data-dqx="merge"]')).toBeNull();
  });

  it("keeps its keys to itself, and leaves text fields alone", async () => {
    const { root, find, press, model } = await start();
    const outer = vi.fn();
    document.body.addEventListener("keydown", outer);
    await press("k");
    await press("a");
    await press("o", find("merge-why"));
    expect(outer).not.toHaveBeenCalled();
    expect(model.count("edit") + model.count("resolve")).toBe(0);
    document.body.removeEventListener("keydown", outer);
    // Beside it, a decision would be about a card that nobody sees: the keyboard comes here instead.
    root.focus();
    await press("k", root);
    expect(model.count("edit")).toBe(0);
    expect(document.activeElement).toBe(find("merge"));
  });

  it("does not resolve one after another on a held key", async () => {
    const { model, press, find } = await start();
    await press("o", find("merge"), { repeat: true });
    expect(model.count("resolve")).toBe(0);
  });

  it("drops all resolutions only after asking", async () => {
    const { model, find, press } = await start();
    await press("o");
    await press("o");
    find("merge-abort").click();
    expect(model.count("mergeAbort")).toBe(0);
    expect(find("merge-abort").textContent).toBe("Really take all 2 back?");
    find("merge-abort").click();
    await settled();
    expect(model.last("mergeAbort").args).toEqual({ source: "shoes" });
    expect(find("merge-words").textContent).toContain("2 of 2 conflicts open");
  });

  it("closes on Escape, and with the panel", async () => {
    const { press, root, closed, end } = await start();
    await press("Escape");
    expect(closed).toHaveBeenCalledWith("");
    expect(root.querySelector('[data-dqx="merge"]')).toBeNull();
    end.abort();
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it("asks anew when labels or branches change under it", async () => {
    const { model, find } = await start();
    const cells = [{ item: 1, label: 1, state: "relabelled", event: "event:4" }];
    const counts = { reviewed: 1, relabelled: 1, kept: 0, flagged: 0, suspects: 3 };
    model.say({
      event: "cells",
      cells,
      counts,
      saved: "2026-03-01T10:00:00+00:00",
      classes: ["cat", "dog", "newt"],
    });
    await vi.waitFor(() => expect(model.count("merge")).toBe(2));
    expect(find("merge-current").dataset.item).toBe("id-3");
  });
});

describe("opening the merge", () => {
  it("lies over the one who asked, once", async () => {
    const { root, session, end, close, find } = await start();
    close();
    const outer = vi.fn();
    document.body.addEventListener("dqx-merge", outer);
    handleMerge(root, session, end.signal);
    requestMerge(root.firstElementChild as HTMLElement, "shoes");
    requestMerge(root.firstElementChild as HTMLElement, "shoes");
    await settled();
    expect(root.querySelectorAll('[data-dqx="merge"]')).toHaveLength(1);
    expect(find("merge-words").textContent).toContain("Merge shoes into main");
    expect(outer).not.toHaveBeenCalled();
    document.body.removeEventListener("dqx-merge", outer);
  });

  it("is offered for every other branch by the panel of its own", async () => {
    const versions = {
      branch: "main",
      tags: [],
      branches: [
        { name: "main", current: true, commit: "c", time: "2026-03-01T10:00:00", ahead: 0 },
        { name: "shoes", current: false, commit: "d", time: "2026-03-01T10:00:00", ahead: 3 },
      ],
    };
    const { session, end } = await start({
      ...mergeAnswers(),
      timeline: () => ({ ...versions, commits: [], total: 0, raters: [], reasons: [], labels: [] }),
    });
    const root = document.createElement("div");
    document.body.append(root);
    Merge.mount(root, session, end.signal);
    await settled();
    const choices = [...root.querySelectorAll<HTMLElement>('[data-dqx="merge-open"]')];
    expect(choices.map((each) => each.textContent)).toEqual(["shoes · 3 commits ahead"]);
    choices[0]?.click();
    await settled();
    expect(root.querySelector('[data-dqx="merge-words"]')?.textContent).toContain("Merge shoes into main");
  });
});

describe("the words of a merge", () => {
  it("count conflicts", () => {
    const view = { ...viewOf("two"), taken: 14, same: 3 };
    expect(headline({ ...view, open: 1 })).toContain("1 of 2 conflicts open");
    expect(headline({ ...view, conflicts: [], open: 0 })).toContain("no conflicts");
    expect(headline({ ...view, conflicts: view.conflicts.slice(0, 1), open: 0 })).toContain(
      "its conflict resolved",
    );
    expect(nextStep({ ...view, conflicts: [], open: 0, taken: 0 })).toContain("both branches say the same");
    expect(nextStep({ ...view, conflicts: [], open: 0 })).toContain("The 14 changes of shoes");
    expect(done({ ...view, taken: 1 }, 3)).toBe(
      "Merged shoes into main: 1 change taken, 2 conflicts resolved.",
    );
    expect(done(view, 15)).toContain("15 labels written");
    expect(done(view, 0)).toBe("shoes was merged into main already.");
  });

  it("name who decided, what and what they saw", () => {
    expect(signature(side("cat", ""))).toBe("as given");
    expect(signature(side("cat", "ann"))).toBe("ann, 1 March 2026 10:05");
    expect(deed(side("cat", "ann", { state: "flagged", reason: "ambiguous" }))).toBe("marked ambiguous");
    expect(deed(side("cat", ""))).toBe("");
    expect(saw(side("cat", "ann", { pError: 0.72 }), true)).toBe("saw p_error 72\u00a0%");
    expect(saw(side("cat", "ann", { pError: 0.72 }), false)).toBe("saw p_error 0.72");
    expect(saw(side("cat", "ann"), true)).toBe("");
  });
});
