// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { Stage } from "../core/kernel/schema";
import { Session } from "../core/session/session";
import { MockModel, settled, sixItems } from "../core/testing/mockModel";
import { Pipeline } from "./panel";
import { fullName } from "./rerun";
import { duration, rate, summary } from "./words";
import { togetherWords, workWords } from "./work";

function stage(changes: Partial<Stage>): Stage {
  const base = { name: "embed", state: "done" as const, done: 1797, total: 1797, unit: "items" };
  return { ...base, device: "", note: "", seconds: 0, rate: 0, left: null, ...changes };
}

async function start(stages: Stage[], changes = {}) {
  const model = new MockModel({
    ...sixItems({ stages, ...changes }),
    embedders: () => [
      { name: "pixels", about: "pixel values", installed: true },
      { name: "<Hugging Face id or folder>", about: "any", installed: true },
      { name: "dino", about: "needs a download", installed: false },
    ],
    cancel: () => null,
    rerun: () => null,
  });
  const session = new Session("six");
  const end = new AbortController();
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  Pipeline.mount(root, session, end.signal);
  const before = root.textContent;
  session.attach(model.model, end.signal);
  await settled();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  return { model, session, root, find, before };
}

beforeEach(() => localStorage.clear());

describe("words", () => {
  it("say how long, as people do", () => {
    expect([0.42, 12.3, 65, 120, 7800, 7200].map(duration)).toEqual([
      "0.4 s",
      "12 s",
      "1 min 5 s",
      "2 min",
      "2 h 10 min",
      "2 h",
    ]);
    expect([12_400, 3.24].map(rate)).toEqual(["12,400/s", "3.2/s"]);
  });

  it("say what a stage does, how fast, how long still and where", () => {
    const running = stage({
      state: "running",
      done: 61,
      total: 100,
      rate: 15,
      left: 4,
      device: "cuda:0 H100",
    });
    expect(summary(running)).toBe("61 % · 15/s · 4 s left · cuda:0 H100");
    expect(summary(stage({ rate: 12_400, device: "cpu (2 threads)" }))).toBe("1,797 · 12,400/s · cpu");
    expect(summary(stage({ name: "graph", note: "k 50, exact", device: "cpu" }), "cpu (2 threads)")).toBe(
      "k 50 exact",
    );
    expect(summary(stage({ name: "probe", note: "out-of-fold accuracy 0.916" }))).toBe(".916");
    expect(summary(stage({ name: "graph", note: "k 50, inverted file, recall 0.987" }))).toBe(
      "k 50 inverted file .987",
    );
    expect(summary(stage({ name: "score", note: "5 methods; cleanlab failed: too old" }))).toBe(
      "5 methods, 1 failed",
    );
    expect(summary(stage({ name: "layout", note: "UMAP of the neighbour graph" }))).toBe("");
    expect(summary(stage({ state: "failed", note: "No such model." }))).toBe("No such model.");
    expect(summary(stage({ state: "waiting" }))).toBe("");
  });
});

describe("the work", () => {
  it("says at length what was done, and times that add up", () => {
    const done = stage({ rate: 12_400, device: "cpu", note: "pixels: chosen", seconds: 12.3 });
    expect(workWords(done)).toBe("1,797 items, 12,400/s · pixels: chosen · cpu");
    const graph = stage({ name: "graph", unit: "rows", note: "k 50, exact", seconds: 23.9 });
    expect(workWords(graph)).toBe("k 50, exact");
    expect(togetherWords([done, graph])).toBe("Together 36 s");
    expect(togetherWords([stage({ state: "waiting" })])).toBe("");
  });

  it("waits in words until there is a review", async () => {
    const { before } = await start([stage({})]);
    expect(before).toContain("Not connected");
  });

  it("shows each stage with its state, and cancels while one runs", async () => {
    const { root, model, session, find } = await start([
      stage({ state: "running", done: 1 }),
      stage({ name: "layout", state: "waiting" }),
    ]);
    expect([...root.querySelectorAll<HTMLElement>(".dqx-stage")].map((s) => s.dataset.state)).toEqual([
      "running",
      "waiting",
    ]);
    expect(find("cancel").hidden).toBe(false);
    find("cancel").click();
    expect(model.count("cancel")).toBe(1);
    model.say({ event: "stages", stages: [stage({}), stage({ name: "layout" })] });
    await settled();
    expect(find("cancel").hidden).toBe(true);
    expect(root.querySelector(".dqx-work [role=status]")?.textContent).toBe("Embedding done, Map done");
    expect(session.stages).toHaveLength(2);
  });

  it("re-runs with an embedder that is installed", async () => {
    const { root, model, find } = await start([stage({})]);
    find("rerun").click();
    await settled();
    const choices = [...root.querySelectorAll<HTMLButtonElement>(".dqx-pipe-embedder")];
    expect(choices.map((c) => c.disabled)).toEqual([false, true]);
    choices[0]?.click();
    expect(model.last("rerun").args).toEqual({ embedder: "pixels" });
  });

  it("asks for the name where an entry stands for many embedders", async () => {
    const { root, model, find } = await start([stage({})]);
    find("rerun").click();
    await settled();
    expect(root.querySelector("form"), "some hosts block forms").toBeNull();
    const input = root.querySelector(".dqx-pipe-family input") as HTMLInputElement;
    root.querySelector<HTMLElement>(".dqx-pipe-family button")?.click();
    expect(model.count("rerun")).toBe(0);
    input.value = " some/model ";
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    expect(model.last("rerun").args).toEqual({ embedder: "some/model" });
    expect(fullName("timm:", "resnet18")).toBe("timm:resnet18");
    expect(fullName("timm:", "timm:resnet18")).toBe("timm:resnet18");
  });

  it("counts decisions and suspects, and says when the embedding is not to be trusted", async () => {
    const { find, root } = await start([stage({})], { trust: "Neighbours agree on 41 % only." });
    expect(find("reviewed").textContent).toBe("0 reviewed · 0 changed");
    expect(find("trust").textContent).toContain("41 %");
    expect(root.querySelector("img")).toBeNull();
  });
});
