// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { BlindQuestion } from "../core/kernel/schema";
import { type Answers, settled } from "../core/testing/mockModel";
import { start as startSession } from "../core/testing/mockSession";
import { makeBlind } from "./blind";

const EVIL = "<img src=x onerror=alert(1)>";

const start = async (options = ["cat", "dog", EVIL], answers: Answers = {}) => {
  let left = 2;
  const question = (): BlindQuestion | null =>
    left > 0 ? { item: left, options, suggestion: null, text: `${EVIL} ${left}`, picture: null } : null;
  const all = await startSession({
    blind: () => ({ question: question(), left }),
    blind_answer: () => {
      left--;
      return null;
    },
    blind_end: () => null,
    ...answers,
  } as Answers);
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const section = makeBlind({ root, session: all.session, signal: all.end.signal, leave: () => {} });
  root.append(section.element);
  section.shown();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const begin = async () => {
    find("blind-begin")
      .closest("form")
      ?.dispatchEvent(new Event("submit", { cancelable: true }));
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
    expect(find("blind-word").textContent).toBe("2 items to answer");
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
    expect(find("blind-begin").closest("form")?.hidden).toBe(false);
    const refused = await start(undefined, {
      blind: () => Promise.reject({ type: "DataError", message: "No.", remedy: "Wait." }),
    } as Answers);
    await refused.begin();
    expect(refused.find("blind-word").textContent).toBe("No. Wait.");
  });
});
