// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settled } from "../testing/mockModel";
import { COUNTS, start } from "../testing/mockSession";
import { seeEstimate } from "./estimate";

type Told = (entries: Partial<IntersectionObserverEntry>[]) => void;
let told: Told = () => {};
let end: AbortController;

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(callback: Told) {
        told = callback;
      }
      observe(): void {}
      disconnect(): void {}
    },
  );
});
afterEach(() => {
  end.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function watched() {
  const all = await start();
  end = all.end;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  vi.useFakeTimers();
  seeEstimate(root, all.session, all.end.signal);
  await vi.advanceTimersByTimeAsync(5000);
  let version = 0;
  /** What a decision does to the scores of two rows. */
  const follow = () =>
    all.model.push({
      event: "scores_rows",
      version: ++version,
      rows: Int32Array.of(5),
      p_error: Float32Array.of(0.6 - version / 1000),
      suggested: Int32Array.of(1),
      suspect: Uint8Array.of(1),
      counts: COUNTS,
    });
  return { ...all, follow };
}

describe("the estimate of what is left", () => {
  it("is asked for at most once a second, and once after the last decision", async () => {
    const { model, follow } = await watched();
    const before = model.count("left");
    for (let i = 0; i < 20; i++) {
      follow();
      await vi.advanceTimersByTimeAsync(300);
    }
    expect(model.count("left") - before).toBeLessThanOrEqual(6);
    await vi.advanceTimersByTimeAsync(3000);
    const after = model.count("left");
    expect(after).toBeGreaterThan(before);
    await vi.advanceTimersByTimeAsync(9000);
    expect(model.count("left")).toBe(after);
  });

  it("is not asked for while nobody sees it, and once when somebody does again", async () => {
    const { model, follow } = await watched();
    const before = model.count("left");
    told([{ isIntersecting: false }]);
    for (let i = 0; i < 5; i++) {
      follow();
      await vi.advanceTimersByTimeAsync(2000);
    }
    expect(model.count("left")).toBe(before);
    told([{ isIntersecting: true }]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(model.count("left")).toBe(before + 1);
    vi.useRealTimers();
    await settled();
  });
});
