// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { settled } from "../testing/mockModel";
import { COUNTS, reply, start } from "../testing/mockSession";

beforeEach(() => localStorage.clear());

async function listening(answers = {}) {
  const made = await start(answers);
  const said: string[] = [];
  made.session.on("said", (text) => said.push(text));
  return { ...made, said };
}

describe("what is said of an action", () => {
  it("is the label before and after, and how to take it back", async () => {
    const { session, said } = await listening();
    session.edit("relabel", [3], { label: "cat" });
    expect(said).toEqual(["dog → cat, U to undo"]);
    session.edit("keep", [3]);
    expect(said.at(-1)).toBe("dog kept, U to undo");
    session.edit("mark", [1], { reason: "ambiguous" });
    expect(said.at(-1)).toBe("marked ambiguous, U to undo");
  });

  it("is what an undo has left", async () => {
    const { session, said } = await listening({
      edit: () => reply(3, 0, "relabelled"),
      undo: () => reply(3, 1, "given", "event:2"),
    });
    session.edit("relabel", [3], { label: "cat" });
    await settled();
    await session.undo();
    expect(said.at(-1)).toBe("Taken back: cat → dog.");
  });

  it("counts many once they are saved, and not before", async () => {
    const { session, model, said } = await listening();
    session.edit("relabel", [1, 3, 5], { labels: ["dog", "cat", "dog"] });
    expect(session.labels?.current.slice(0, 6)).toEqual(Int32Array.of(0, 1, 1, 0, 2, 1));
    expect(said).toEqual([""]);
    model.reply("edit", { ...reply(3, 0, "relabelled"), cells: [] });
    await settled();
    expect(said.at(-1)).toBe("3 suggestions accepted. U takes it back.");
    session.edit("relabel", [0, 1], { labels: ["newt", "newt"] });
    model.reply("edit", { ...reply(3, 0, "relabelled"), cells: [] });
    await settled();
    expect(said.at(-1)).toBe("2 labels changed to newt. U takes it back.");
  });

  it("says of very many that they were taken back, not that there is nothing to undo", async () => {
    const back = { commit: "c2", saved: null, cells: [], counts: COUNTS, changed: 20_000 };
    const { session, said, notices } = await listening({ undo: () => back });
    await session.undo();
    expect(said).toEqual(["Taken back: 20,000 decisions."]);
    expect(notices).toEqual([]);
  });

  it("goes where the decision is refused", async () => {
    const { session, model, said } = await listening();
    session.edit("relabel", [3], { label: "cat" });
    model.refuse("edit", {
      type: "Conflict",
      message: "",
      remedy: "",
      cells: [{ item: 3, label: 2, state: "relabelled", event: "event:9", rater: "ben" }],
    });
    await settled();
    expect(said.at(-1)).toBe("");
  });
});

describe("an edit of one label an item", () => {
  it("that is refused asks about each by its own label, and offers the others with theirs", async () => {
    const { session, model, notices } = await start();
    session.edit("relabel", [1, 3, 5], { labels: ["dog", "cat", "dog"] });
    model.refuse("edit", {
      type: "Conflict",
      message: "",
      remedy: "",
      cells: [{ item: 3, label: 2, state: "relabelled", event: "event:9", rater: "ben" }],
    });
    await settled();
    expect(session.conflicts.of(3)?.mine).toMatchObject({ action: "relabel", label: "cat" });
    notices.at(-1)?.act?.run();
    expect(model.last("edit").args).toMatchObject({ items: [1, 5], labels: ["dog", "dog"] });
  });

  it("names the items without an event together where there are thousands", async () => {
    const n = 3000;
    const { session, model } = await start({
      labels: () => ({
        given: new Int32Array(n),
        current: new Int32Array(n),
        state: new Uint8Array(n),
        order: "order:1",
        seen: { base: "base:1", events: { 7: "event:7" } },
      }),
    });
    session.edit("relabel", [...Array(n).keys()], { label: "dog" });
    expect(model.last("edit").args).toMatchObject({ base: "base:1", expected: { 7: "event:7" } });
  });
});
