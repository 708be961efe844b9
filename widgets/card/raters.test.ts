// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { Card, Said } from "../core/kernel/schema";
import { start } from "../core/testing/mockSession";
import { raterRows, share } from "./raters";
import { whyLine } from "./why";

const EVIL = "<img src=x onerror=alert(1)>";
const SAID: Said = {
  text: "2 of 3 raters say dog, both of the same family, 1 cat",
  rows: [
    { name: EVIL, kind: "model", family: "gpt", label: 1, right: 0.91, confidence: 0.8 },
    { name: "ann", kind: "person", family: "", label: -1, right: null, confidence: null },
    { name: "the neighbours", kind: "neighbours", family: "", label: 0, right: 0.004, confidence: 0.5 },
  ],
  posterior: [
    [1, 0.9],
    [0, 0.1],
  ],
};

function card(raters?: Said, method = "vote"): Card {
  const why = [{ name: method, text: "46 of 50 say cat", value: 0.9, method, push: 1 }];
  return { item: 3, why, raters } as unknown as Card;
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("what raters say of an item", () => {
  it("is a row each, with the model and the neighbours beside them, and bars", async () => {
    const { session } = await start();
    const root = document.createElement("div");
    root.append(...raterRows(session, SAID));
    const rows = [...root.querySelectorAll('[data-dqx="card-raters"] tbody tr')];
    expect(rows.map((row) => [...row.children].map((cell) => cell.textContent))).toEqual([
      [EVIL, "model, gpt", "dog", "91 %", "80 %"],
      ["ann", "person", "nothing", "", ""],
      ["the neighbours", "neighbours", "cat", "under 1 %", "50 %"],
    ]);
    const bars = [...root.querySelectorAll<HTMLElement>('[data-dqx="card-posterior"] li')];
    expect(bars.map((bar) => bar.textContent)).toEqual(["dog90 %", "cat10 %"]);
    expect(bars[0]?.querySelector<HTMLElement>(".dqx-card-bar")?.style.width).toBe("90.0%");
    expect(root.querySelector("img")).toBeNull();
    expect(raterRows(session, undefined)).toEqual([]);
    expect(share(null)).toBe("");
  });

  it("stands in the line of why, once", async () => {
    const { session } = await start();
    const line = (of: Card) =>
      whyLine(session, of, [], false, () => {}).querySelector('[data-dqx="card-why"]')?.textContent;
    expect(line(card(SAID))).toBe(`${SAID.text} · 46 of 50 say cat`);
    expect(line(card(SAID, "raters"))).toBe("46 of 50 say cat");
    expect(line(card())).toBe("46 of 50 say cat");
  });
});
