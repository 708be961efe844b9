// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import type { Card } from "../core/kernel/schema";
import { start } from "../core/testing/mockSession";
import { contentOf, isWords, itemView } from "./item";
import { marked } from "./text";

const card = (changes: Partial<Card>): Card => ({
  item: 3,
  id: "id-3",
  name: "row 3",
  given: 1,
  current: 1,
  suggested: 0,
  suggested_p: 0.6,
  p_error: 0.7,
  rank: 1,
  ranked: 6,
  why: [],
  badges: [],
  preview: { kind: "text", text: "meow" },
  same: [],
  other: [],
  neighbours: [],
  history: [],
  ...changes,
});

describe("a text", () => {
  it("underlines the words that told, and nothing of it becomes HTML", () => {
    const parts = marked("<b>goal</b> now", [[3, 7]]);
    expect(parts.map((part) => (typeof part === "string" ? part : part.outerHTML))).toEqual([
      "<b>",
      '<mark class="dqx-text-mark">goal</mark>',
      "</b> now",
    ]);
    expect(marked("short", [[3, 90]])).toEqual(["short"]);
  });

  it("that does not fit is turned page by page, and by no more", async () => {
    const { session } = await start();
    const high = vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockImplementation(() => 21 * 25);
    const room = vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockImplementation(() => 21 * 10 + 5);
    const view = itemView(session, card({}), { all: false });
    view.fit();
    const find = (hook: string) => view.element.querySelector<HTMLElement>(`[data-dqx="${hook}"]`);
    expect(find("text-page")?.textContent).toBe("page 1 of 3");
    expect([view.turn?.(-1), view.turn?.(1), view.turn?.(1), view.turn?.(1)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(find("text-page")?.textContent).toBe("page 3 of 3");
    expect(view.element.querySelector(".dqx-text-sheet")?.scrollTop).toBe(420);
    high.mockRestore();
    room.mockRestore();
  });

  it("has the largest letters in which it fits", async () => {
    const { session } = await start();
    const room = vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockImplementation(() => 200);
    // As many lines as that many letters need.
    let letters = 0;
    const high = vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockImplementation(function (
      this: HTMLElement,
    ) {
      const [size, line] = [this.style.fontSize, this.style.lineHeight].map(Number.parseFloat);
      return Math.ceil((letters * (size as number)) / 1200) * (line as number);
    });
    const sizes = [200, 500, 720, 850, 950].map((n) => {
      letters = n;
      const view = itemView(session, card({}), { all: false });
      view.fit();
      const paged = !view.element.querySelector<HTMLElement>(".dqx-text-pager")?.hidden;
      return [view.element.querySelector<HTMLElement>(".dqx-text-words")?.style.fontSize, paged];
    });
    expect(sizes).toEqual([
      ["20px", false],
      ["18px", false],
      ["15px", false],
      ["14px", false],
      ["13px", false],
    ]);
    high.mockRestore();
    room.mockRestore();
  });

  it("that fits needs no pages, and says what was not sent", async () => {
    const { session } = await start();
    const view = itemView(session, card({ preview: { kind: "text", text: "a", left_out: 4200 } }), {
      all: false,
    });
    view.fit();
    expect(view.turn?.(1)).toBe(false);
    expect(view.element.textContent).toContain("4,200 more characters are not shown");
  });
});

describe("a row of a table", () => {
  const columns = Array.from({ length: 30 }, (_, n) => ({
    name: `column ${n}`,
    value: ".259",
    exact: "0.2593",
    given: ".074",
    suggested: ".182",
    nearer: n === 1 ? -1 : 0,
  }));

  it("stands beside the medians of both classes, the most telling columns first, the rest on demand", async () => {
    const { session } = await start();
    const shown = card({ preview: { kind: "table", cells: [] }, columns: { columns, total: 30 } });
    const view = itemView(session, shown, { all: false });
    view.fit();
    const heads = [...view.element.querySelectorAll("thead th")].map((each) => each.textContent);
    expect(heads).toEqual([
      "most telling columns (of 30)",
      "this row",
      "dog (median)",
      "cat (median)",
      "nearer to",
    ]);
    const rows = [...view.element.querySelectorAll<HTMLElement>("tbody tr")];
    expect(rows.filter((row) => !row.hidden)).toHaveLength(8);
    expect(rows[0]?.textContent).toBe("column 0.259.074.182cat");
    expect(rows[1]?.textContent).toContain("neither");
    const [all] = view.doors ?? [];
    expect(all?.textContent).toBe("all 30 columns");
    all?.click();
    expect(rows.filter((row) => !row.hidden)).toHaveLength(30);
  });
});

describe("a bare vector", () => {
  it("shows the labels around it", async () => {
    const { session } = await start();
    const votes: [number, number][] = [
      [0, 40],
      [1, 8],
      [2, 2],
    ];
    const view = itemView(session, card({ preview: { kind: "vector", text: "item 3" }, votes }), {
      all: false,
    });
    expect(view.element.textContent).toContain("The labels of its 50 nearest items");
    expect([...view.element.querySelectorAll("li")].map((each) => each.textContent)).toEqual([
      "cat 40",
      "dog 8",
      "newt 2",
    ]);
  });
});

describe("an item's content", () => {
  it("is another where marks have come, and words want the whole width", () => {
    expect(contentOf(card({}))).not.toBe(contentOf(card({ marks: [[0, 4]] })));
    expect(contentOf(card({ rank: 2 }))).toBe(contentOf(card({})));
    expect(isWords(card({}))).toBe(true);
  });
});
