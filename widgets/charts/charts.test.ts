// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { start } from "../core/testing/mockSession";
import { classesOf, matrix } from "./matrix";
import { labelPairs } from "./pairs";
import { Charts } from "./panel";
import { safe } from "./sanitizer";

describe("labelPairs", () => {
  const labels = { given: Int32Array.of(0, 0, 1, 1, -1, 0) };
  const scores = {
    suggested: Int32Array.of(1, 1, 0, 1, 0, 1),
    is_label_issue: Uint8Array.of(1, 1, 1, 1, 1, 0),
  };

  it("counts differing pairs of suspects, most frequent first", () => {
    expect(labelPairs(labels, scores, true, (item) => item === 0)).toEqual([
      { given: 0, suggested: 1, count: 2, reviewed: 1 },
      { given: 1, suggested: 0, count: 1, reviewed: 0 },
    ]);
  });

  it("counts all items when asked", () => {
    expect(labelPairs(labels, scores, false, () => false)[0]?.count).toBe(3);
  });
});

describe("safe", () => {
  it("leaves no markup in texts from data", () => {
    const figure = {
      data: [{ x: ["<img src=x onerror=alert(1)>", '<a href="javascript:alert(1)">x</a>', "a &lt; b"] }],
      layout: { title: { text: "<b>bold</b>" } },
    };
    const made = JSON.stringify(safe(figure));
    expect(made).not.toMatch(/[<>]/);
    expect(made).toContain("a &lt; b");
  });

  it("allows templates what plotly itself needs and no more", () => {
    const { hovertemplate } = safe({
      hovertemplate: '%{y}<br><b>%{z}</b><a href="javascript:1">x</a><extra></extra>',
    });
    expect(hovertemplate).toBe('%{y}<br><b>%{z}</b>&lt;a href="javascript:1"&gt;x&lt;/a&gt;<extra></extra>');
  });

  it("leaves numbers and typed columns alone", () => {
    const column = Float32Array.of(1, 2);
    expect(safe({ z: [[1, null]], column })).toEqual({ z: [[1, null]], column });
  });
});

describe("the matrix", () => {
  const pairs = [
    { given: 1, suggested: 0, count: 1200, reviewed: 3 },
    { given: 2, suggested: 1, count: 1, reviewed: 0 },
  ];

  it("names every row and column, as text, and counts what a press shows", async () => {
    const { session } = await start();
    const pressed: (readonly [number, number])[] = [];
    const table = matrix(session, pairs, (pair) => pressed.push(pair));
    const texts = (which: string) => [...table.querySelectorAll(which)].map((each) => each.textContent);
    expect(texts("thead th")).toEqual(["cat", "dog", "newt"]);
    expect(texts("tbody th")).toEqual(["cat", "dog", "newt"]);
    const cells = [...table.querySelectorAll<HTMLElement>('[data-dqx="matrix-cell"]')];
    expect(cells.map((cell) => cell.textContent)).toEqual(["1,200", "1"]);
    expect(cells[0]?.title).toBe("dog → cat: 1,200, 3 reviewed. Press to show them");
    cells[1]?.click();
    expect(pressed).toEqual([[2, 1]]);
  });

  it("shows of many classes those with the most label errors", () => {
    expect(classesOf(3, pairs)).toEqual([0, 1, 2]);
    const many = classesOf(100, [{ given: 90, suggested: 40, count: 5, reviewed: 0 }]);
    expect(many).toHaveLength(25);
    expect(many.slice(-2)).toEqual([40, 90]);
    expect(many.slice(0, 2)).toEqual([0, 1]);
  });
});

describe("the panel", () => {
  it("narrows the queue to a pair and leads to the item, and takes the same pair away again", async () => {
    const { session, end } = await start();
    const root = document.createElement("div");
    document.body.replaceChildren(root);
    const wishes: string[] = [];
    session.on("command", (wish) => wishes.push(wish.name));
    Charts.mount(root, session, end.signal);
    const cell = () => root.querySelector<HTMLElement>('[data-dqx="matrix-cell"]');
    expect(cell()?.textContent).toBe("1");
    cell()?.click();
    expect(session.filter.pair).toEqual([0, 1]);
    expect(session.queue).toEqual([1]);
    expect(wishes).toEqual(["item"]);
    expect(cell()?.getAttribute("aria-pressed")).toBe("true");
    root.querySelector<HTMLElement>('[data-dqx="pairs-cell"][aria-pressed="true"]')?.click();
    expect(session.filter.pair).toBeNull();
    expect(wishes).toEqual(["item"]);
  });
});
