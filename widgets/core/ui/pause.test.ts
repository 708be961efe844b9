import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { afterPause } from "./pause";

describe("work that waits for a pause", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is done once, after the last that asked", () => {
    const run = vi.fn();
    const { ask } = afterPause(run, 100, 1000, new AbortController().signal);
    ask();
    vi.advanceTimersByTime(60);
    ask();
    vi.advanceTimersByTime(60);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(40);
    expect(run).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(2000);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("does not wait for ever", () => {
    const run = vi.fn();
    const { ask } = afterPause(run, 100, 250, new AbortController().signal);
    for (let i = 0; i < 10; i++) {
      ask();
      vi.advanceTimersByTime(50);
    }
    expect(run).toHaveBeenCalledTimes(2);
  });

  it("can be done at once, and not a second time", () => {
    const run = vi.fn();
    const { ask, now } = afterPause(run, 100, 250, new AbortController().signal);
    now();
    expect(run).not.toHaveBeenCalled();
    ask();
    now();
    vi.advanceTimersByTime(500);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("ends with its signal", () => {
    const run = vi.fn();
    const end = new AbortController();
    afterPause(run, 100, 250, end.signal).ask();
    end.abort();
    vi.advanceTimersByTime(500);
    expect(run).not.toHaveBeenCalled();
  });
});
