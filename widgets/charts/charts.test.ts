import { describe, expect, it } from "vitest";
import { labelPairs } from "./pairs";
import { safe } from "./sanitizer";
import { fitted, shortTicks } from "./ticks";

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

describe("shortTicks", () => {
  const figure = {
    data: [
      {
        x: ["A", "B"],
        y: ["A", "B"],
        customdata: [
          [
            [7, 7],
            [7, 9],
          ],
          [
            [9, 7],
            [9, 9],
          ],
        ],
      },
    ],
    layout: { xaxis: { title: "suggested" } },
  };

  it("gives every class a short, harmless text", () => {
    const names: Record<number, string> = { 7: "<b>short", 9: "a name that goes on and on" };
    const { layout } = shortTicks(figure, (code) => names[code] as string);
    expect(layout.xaxis).toEqual({
      title: "suggested",
      tickmode: "array",
      tickvals: ["A", "B"],
      ticktext: ["&lt;b&gt;short", "a name that g…"],
    });
    expect(layout).toHaveProperty("yaxis");
  });

  it("leaves other figures as they are", () => {
    const bars = { data: [{ x: [1], y: [2] }], layout: {} };
    expect(shortTicks(bars, String)).toBe(bars);
  });
});

describe("fitted", () => {
  const axis = (texts: string[]) => ({ title: "label", tickvals: texts, ticktext: texts });
  const names = (n: number, word: string) => Array.from({ length: n }, (_, i) => `${word}${i}`);

  it("leaves out what has no room", () => {
    const digits = names(10, "");
    const roomy = fitted({ xaxis: axis(digits), yaxis: axis(digits) }, 240, 160);
    expect(roomy.yaxis).toMatchObject({ title: "", ticktext: digits });
    const crowded = fitted({ xaxis: axis(names(25, "kind ")), yaxis: axis(names(25, "kind ")) }, 240, 160);
    expect(crowded.xaxis).toMatchObject({ ticktext: [] });
    expect((crowded.yaxis as { ticktext: string[] }).ticktext.slice(0, 2)).toEqual(["kind 0", "kind 2"]);
  });

  it("leaves other layouts as they are", () => {
    const layout = { xaxis: { title: "p_error" }, yaxis: {} };
    expect(fitted(layout, 200, 200)).toBe(layout);
  });
});
