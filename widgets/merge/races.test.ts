// @vitest-environment happy-dom
/** Keys pressed while something is on its way: each is taken or answered in words, whatever comes in which order. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Session } from "../core/session/session";
import type { Notice } from "../core/state/topics";
import { type Answers, MockModel, settled, sixItems } from "../core/testing/mockModel";
import { mergeAnswers, viewOf } from "./fixture";
import { openMerge } from "./view";

const LOCKED = { type: "StoreError", message: "The store is locked.", remedy: "Try again." };

/** Answers to the calls of one name, held back until a test lets them go; each is made when the call comes in. */
class Held {
  private readonly waiting: {
    yes: (result: unknown) => void;
    no: (error: unknown) => void;
    result: unknown;
  }[] = [];

  answers(make: (args: Record<string, unknown>) => unknown) {
    return (args: Record<string, unknown>) =>
      new Promise((yes, no) => this.waiting.push({ yes, no, result: make(args) }));
  }

  async go(): Promise<void> {
    const first = this.waiting.shift();
    if (!first) throw new Error("No call waits.");
    first.yes(first.result);
    await settled();
  }

  async refuse(error: object = LOCKED): Promise<void> {
    const first = this.waiting.shift();
    if (!first) throw new Error("No call waits.");
    first.no(error);
    await settled();
  }
}

async function start(answers: Answers = {}) {
  const model = new MockModel({ ...sixItems(), ...mergeAnswers(), ...answers });
  const session = new Session("six");
  const end = new AbortController();
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const notices: Notice[] = [];
  session.on("notice", (notice) => notices.push(notice));
  session.attach(model.model, end.signal);
  await settled();
  openMerge(root, session, "shoes", end.signal);
  await settled();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const press = async (key: string, on: Element = find("merge")) => {
    on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await settled();
  };
  const words = () => find("merge-words").textContent ?? "";
  const wrong = () => (find("merge-error").hidden ? "" : (find("merge-error").textContent ?? ""));
  const commit = () => find("merge-commit") as HTMLButtonElement;
  return { model, session, end, root, find, press, notices, words, wrong, commit };
}

const made = (answers: Answers, call: string) => answers[call] as (args: object) => unknown;

beforeEach(() => localStorage.clear());

describe("a key pressed while the merge is read", () => {
  it.each(["o", "t", "u", "2", "Enter"])("says so before the first view: %s", async (key) => {
    const held = new Held();
    const { press, wrong, words, model } = await start({ merge: held.answers(() => viewOf("two")) });
    await press(key);
    expect(wrong()).toContain("still being read");
    await held.go();
    expect(words()).toContain("2 of 2 conflicts open");
    expect(wrong()).toBe("");
    expect(model.count("resolve") + model.count("mergeCommit")).toBe(0);
    await press("t");
    expect(model.count("resolve")).toBe(1);
  });

  it("asks again where the first look failed", async () => {
    let locked = true;
    const { press, wrong, words, model } = await start({
      merge: () => (locked ? Promise.reject(LOCKED) : viewOf("two")),
    });
    expect(wrong()).toContain("The store is locked.");
    locked = false;
    await press("t");
    expect(model.count("merge")).toBe(2);
    expect(words()).toContain("2 of 2");
    expect(wrong()).toBe("");
  });

  it("is taken while a later look is on its way, whose answer of before does not undo it", async () => {
    const answers = mergeAnswers("one");
    const held = new Held();
    const { press, commit, session, model, words } = await start({
      ...answers,
      merge: held.answers(made(answers, "merge")),
    });
    await held.go();
    for (const topic of ["labels", "hello", "versions"] as const) session.emit(topic, session.hello as never);
    await vi.waitFor(() => expect(model.count("merge")).toBe(2));
    await press("t");
    expect(commit().disabled).toBe(false);
    // Made before the key was pressed: its conflict is open.
    await held.go();
    expect(commit().disabled).toBe(false);
    expect(model.last("resolve").args).toMatchObject({ itemId: "id-3", pick: "theirs" });
    expect(words()).toContain("its conflict resolved");
  });

  it.each(["labels", "hello", "versions"] as const)(
    "is not undone by a burst of %s after it",
    async (topic) => {
      const { press, commit, session, model } = await start(mergeAnswers("one"));
      session.emit(topic, session.hello as never);
      await press("t");
      for (let i = 0; i < 5; i++) session.emit(topic, session.hello as never);
      await vi.waitFor(() => expect(model.count("merge")).toBe(2));
      await settled();
      expect(commit().disabled).toBe(false);
    },
  );

  it("is taken right after the theme changed twice", async () => {
    const { press, commit, model } = await start(mergeAnswers("one"));
    document.body.dataset.jpThemeLight = "false";
    await settled();
    document.body.dataset.jpThemeLight = "true";
    await press("t");
    delete document.body.dataset.jpThemeLight;
    expect(model.count("resolve")).toBe(1);
    expect(commit().disabled).toBe(false);
  });
});

describe("a choice on its way", () => {
  it("is one of several, and the answers to the first ones do not open the later ones", async () => {
    const answers = mergeAnswers();
    const held = new Held();
    const { press, words, model } = await start({
      ...answers,
      resolve: held.answers(made(answers, "resolve")),
    });
    await press("o");
    await press("t");
    expect(words()).toContain("all 2 conflicts resolved");
    // One after another: the second goes out when the first is answered.
    expect(model.count("resolve")).toBe(1);
    await held.go();
    expect(words()).toContain("all 2 conflicts resolved");
    await held.go();
    expect(words()).toContain("all 2 conflicts resolved");
    expect(model.last("resolve").args).toMatchObject({ itemId: "id-1", pick: "theirs" });
  });

  it("is sent even where drawing it fails", async () => {
    const { press, model, session } = await start();
    const broken = vi.spyOn(session, "classes", "get").mockImplementation(() => {
      throw new Error("A label cannot be drawn.");
    });
    const ignore = (event: ErrorEvent) => event.preventDefault();
    globalThis.addEventListener("error", ignore);
    await press("t").catch(() => {});
    globalThis.removeEventListener("error", ignore);
    broken.mockRestore();
    await settled();
    expect(model.count("resolve")).toBe(1);
  });

  it("is shown as open again, with the reason, where it is refused and the next look is refused too", async () => {
    let locked = false;
    const { press, commit, wrong } = await start({
      ...mergeAnswers("one"),
      merge: () => (locked ? Promise.reject(LOCKED) : viewOf("one")),
      resolve: () => Promise.reject(LOCKED),
    });
    locked = true;
    await press("t");
    expect(wrong()).toContain("The store is locked.");
    expect(commit().disabled).toBe(true);
  });

  it("says why it could not be taken back, though all is chosen still", async () => {
    const { press, wrong, words } = await start({
      ...mergeAnswers("one"),
      unresolve: () => Promise.reject(LOCKED),
    });
    await press("u");
    expect(wrong()).toContain("Nothing is chosen");
    await press("t");
    expect(wrong()).toBe("");
    await press("u");
    expect(words()).toContain("its conflict resolved");
    expect(wrong()).toContain("The store is locked.");
  });

  it("keeps the keyboard where its button is disabled by it", async () => {
    const { press, find, root } = await start(mergeAnswers("one"));
    await press("t");
    find("merge-unresolve").focus();
    find("merge-unresolve").click();
    await settled();
    expect((find("merge-unresolve") as HTMLButtonElement).disabled).toBe(true);
    expect(document.activeElement).toBe(root.querySelector('[data-dqx="merge"]'));
  });
});

describe("a merge on its way", () => {
  const resolved = () => viewOf("one", "id-3 ours");

  it.each(["o", "2", "u", "Enter"])("lets nothing be changed, and says so: %s", async (key) => {
    const held = new Held();
    const { press, model, wrong } = await start({
      ...mergeAnswers("one", "id-3 ours"),
      mergeCommit: held.answers(() => null),
    });
    await press("Enter");
    await press(key);
    expect(wrong()).toContain("The merge is being written");
    expect(model.count("resolve") + model.count("unresolve")).toBe(0);
    expect(model.count("mergeCommit")).toBe(1);
    await held.refuse();
    expect(wrong()).toContain("The store is locked.");
    await press("t");
    expect(model.count("resolve")).toBe(1);
  });

  it("can be made again where it and the look after it were refused", async () => {
    let locked = false;
    const { press, commit, wrong } = await start({
      ...mergeAnswers("one", "id-3 ours"),
      merge: () => (locked ? Promise.reject(LOCKED) : resolved()),
      mergeCommit: () => Promise.reject(LOCKED),
    });
    locked = true;
    await press("Enter");
    expect(wrong()).toContain("The store is locked.");
    expect(commit().disabled).toBe(false);
  });

  it("that is refused after the view was closed is told as a notice", async () => {
    const held = new Held();
    const { press, notices, model } = await start({
      ...mergeAnswers("one", "id-3 ours"),
      mergeCommit: held.answers(() => null),
    });
    await press("Enter");
    await press("Escape");
    const looks = model.count("merge");
    await held.refuse();
    expect(notices).toEqual([
      { kind: "error", text: "shoes was not merged. The store is locked.", remedy: "Try again." },
    ]);
    expect(model.count("merge")).toBe(looks);
  });

  it("tells of a choice that is refused after the view was closed, too, and of nothing else", async () => {
    const held = new Held();
    const { press, notices } = await start({ resolve: held.answers(() => null) });
    await press("t");
    await press("Escape");
    await held.refuse();
    expect(notices.map(({ text }) => text)).toEqual([
      "A choice in the merge of shoes was not kept. The store is locked.",
    ]);
  });

  it("is closed with a word where its branch becomes the current one", async () => {
    const { session, notices, root } = await start();
    if (session.hello) session.hello.store.branch = "shoes";
    session.emit("hello", session.hello as never);
    expect(root.querySelector('[data-dqx="merge"]')).toBeNull();
    expect(notices[0]?.text).toContain("shoes is the current branch now");
  });
});
