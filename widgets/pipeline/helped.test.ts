// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { Helped, HelpedState, Stage } from "../core/kernel/schema";
import { type Answers, settled } from "../core/testing/mockModel";
import { start as startSession } from "../core/testing/mockSession";
import { command } from "../core/ui/keys";
import { failedWords, makeFailed } from "./failures";
import { makeHelped } from "./helped";
import { accuracy, figure, flips, howFar, signed } from "./helpedWords";

/** Without the spaces that no line may break at. */
const plain = (text: string | null | undefined) => text?.replaceAll("\u00a0", " ");
const EVIL = "<img src=x onerror=alert(1)>";
const FOUND: Helped = {
  verdict: "The corrections helped",
  before: 0.871,
  after: 0.902,
  difference: 0.031,
  low: 0.008,
  high: 0.054,
  judged: 143,
  changed: 60,
  reviewed: true,
  few: false,
  note: "Judged on the 143 reviewed items only.",
  gained: 0,
  lost: 0,
  lost_items: [],
  classes: [
    { name: EVIL, judged: 90, before: 0.9, after: 1, difference: 0.1, low: 0.02, high: 0.2 },
    { name: "newt", judged: 9, before: 0.5, after: 0.5, difference: 0, low: -0.8, high: 0.8 },
    { name: "dog", judged: 53, before: 0.82, after: 0.74, difference: -0.08, low: -0.2, high: 0.05 },
  ],
  omitted: 0,
  time: new Date(new Date().setHours(9, 12, 0, 0)).toISOString(),
};
const STAGE: Stage = {
  name: "helped",
  state: "running",
  done: 13,
  total: 52,
  unit: "epochs",
  device: "cpu",
  note: "taught on the given labels",
  seconds: 2,
  rate: 6.5,
  left: 6,
};
const NONE: HelpedState = { state: "none", stage: null, result: null, error: null, since: 0 };
const RUNNING: HelpedState = { ...NONE, state: "running", stage: STAGE };
const DONE: HelpedState = { ...NONE, state: "done", result: FOUND };
const COUNTS = { reviewed: 2, relabelled: 2, kept: 0, flagged: 0, suspects: 3 };

const start = async (answers: Answers = {}, counts = COUNTS) => {
  const all = await startSession(
    { helped: () => NONE, helped_start: () => RUNNING, helped_cancel: () => RUNNING, ...answers },
    { counts },
  );
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const { session, model, end, notices } = all;
  const section = makeHelped({ root, session, signal: end.signal, leave() {} });
  root.append(section.element);
  section.shown();
  await settled();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  return {
    session,
    model,
    notices,
    root,
    find,
    section,
    push: (state: HelpedState) => model.say({ event: "helped", ...state }),
  };
};

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("did it help, in words", () => {
  it("says accuracy before and after, the difference and its interval", () => {
    expect(plain(accuracy(FOUND))).toBe(
      "Accuracy on 143 reviewed items: .871 → .902, + .031 (95 %: + .008 to + .054)",
    );
    expect(plain(accuracy({ ...FOUND, reviewed: false, difference: -0.031, low: -0.06, high: 0.0001 }))).toBe(
      "Accuracy on 143 items, none of them reviewed: .871 → .902, − .031 (95 %: − .060 to ± .000)",
    );
    expect(accuracy({ ...FOUND, changed: 0, judged: 1 })).toBe("Accuracy on 1 reviewed item: .902");
    expect(accuracy({ ...FOUND, judged: 0, before: null, after: null })).toBe("");
    expect([1, 0, null].map(figure)).toEqual(["1.000", ".000", "–"]);
    expect(signed(-1)).toBe("−\u00a01.000");
  });

  it("says how far it is, how fast, and how long still", () => {
    expect(howFar(STAGE)).toBe("Taught on the given labels · 25 % · 6 s left · 6.5 epochs/s on cpu");
    expect(howFar(null)).toBe("Begins …");
  });
});

describe("did it help", () => {
  it("waits to be asked where nothing has been changed yet", async () => {
    const { model, find } = await start({}, { ...COUNTS, relabelled: 0 });
    expect(model.count("helped_start")).toBe(0);
    expect(find("helped-again").textContent).toBe("Compare");
    find("helped-again").click();
    expect(model.count("helped_start")).toBe(1);
  });

  it("runs when it is first looked at, shows progress and says what came out", async () => {
    const { root, model, find, push } = await start();
    expect(model.count("helped_start")).toBe(1);
    expect(find("helped-progress").textContent).toBe(howFar(STAGE));
    expect(root.querySelector("progress")?.value).toBe(0.25);
    push(DONE);
    expect(find("helped-progress").closest("[hidden]")).not.toBeNull();
    expect([...find("helped-said").children].map((line) => line.textContent)).toEqual([
      "The corrections helped.",
      `${accuracy(FOUND)}.`,
    ]);
    expect(find("helped-again").hidden, "the same labels would give the same").toBe(true);
    expect(find("helped-panel").textContent).toContain("Judged on the 143 reviewed items only.");
    const rows = [...root.querySelectorAll('[data-dqx="helped-classes"] tbody tr')];
    expect(rows.map((row) => [...row.children].map((cell) => plain(cell.textContent)))).toEqual([
      [EVIL, "90", ".900", "1.000", "+ .100", "+ .020 to + .200"],
      ["newt", "9", "too few to tell", "", "", ""],
      ["dog", "53", ".820", ".740", "− .080", "− .200 to + .050"],
    ]);
    expect(root.querySelector("img")).toBeNull();
  });

  it("says which items the model gets wrong since, and shows them", async () => {
    expect(flips({ ...FOUND, gained: 1, lost: 0 })).toBe("1 is right only now, 0 were right only before");
    const { session, find, push } = await start();
    push(DONE);
    expect(find("helped-lost").hidden).toBe(true);
    push({ ...DONE, result: { ...FOUND, gained: 12, lost: 2, lost_items: [4, 2] } });
    expect(find("helped-said").lastElementChild?.textContent).toBe(
      "Of these 12 are right only now, 2 were right only before.",
    );
    find("helped-lost").click();
    expect(session.queue).toEqual([4, 2]);
  });

  it("can be cancelled, and asked again", async () => {
    const { model, find, push } = await start();
    const cancel = find("helped-cancel");
    cancel.focus();
    cancel.click();
    expect(model.count("helped_cancel")).toBe(1);
    await settled();
    push({ ...NONE, state: "cancelled" });
    expect(find("helped-said").textContent).toBe("Cancelled; nothing was changed.");
    expect(document.activeElement, "the button that had the keyboard is gone").toBe(find("helped-panel"));
    find("helped-again").click();
    expect(model.count("helped_start")).toBe(2);
  });

  it("goes on while nobody looks, and tells in a notice that leads back", async () => {
    const { session, root, notices, section, push } = await start();
    root.hidden = true;
    push(DONE);
    expect(notices.at(-1)?.text).toBe(`Did it help? The corrections helped. ${accuracy(FOUND)}`);
    const asked: string[] = [];
    session.on("command", (wish) => asked.push(wish.name));
    notices.at(-1)?.act?.run();
    expect(asked).toEqual(["details-helped"]);
    root.hidden = false;
    section.shown();
    expect(root.textContent).toContain("The corrections helped.");
  });

  it("says what the kernel refuses and what failed, in its place", async () => {
    const { find, push } = await start({
      helped_start: () =>
        Promise.reject({ type: "DataError", message: "The items are not embedded yet.", remedy: "Wait." }),
    });
    expect(find("helped-said").textContent).toBe(
      "It could not be told: The items are not embedded yet. Wait.",
    );
    expect(find("helped-again").hidden).toBe(false);
    push({ ...NONE, state: "failed", error: { message: `ValueError: ${EVIL}`, remedy: "" } });
    expect(find("helped-said").textContent).toBe(`It could not be told: ValueError: ${EVIL}`);
  });

  it("says of which labels the result is once others have changed", async () => {
    let state = DONE;
    const { model, find } = await start({ helped: () => state });
    expect(model.count("helped_start"), "there is an answer already").toBe(0);
    state = { ...DONE, since: 2 };
    model.say({ event: "cells", cells: [], counts: COUNTS, saved: "", classes: ["cat", "dog", "newt"] });
    await settled();
    expect(find("helped-said").textContent).toContain("This is as of 09:12, before 2 changes.");
    find("helped-again").click();
    expect(model.count("helped_start")).toBe(1);
  });
});

describe("a method that fails", () => {
  const failures = (methods: { name: string; title: string; error: string }[], following = "") => ({
    methods,
    following,
  });

  it("is said by name with its error where nobody has to look, and the list is one click away", async () => {
    let answer = failures([{ name: "my_method", title: "My method", error: `ValueError: ${EVIL}` }]);
    const { session, model, end } = await startSession(
      { failures: () => answer },
      { trust: "Not to be trusted." },
    );
    const root = document.createElement("div");
    root.className = "dqx-explorer";
    document.body.replaceChildren(root);
    const line = makeFailed(session, root, end.signal);
    root.append(line);
    await settled();
    const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
    const again = async () => {
      model.say({ event: "scores", trust: session.hello?.trust ?? null });
      await settled();
    };
    expect(line.hidden).toBe(false);
    expect(line.querySelector("[role=status]")?.textContent).toBe(
      `1 method failed: my_method: ValueError: ${EVIL}; the rest go on; Not to be trusted.`,
    );
    expect(root.querySelector("img")).toBeNull();
    const asked: string[] = [];
    session.on("command", (wish) => asked.push(wish.name));
    find("failed-methods").click();
    // Once read it stays away, until there is something else to say.
    find("failed-dismiss").click();
    await again();
    expect(line.hidden).toBe(true);
    answer = failures([...answer.methods, { name: "other", title: "Other", error: "KeyError: 'x'" }]);
    await again();
    expect(line.hidden).toBe(false);
    answer = failures([]);
    await again();
    expect(line.querySelector("[role=status]")?.textContent).toBe("Not to be trusted.");
    find("failed-methods").click();
    expect(asked).toEqual(["details-methods", "details-data"]);
    expect(command("details", root, session), "nobody is there to take it").toBe(false);
    end.abort();
  });

  it("is put in few words", () => {
    const one = { name: "mine", title: "Mine", error: `Error: ${"x".repeat(500)}\n  in line 3` };
    expect(failedWords(failures([one])).length).toBeLessThan(220);
    expect(failedWords(failures([one, { ...one, name: "b", error: "no" }]))).toMatch(
      /^2 methods failed: mine: Error: x+…; b: no; the rest go on$/,
    );
    expect(failedWords(failures([], "ValueError: no"))).toBe(
      "the scores have not followed the last change: ValueError: no",
    );
    expect(failedWords(failures([]))).toBe("");
  });
});
