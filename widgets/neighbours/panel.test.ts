// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settled } from "../core/testing/mockModel";
import { start } from "../core/testing/mockSession";
import { classColour } from "../core/ui/theme";
import { Neighbours } from "./panel";

let width = 0;
beforeEach(() => {
  localStorage.clear();
  width = 480;
  document.body.dataset.jpThemeLight = "true";
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockImplementation(() => width);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockImplementation(() => (width === 0 ? 0 : 200));
});
afterEach(() => {
  vi.restoreAllMocks();
  delete document.body.dataset.jpThemeLight;
});

const card = {
  item: 3,
  id: "id-3",
  name: "row 3",
  given: 1,
  current: 1,
  suggested: 0,
  suggested_p: null,
  p_error: null,
  rank: 1,
  ranked: 6,
  why: [],
  badges: [],
  preview: { kind: "text", text: "meow" },
  same: [],
  other: [],
  neighbours: [
    { item: 0, similarity: 0.9, relation: -0.8, label: 0 },
    { item: 2, similarity: 0.8, relation: 0.7, label: 1 },
  ],
  history: [],
};

async function show() {
  const { session, end } = await start({ card: () => card });
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  Neighbours.mount(root, session, end.signal);
  await settled();
  return { root, end };
}

const frames = (root: HTMLElement): string[] =>
  [...root.querySelectorAll<HTMLElement>(".dqx-ego-middle, .dqx-ego-picture")].map(
    (each) => each.style.borderColor,
  );

describe("the neighbours", () => {
  it("take the new theme's colours at once, also while the page has no size", async () => {
    const { root, end } = await show();
    const inTheme = (dark: boolean) => [1, 0, 1].map((code) => classColour(code, dark));
    expect(frames(root).sort()).toEqual(inTheme(false).sort());
    width = 0;
    document.body.dataset.jpThemeLight = "false";
    await settled();
    expect(frames(root).sort()).toEqual(inTheme(true).sort());
    end.abort();
  });

  it("ask for no animation frame while nothing happens", async () => {
    const { end } = await show();
    const asked = vi.spyOn(globalThis, "requestAnimationFrame");
    await settled();
    await settled();
    expect(asked).not.toHaveBeenCalled();
    end.abort();
  });
});
