// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { BlindQuestion, ResolutionOutlook } from "../core/kernel/schema";
import { type Answers, settled } from "../core/testing/mockModel";
import { start as startSession } from "../core/testing/mockSession";
import { makeBlind } from "./blind";

const EVIL = "<img src=x onerror=alert(1)>";

const OUTLOOK: ResolutionOutlook = {
  sentence: "By more than half of an item's votes, 3 labels would change and 1 be kept.",
  decides: 4,
  changed: 3,
  kept: 1,
  several: 0,
  neither: 0,
  undecided: 1,
  few: 2,
  changes: [
    ["cat", EVIL, 2],
    ["", "dog", 1],
  ],
  more: 1,
  stamp: "abc",
};

const start = async (options = ["cat", "dog", EVIL], answers: Answers = {}) => {
  let left = 2;
  const question = (): BlindQuestion | null =>
    left > 0 ? { item: left, options, suggestion: null, text: `${EVIL} ${left}`, picture: null } : null;
  const all = await startSession({
    blind: ({ again }: { again?: number }) =>
      again === undefined
        ? { question: question(), left }
        : { question: { item: again, options, suggestion: null, text: "again", picture: null }, left },
    blind_answer: () => {
      left--;
      return null;
    },
    blind_end: () => null,
    resolution_outlook: () => OUTLOOK,
    resolution: () => ({ sentence: "By more than half of an item's votes, 3 labels changed." }),
    ...answers,
  } as Answers);
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const section = makeBlind({ root, session: all.session, signal: all.end.signal, leave: () => {} });
  root.append(section.element);
  section.shown();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const begin = async () => {
    expect(root.querySelector("form"), "some hosts block forms").toBeNull();
    const enter = { key: "Enter", bubbles: true, cancelable: true };
    find("blind-rater").dispatchEvent(new KeyboardEvent("keydown", enter));
    await settled();
  };
  const press = async (key: string) => {
    find("blind").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await settled();
  };
  return { ...all, root, find, begin, press };
};

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("second opinions", () => {
  it("ask which class it is, and digits answer", async () => {
    const { root, find, begin, press, model } = await start();
    expect((find("blind-rater") as HTMLInputElement).value).toBe("ann");
    await begin();
    const args = { rater: "ann", mode: "label", votes: 3, hide_suggestion: true };
    expect(model.last("blind").args).toEqual(args);
    expect(find("blind").textContent).toContain(`${EVIL} 2`);
    expect(root.querySelector("img")).toBeNull();
    expect(find("blind-word").textContent).toBe("ann: 2 items to answer");
    expect(find("blind-asked").textContent).toBe("Which class is it?");
    expect(root.querySelector('[data-dqx="blind-back"], [data-dqx="blind-find"]')).toBeNull();
    expect(find("resolve").hidden, "nothing else is in sight").toBe(true);
    let heard = 0;
    root.addEventListener("keydown", () => heard++);
    await press("2");
    expect(model.last("blind_answer").args).toEqual({ ...args, item: 2, answer: "dog" });
    expect(heard, "the desk hears nothing of it").toBe(0);
    await press("9");
    expect(model.count("blind_answer")).toBe(1);
    find("blind-pass").click();
    await settled();
    expect(model.last("blind_answer").args).toEqual({ ...args, item: 1, answer: null });
    expect(find("blind-word").textContent).toBe("All is answered. Thank you.");
    expect(model.last("blind_end").args).toEqual({ name: "ann" });
    expect(find("blind").hidden).toBe(true);
  });

  it("ask for a choice by the keys 1 to 4", async () => {
    const { find, begin, press, model } = await start(["dog", "cat"]);
    const mode = find("blind-mode") as HTMLSelectElement;
    mode.value = "choice";
    mode.dispatchEvent(new Event("change"));
    await begin();
    expect(model.last("blind").args).toMatchObject({ mode: "choice", votes: 5, hide_suggestion: true });
    const texts = [...find("blind").querySelectorAll('[data-dqx="blind-answer"]')].map(
      (each) => each.textContent,
    );
    expect(texts).toEqual(["dog1", "cat2", "both fit3", "neither fits4"]);
    await press("5");
    expect(model.count("blind_answer")).toBe(0);
    await press("4");
    expect(model.last("blind_answer").args).toMatchObject({ item: 2, answer: "neither" });
    await press("1");
    expect(model.last("blind_answer").args).toMatchObject({ item: 1, answer: "first" });
  });

  it("stop, and say what is refused", async () => {
    const { find, begin, model } = await start();
    await begin();
    find("blind-stop").click();
    await settled();
    expect(model.count("blind_end")).toBe(1);
    expect(find("blind-form").hidden).toBe(false);
    const refused = await start(undefined, {
      blind: () => Promise.reject({ type: "DataError", message: "No.", remedy: "Wait." }),
    } as Answers);
    await refused.begin();
    expect(refused.find("blind-word").textContent).toBe("No. Wait.");
  });

  it("ask once more about the item before, and take a letter for no answer", async () => {
    const { find, begin, press, model } = await start();
    await begin();
    await press("a");
    expect(model.last("blind_answer").args).toMatchObject({ item: 2, answer: null });
    await press("u");
    expect(model.last("blind").args).toMatchObject({ again: 2 });
    expect(find("blind-word").textContent).toBe("ann: once more, the item before");
    await press("1");
    expect(model.last("blind_answer").args).toMatchObject({ item: 2, answer: "cat" });
  });

  it("begin again after Stop met a call under way", async () => {
    let reply: (value: null) => void = () => {};
    const { find, begin, press, model } = await start(undefined, {
      blind_answer: () => new Promise<null>((resolve) => (reply = resolve)),
    } as Answers);
    await begin();
    await press("1");
    find("blind-stop").click();
    await settled();
    reply(null);
    await settled();
    expect(find("blind").hidden).toBe(true);
    expect(model.count("blind")).toBe(1);
    await begin();
    expect(model.count("blind")).toBe(2);
    expect(find("blind").hidden).toBe(false);
  });

  it("let a question that comes after Stop pass", async () => {
    let reply: (value: unknown) => void = () => {};
    const { find, begin } = await start(undefined, {
      blind: () => new Promise((resolve) => (reply = resolve)),
    } as Answers);
    await begin();
    reply({ question: { item: 2, options: ["cat"], suggestion: null, text: "", picture: null }, left: 2 });
    await settled();
    find("blind-pass").click();
    await settled();
    find("blind-stop").click();
    await settled();
    const word = find("blind-word").textContent;
    reply({ question: { item: 1, options: ["cat"], suggestion: null, text: "", picture: null }, left: 1 });
    await settled();
    expect(find("blind").hidden).toBe(true);
    expect(find("blind-word").textContent).toBe(word);
  });

  it("keep the way back while a call is under way, and where one fails", async () => {
    let fails = true;
    const { find, begin, press, model } = await start(undefined, {
      blind: ({ again }: { again?: number }) => {
        if (again !== undefined && fails)
          return Promise.reject({ type: "DataError", message: "No.", remedy: "" });
        return {
          question: { item: again ?? 7, options: ["cat"], suggestion: null, text: "", picture: null },
          left: 2,
        };
      },
    } as Answers);
    await begin();
    await press("1");
    await press("u");
    expect(find("blind-word").textContent).toBe("No.");
    fails = false;
    await press("u");
    expect(model.last("blind").args).toMatchObject({ again: 7 });
    expect(find("blind-word").textContent).toBe("ann: once more, the item before");
  });

  it("find one of many classes by its name, and no new one", async () => {
    const many = Array.from({ length: 14 }, (_, n) => `kind ${n + 1}`);
    const { root, find, begin, press, model } = await start(many);
    await begin();
    expect(root.querySelectorAll('[data-dqx="blind-answer"]').length).toBe(10);
    const input = find("blind-find") as HTMLInputElement;
    await press("/");
    expect(document.activeElement).toBe(input);
    const type = (text: string) => {
      input.value = text;
      input.dispatchEvent(new Event("input"));
    };
    type("zebra");
    expect(root.querySelector('[data-dqx="new-class"]')).toBeNull();
    expect(find("blind").textContent).toContain("no class is called so");
    type("13");
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    await settled();
    expect(model.last("blind_answer").args).toMatchObject({ answer: "kind 13" });
  });
});

describe("votes", () => {
  it("become labels by a rule, after it is said what would change", async () => {
    const { root, find, model, notices } = await start();
    await settled();
    expect(model.last("resolution_outlook").args).toEqual({ rule: "majority", votes: 3 });
    expect(find("resolve-word").textContent).toBe(OUTLOOK.sentence);
    const rows = [...root.querySelectorAll('[data-dqx="resolve-changes"] tbody tr')];
    expect(rows.map((row) => [...row.children].map((cell) => cell.textContent))).toEqual([
      ["cat", EVIL, "2"],
      ["none", "dog", "1"],
    ]);
    expect(root.querySelector("img")).toBeNull();
    const rule = find("resolve-rule") as HTMLSelectElement;
    rule.value = "unanimous";
    rule.dispatchEvent(new Event("change"));
    expect((find("resolve-go") as HTMLButtonElement).disabled, "it is counted anew").toBe(true);
    await settled();
    expect(find("resolve-go").textContent).toBe("Decide on 4 items");
    find("resolve-go").click();
    await settled();
    expect(model.last("resolution").args).toEqual({ rule: "unanimous", votes: 3, stamp: "abc" });
    expect(notices.at(-1)?.text).toContain("3 labels changed");
    expect(find("resolve-go").hidden).toBe(true);
  });

  it("say why they become none", async () => {
    const none = await start(undefined, {
      resolution_outlook: () => Promise.reject({ type: "DataError", message: "No.", remedy: "Add one." }),
    } as Answers);
    await settled();
    expect(none.find("resolve-word").textContent).toBe("No. Add one.");
    expect(none.find("resolve-go").hidden).toBe(true);
    const stale = await start(undefined, {
      resolution: () => Promise.reject({ type: "DataError", message: "Changed.", remedy: "Look again." }),
    } as Answers);
    await settled();
    stale.find("resolve-go").click();
    await settled();
    expect(stale.find("resolve-word").textContent).toBe("Changed. Look again.");
  });
});
