// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { classOfKey, keyOfClass } from "../session/actions";
import { Session } from "../session/session";
import type { Notice } from "../state/topics";
import { MockModel, settled, sixItems } from "../testing/mockModel";
import { reply, seeEverything } from "../testing/mockSession";
import { bindKeys } from "./handler";
import { BINDINGS, bindingOf, command, PANEL_KEYS, panelKey, printed } from "./keys";

const REASONS = ["wrong", "ambiguous", "guideline unclear", "several fit", "none fits", "duplicate"];

async function start() {
  const model = new MockModel(sixItems({ reasons: REASONS }));
  const session = new Session("six");
  const end = new AbortController();
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const notices: Notice[] = [];
  session.on("notice", (notice) => notices.push(notice));
  seeEverything(session);
  session.attach(model.model, end.signal);
  bindKeys(root, session, end.signal);
  await settled();
  const press = (key: string, more: KeyboardEventInit = {}, on: Element = root) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    on.dispatchEvent(event);
    return event;
  };
  return { model, session, root, press, notices };
}

beforeEach(() => localStorage.clear());

describe("the table of keys", () => {
  it("gives no key twice", () => {
    const keys = BINDINGS.flatMap((b) => b.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("knows what a button prints", () => {
    expect(printed("accept")).toBe("↵");
    expect(printed("nothing of that name")).toBe("");
  });

  it("leaves keys with Ctrl, Alt and Command to the browser, but for the one that picks all", () => {
    for (const more of [{ ctrlKey: true }, { altKey: true }, { metaKey: true }])
      expect(bindingOf(new KeyboardEvent("keydown", { key: "k", ...more }))).toBeUndefined();
    expect(bindingOf(new KeyboardEvent("keydown", { key: "a", ctrlKey: true }))?.name).toBe("pick-all");
    expect(bindingOf(new KeyboardEvent("keydown", { key: "a", altKey: true }))).toBeUndefined();
    expect(bindingOf(new KeyboardEvent("keydown", { key: "U", shiftKey: true }))?.name).toBe("undo");
    expect(bindingOf(new KeyboardEvent("keydown", { key: "ArrowLeft", shiftKey: true }))?.name).toBe(
      "pan-left",
    );
  });
});

describe("deciding by key", () => {
  it("accepts the suggestion and goes on to the next unreviewed item", async () => {
    const { model, session, press } = await start();
    expect(session.current).toBe(3);
    const event = press("Enter");
    expect(event.defaultPrevented).toBe(true);
    await settled();
    expect(model.last("edit").args).toMatchObject({ action: "relabel", items: [3], label: "cat" });
    expect(session.current).toBe(1);
  });

  it("keeps, marks and chooses by number", async () => {
    const { session, press } = await start();
    press("k");
    expect(session.stateOf(3)).toBe("kept");
    press("a");
    expect(session.stateOf(1)).toBe("flagged");
    press("3");
    expect(session.labels?.current[5]).toBe(2);
    expect(session.stateOf(5)).toBe("relabelled");
  });

  it("decides about the current item alone, however many are chosen", async () => {
    const { session, press } = await start();
    session.choose([1, 3, 5]);
    press("k");
    expect([1, 3, 5].filter((i) => session.isReviewed(i))).toEqual([3]);
  });

  it("says so when all of the queue is reviewed", async () => {
    const { press, notices } = await start();
    press("k");
    press("k");
    press("2");
    expect(notices.at(-1)?.text).toContain("reviewed");
  });

  it("does not run through the queue on a held key", async () => {
    const { session, press } = await start();
    press("k", { repeat: true });
    expect(session.isReviewed(3)).toBe(false);
    press("ArrowRight", { repeat: true });
    expect(session.current).toBe(1);
  });

  it("stays out of text fields, and of buttons that Enter presses", async () => {
    const { session, root, press } = await start();
    const input = document.createElement("input");
    const button = document.createElement("button");
    root.append(input, button);
    press("k", {}, input);
    press("Enter", {}, button);
    expect(session.isReviewed(3)).toBe(false);
    press("k", {}, button);
    expect(session.isReviewed(3)).toBe(true);
  });

  it("lets keys pass that nobody takes", async () => {
    const { press } = await start();
    expect(press("l").defaultPrevented).toBe(false);
    expect(press("Escape").defaultPrevented).toBe(false);
  });
});

describe("reasons by key", () => {
  it("mark the item alone, and go on", async () => {
    const { model, session, press } = await start();
    const letters = ["w", "a", "g", "s", "x", "d"];
    expect(REASONS.map(printed)).toEqual(letters.map((each) => each.toUpperCase()));
    for (const [i, letter] of letters.entries()) {
      session.select(3);
      press(letter);
      expect(session.current).not.toBe(3);
      expect(session.stateOf(3)).toBe("flagged");
      model.reply("edit", reply(3, 1, "flagged", `event:${i}`));
      await settled();
      expect(model.last("edit").args).toMatchObject({ action: "mark", reason: REASONS[i] });
    }
  });

  it("go with the next decision after Shift, and are taken off by the same key", async () => {
    const { model, session, press } = await start();
    press("W", { shiftKey: true });
    expect(session.reason).toBe("wrong");
    press("W", { shiftKey: true });
    expect(session.reason).toBe("");
    press("X", { shiftKey: true });
    press("k");
    expect(model.last("edit").args).toMatchObject({ action: "keep", reason: "none fits" });
    expect(session.reason).toBe("");
  });

  it("do nothing where the kernel does not take them", async () => {
    const { model, session, press } = await start();
    if (session.hello) session.hello.reasons = ["ambiguous"];
    press("w");
    press("W", { shiftKey: true });
    expect(model.count("edit")).toBe(0);
    expect(session.reason).toBe("");
  });
});

describe("conflicts by key", () => {
  const refusal = {
    type: "Conflict",
    message: "",
    remedy: "",
    cells: [{ item: 3, label: 2, state: "relabelled", event: "event:9", rater: "ben" }],
  };

  it("are gone to, and settled either way", async () => {
    const { model, session, press } = await start();
    expect(press("c").defaultPrevented).toBe(false);
    expect(press("t").defaultPrevented).toBe(false);
    press("Enter");
    model.refuse("edit", refusal);
    await settled();
    press("y");
    expect(model.count("edit")).toBe(1);
    press("c");
    expect(session.current).toBe(3);
    press("y");
    expect(model.last("edit").args).toMatchObject({ label: "cat", expected: { 3: "event:9" } });
    model.refuse("edit", { ...refusal, cells: [{ ...refusal.cells[0], event: "event:10" }] });
    await settled();
    press("c");
    press("t");
    expect(model.count("edit")).toBe(2);
    expect(session.conflicts.items).toEqual([]);
  });
});

describe("commands to panels", () => {
  it("are taken by whoever says so", async () => {
    const { session, root } = await start();
    session.on("command", (wish) => {
      wish.taken = wish.name === "lasso" && wish.from === root;
    });
    expect(command("lasso", root, session)).toBe(true);
    expect(command("fit", root, session)).toBe(false);
  });
});

describe("classes by number", () => {
  it("count from one, with 0 as the tenth", () => {
    const names = Array.from({ length: 12 }, (_, i) => `class ${i}`);
    expect(classOfKey(names, "1")).toBe(0);
    expect(classOfKey(names, "0")).toBe(9);
    expect(keyOfClass(names, 9)).toBe("0");
    expect(keyOfClass(names, 10)).toBeNull();
    expect(classOfKey(["a", "b"], "3")).toBe(-1);
  });

  it("mean the digit itself where the classes are digits", () => {
    const digits = ["0", "1", "2", "3"];
    expect(classOfKey(digits, "3")).toBe(3);
    expect(classOfKey(digits, "7")).toBe(-1);
    expect(keyOfClass(digits, 0)).toBe("0");
  });
});

describe("the keys of a panel", () => {
  it("mean one thing each, in the handler as in the help", () => {
    for (const { group, pressed, name } of PANEL_KEYS)
      for (const each of pressed) expect(panelKey(group, each)).toBe(name);
    expect(panelKey("Merge", "t")).toBe("theirs");
    expect(panelKey("History", "Shift+t")).toBe("tag");
    expect(panelKey("History", "t")).toBeUndefined();
    expect(panelKey("History", "o")).toBeUndefined();
  });
});
