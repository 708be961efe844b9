// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { settled } from "../core/testing/mockModel";
import { reply, start } from "../core/testing/mockSession";
import { makeEnd } from "./end";

let end = new AbortController();
beforeEach(() => localStorage.clear());
afterEach(() => end.abort());

/** Items 3, 1 and 5 are the suspects; with `calibrated` the stop rule lies after item 1. */
async function open(changes = {}, answers = {}) {
  const edit = ({ items, action, label }: Record<string, unknown>) =>
    reply(
      (items as number[])[0] as number,
      label === "newt" ? 2 : 1,
      action === "keep" ? "kept" : "relabelled",
    );
  const made = await start({ edit, ...answers }, changes);
  end = made.end;
  const { session } = made;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const asked: string[] = [];
  session.on("command", (wish) => {
    asked.push(wish.name);
    wish.taken = true;
  });
  root.append(makeEnd(root, session, end.signal));
  session.seeEstimate(root, true);
  await settled();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const keep = async (...items: number[]) => {
    for (const item of items) {
      session.select(item);
      session.edit("keep", [item]);
      await settled();
    }
  };
  return { ...made, root, find, keep, asked };
}

describe("the end of the queue", () => {
  it("is said when the last open item is decided, with the ways on", async () => {
    const { find, keep, session, asked, model } = await open();
    expect(find("end").hidden).toBe(true);
    session.select(5);
    expect(find("end").hidden, "walking there decides nothing").toBe(true);
    await keep(3, 1);
    session.edit("relabel", [5], { label: "newt" });
    await settled();
    expect(find("end").hidden).toBe(false);
    expect(find("end-words").textContent).toMatch(/^Done here: 3 checked, 1 changed/);
    find("end-export").click();
    find("end-history").click();
    expect(asked).toEqual(["export", "history"]);
    find("end-random").click();
    await settled();
    expect(model.count("audit")).toBe(1);
    // The random ones are another queue, with open items.
    expect(session.queue).toEqual([1, 4]);
    expect(find("end").hidden).toBe(true);
    await keep(4);
    expect(find("end").hidden).toBe(false);
  });

  it("says how many are left as the rest of the page does", async () => {
    const { find, keep, session } = await open();
    await keep(3, 1, 5);
    session.emit("left", session.left);
    const range = session.left ? "; about 2 wrong labels left (1 to 4)." : ".";
    expect(find("end-words").textContent).toBe(`Done here: 3 checked, 0 changed${range}`);
  });

  it("goes when it is closed or taken back, and is not said twice of one queue", async () => {
    const { find, keep, session } = await open();
    await keep(3, 1, 5);
    find("end-close").click();
    expect(find("end").hidden).toBe(true);
    session.select(3);
    await keep(1);
    expect(find("end").hidden).toBe(true);
    session.setFilter({ pair: [1, 0] });
    await settled();
    expect(session.queue).toEqual([3]);
    expect(find("end").hidden, "another queue").toBe(false);
  });

  it("is hidden again when a decision is taken back", async () => {
    const { find, keep, session } = await open();
    await keep(3, 1, 5);
    expect(find("end").hidden).toBe(false);
    session.edit("clear", [5]);
    expect(find("end").hidden).toBe(true);
  });

  it("says where one can stop, once, when all above the stop rule is decided", async () => {
    const { find, keep, session } = await open({ calibrated: true });
    expect(session.dial.cut.count).toBe(2);
    await keep(3);
    expect(find("end").hidden).toBe(true);
    await keep(1);
    session.select(5);
    expect(find("end").hidden).toBe(false);
    expect(find("end-words").textContent).toMatch(/^You can stop here: 2 checked, 0 changed/);
  });
});
