// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settled } from "../core/testing/mockModel";
import { start } from "../core/testing/mockSession";
import { makeChart } from "./chart";

const PLOTLY = Symbol.for("data-quality-explorer.plotly.1");
const page = globalThis as unknown as Record<symbol, unknown>;

let end = new AbortController();
let react = vi.fn();
let sizes: (() => void)[] = [];

beforeEach(() => {
  react = vi.fn(() => Promise.resolve());
  page[PLOTLY] = Promise.resolve({ react, purge: vi.fn() });
  sizes = [];
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(heard: () => void) {
        sizes.push(heard);
      }
      observe(): void {}
      disconnect(): void {}
    },
  );
});
afterEach(() => {
  end.abort();
  delete page[PLOTLY];
  vi.unstubAllGlobals();
});

/** A chart whose page is `wide` pixels wide, 0 while another page is open; the figure comes when `answer` is called. */
async function open() {
  let answer = () => {};
  const waits = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const made = await start({ figure: () => waits.then(() => ({ data: [], layout: {} })) });
  end = made.end;
  const { element } = makeChart(made.session, "p_error", "How suspicious", end.signal);
  document.body.replaceChildren(element);
  const holder = element.querySelector<HTMLElement>(".dqx-chart-holder") as HTMLElement;
  let wide = 0;
  Object.defineProperty(holder, "clientWidth", { get: () => wide });
  Object.defineProperty(holder, "clientHeight", { get: () => (wide ? 200 : 0) });
  const resize = async (to: number) => {
    wide = to;
    for (const heard of sizes) heard();
    await settled();
  };
  return { ...made, answer, holder, resize };
}

describe("a chart", () => {
  it("is asked for when it can be seen, drawn once, and again at another size", async () => {
    const { model, answer, holder, resize } = await open();
    expect(model.count("figure")).toBe(0);
    await resize(400);
    expect(model.count("figure")).toBe(1);
    answer();
    await settled();
    expect(holder.dataset.drawn).toBe("p_error");
    await resize(400);
    expect(react).toHaveBeenCalledTimes(1);
    await resize(500);
    expect(react).toHaveBeenCalledTimes(2);
    expect(model.count("figure")).toBe(1);
  });

  it("that came while another page was open is drawn when its own is back, at the size that it had", async () => {
    const { model, answer, holder, resize } = await open();
    await resize(400);
    await resize(0);
    answer();
    await settled();
    expect(react).not.toHaveBeenCalled();
    await resize(400);
    expect(holder.dataset.drawn).toBe("p_error");
    expect(react).toHaveBeenCalledTimes(1);
    expect(model.count("figure")).toBe(1);
  });
});
