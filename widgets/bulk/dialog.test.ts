// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { settled } from "../core/testing/mockModel";
import { COUNTS, start } from "../core/testing/mockSession";
import { bindKeys } from "../core/ui/handler";
import { makeMessage } from "../core/ui/message";
import { makeBulkButtons } from "./buttons";
import { makeBulkDialog } from "./dialog";

let end = new AbortController();
beforeEach(() => localStorage.clear());
afterEach(() => end.abort());

/** Items 3, 1 and 5 are in the queue; ben has decided on 5. */
const outlook = ({ action, label }: Record<string, unknown>) => {
  const to = label === "newt" ? 2 : 0;
  const accepts = action === "accept";
  return {
    n: 3,
    unchanged: 0,
    without: 0,
    changes: accepts
      ? [
          { before: 0, after: 1, count: 1, decided: 0 },
          { before: 1, after: 0, count: 1, decided: 0 },
          { before: -1, after: 1, count: 1, decided: 1 },
        ]
      : [{ before: 1, after: to, count: 3, decided: 1 }],
    deciders: [{ rater: "ben", state: "kept", count: 1 }],
    items: Int32Array.of(1, 3, 5),
    labels: accepts ? Int32Array.of(1, 0, 1) : Int32Array.of(to, to, to),
    decided: Uint8Array.of(0, 0, 1),
  };
};

/** Every scope holds items 0 and 2. */
const twoItems = ({ name }: Record<string, unknown>) => ({
  name,
  items: Int32Array.of(0, 2),
  sets: null,
  why: "",
  version: 1,
});

async function open(key: string, answers = {}) {
  const made = await start({ outlook, ...answers });
  end = made.end;
  const { session, model } = made;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const { main, others } = makeBulkButtons(session, end.signal);
  root.append(main, others, makeMessage(session, end.signal), makeBulkDialog(root, session, end.signal));
  bindKeys(root, session, end.signal);
  root.focus();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const press = (pressed: string, more = {}) =>
    (document.activeElement as HTMLElement).dispatchEvent(
      new KeyboardEvent("keydown", { key: pressed, bubbles: true, cancelable: true, ...more }),
    );
  if (key) press(key);
  await settled();
  return { ...made, model, root, find, press };
}

describe("a decision on the whole queue", () => {
  it("says first what changes, and leaves out what somebody had decided", async () => {
    const { find, model, press } = await open("b");
    expect(find("bulk").hidden).toBe(false);
    expect(model.last("outlook").args).toMatchObject({
      action: "accept",
      items: [3, 1, 5],
      order: "order:1",
    });
    expect(model.count("edit")).toBe(0);
    expect(find("bulk-words").textContent).toBe(
      "Of 3 items, 2 would get their suggested label; 1 that somebody had decided is left out.",
    );
    expect(find("bulk-table").querySelectorAll("tbody tr")).toHaveLength(3);
    expect(find("bulk").textContent).toContain("also the 1 that somebody had decided (ben kept 1)");
    expect(find("bulk-go").textContent).toContain("Change 2 labels");
    press("Enter");
    await settled();
    expect(model.count("edit")).toBe(1);
    expect(model.last("edit").args).toMatchObject({
      action: "relabel",
      items: [1, 3],
      labels: ["dog", "cat"],
    });
    expect(find("bulk").hidden).toBe(true);
  });

  it("changes those too where one says so", async () => {
    const { find, model, press } = await open("b");
    press("i");
    expect((find("bulk-decided") as HTMLInputElement).checked).toBe(true);
    expect(find("bulk-words").textContent).toContain("1 of them somebody had decided");
    press("Enter");
    await settled();
    expect(model.last("edit").args).toMatchObject({ items: [1, 3, 5], labels: ["dog", "cat", "dog"] });
  });

  it("to one label takes three keys", async () => {
    const { find, model, press } = await open("r");
    expect(find("bulk-words").textContent).toContain("Choose the label");
    press("Enter");
    expect(model.count("edit")).toBe(0);
    press("3");
    await settled();
    expect(model.last("outlook").args).toMatchObject({ action: "relabel", label: "newt" });
    expect(find("bulk-words").textContent).toContain("2 would be changed to newt");
    press("Enter");
    await settled();
    expect(model.last("edit").args).toMatchObject({ action: "relabel", items: [1, 3], label: "newt" });
    model.reply("edit", { commit: "c", saved: null, cells: [], counts: COUNTS, changed: 2 });
    await settled();
    expect(find("said").textContent).toBe("2 labels changed to newt. U takes it back.");
  });

  it("keeps them all by K inside the dialog, not the item on the card", async () => {
    const { model, press } = await open("b");
    press("k");
    await settled();
    expect(model.last("outlook").args).toMatchObject({ action: "keep" });
    expect(model.count("edit")).toBe(0);
    press("Enter");
    await settled();
    expect(model.last("edit").args).toMatchObject({ action: "keep", items: [1, 3] });
    expect(model.last("edit").args).not.toHaveProperty("labels");
  });

  it("leaves them out by O inside the dialog", async () => {
    const { find, model, press } = await open("b");
    press("o");
    await settled();
    expect(find("bulk-words").textContent).toContain("2 would be left out");
    press("Enter");
    await settled();
    expect(model.last("edit").args).toMatchObject({ action: "leave_out", items: [1, 3] });
  });

  it("is left by Escape with nothing done", async () => {
    const { find, model, press, root } = await open("b");
    press("Escape");
    expect(find("bulk").hidden).toBe(true);
    expect(document.activeElement).toBe(root);
    press("k");
    await settled();
    expect(model.last("edit").args).toMatchObject({ action: "keep", items: [3] });
  });

  it("acts only on what it shows: not while it counts, not on a held key", async () => {
    let answer: (found: unknown) => void = () => {};
    const late = new Promise((resolve) => {
      answer = resolve;
    });
    const { find, model, press } = await open("b", { outlook: () => late });
    press("Enter");
    expect((find("bulk-go") as HTMLButtonElement).disabled).toBe(true);
    answer(outlook({ action: "accept" }));
    await settled();
    press("Enter", { repeat: true });
    expect(model.count("edit")).toBe(0);
    press("Enter");
    expect(model.count("edit")).toBe(1);
  });

  it("counts anew where a label changes meanwhile", async () => {
    const { model, press } = await open("b");
    const asked = model.count("outlook");
    model.push({
      event: "cells",
      commit: "c9",
      saved: null,
      cells: [{ item: 1, label: 2, state: "relabelled", event: "event:9", rater: "ben", time: "", why: "" }],
      counts: COUNTS,
    });
    press("Enter");
    await settled();
    expect(model.count("outlook")).toBe(asked + 1);
    expect(model.count("edit")).toBe(0);
  });

  it("is offered with its number, and is away while there is nothing", async () => {
    const { find, session } = await open("");
    expect(find("accept-all").textContent).toContain("Accept 3 suggestions…");
    expect(find("relabel-all").textContent).toContain("Relabel 3…");
    session.setFilter({ pair: [1, 0] });
    expect(find("accept-all").textContent).toContain("Accept 1 suggestion…");
    session.setFilter({ pair: [2, 0] });
    for (const name of ["accept-all", "relabel-all", "keep-all", "leave-out-all"])
      expect(find(name).hidden, name).toBe(true);
  });

  it("is of outliers that they are left out, the rest on request", async () => {
    const { find, session, root } = await open("", { scope: twoItems });
    const first = () => root.querySelector<HTMLElement>(".dqx-bulk-main > button")?.dataset.dqx;
    expect(first()).toBe("accept-all");
    session.setFilter({ scope: "outlier" });
    await settled();
    expect(first()).toBe("leave-out-all");
    expect(find("leave-out-all").textContent).toContain("Leave out 2…");
    expect(find("accept-all").textContent).toContain("Accept 2 suggestions…");
    session.setFilter({ scope: "label" });
    expect(first()).toBe("accept-all");
  });

  it("is not of random checks: each is an answer by somebody who looked", async () => {
    const notices: string[] = [];
    const { find, session, press } = await open("", { scope: twoItems });
    session.on("notice", ({ text }) => notices.push(text), end.signal);
    session.setFilter({ scope: "random" });
    await settled();
    for (const name of ["accept-all", "relabel-all", "keep-all", "leave-out-all"])
      expect(find(name).hidden, name).toBe(true);
    press("b");
    expect(find("bulk").hidden).toBe(true);
    expect(notices).toEqual([
      "Random checks are decided one by one: an answer without a look would be none.",
    ]);
    session.setFilter({ scope: "label" });
    press("b");
    expect(find("bulk").hidden).toBe(false);
  });

  it("says what the kernel refuses", async () => {
    const { find, press, model } = await open("b", {
      outlook: () => {
        throw { type: "DataError", message: "There are no suggested labels yet.", remedy: "" };
      },
    });
    expect(find("bulk-words").textContent).toBe("There are no suggested labels yet.");
    press("Enter");
    expect(model.count("edit")).toBe(0);
  });
});

describe("the line of what was done", () => {
  it("is there before anything is said", async () => {
    const { find, session } = await open("");
    expect(find("said").textContent).toBe("");
    session.edit("relabel", [3], { label: "cat" });
    expect(find("said").textContent).toBe("dog → cat, U to undo");
  });
});
