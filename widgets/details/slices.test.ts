// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { SlicesReply } from "../core/kernel/schema";
import { type Answers, settled } from "../core/testing/mockModel";
import { start as startSession } from "../core/testing/mockSession";
import { figures, makeSlices } from "./slices";

const EVIL = "<img src=x onerror=alert(1)>";
const COLUMNS: SlicesReply = {
  columns: ["lab", EVIL],
  by: "",
  sentence: "",
  rows: [],
  more: 0,
  shift: "",
  shifts: [],
};
const BY_LAB: SlicesReply = {
  ...COLUMNS,
  by: "lab",
  sentence: "By 'lab': 'B' has more wrong labels than the rest.",
  rows: [
    {
      code: 1,
      name: EVIL,
      items: 41,
      labels: 40,
      reviewed: 2,
      wrong: 12.4,
      rate: 0.31,
      low: 0.2,
      high: 0.42,
      differs: "more",
    },
    {
      code: 2,
      name: "(missing)",
      items: 1,
      labels: 0,
      reviewed: 0,
      wrong: 0,
      rate: null,
      low: null,
      high: null,
      differs: "",
    },
  ],
  more: 2,
  shift: "In lab 'B' 38 of 52 'benign' look like 'malignant' elsewhere.",
  shifts: [
    {
      code: 1,
      slice: "B",
      given: "benign",
      looks_like: "malignant",
      count: 38,
      of: 52,
      elsewhere: 4,
      of_elsewhere: 310,
    },
  ],
};

const start = async (answers: Answers = {}) => {
  const all = await startSession({
    slices: ({ by }: Record<string, unknown>) => (by === "lab" ? BY_LAB : COLUMNS),
    slice_items: (args: Record<string, unknown>) => ({
      items: Int32Array.from(args.looks_like === "malignant" ? [4, 2] : [5]),
    }),
    ...answers,
  } as Answers);
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  let left = 0;
  const leave = () => {
    left++;
  };
  const section = makeSlices({ root, session: all.session, signal: all.end.signal, leave });
  root.append(section.element);
  section.shown();
  await settled();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const choose = async (by: string) => {
    const select = find("slices-by") as HTMLSelectElement;
    select.value = by;
    select.dispatchEvent(new Event("change"));
    await settled();
  };
  return { ...all, root, find, choose, section, left: () => left };
};

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("slices", () => {
  it("offers the columns, and says what is known by the one that is chosen", async () => {
    const { root, find, choose, model } = await start();
    expect([...(find("slices-by") as HTMLSelectElement).options].map((each) => each.value)).toEqual([
      "",
      "lab",
      EVIL,
    ]);
    expect(find("slices-word").textContent).toContain("Choose a column of your data");
    await choose("lab");
    expect(model.count("slices")).toBe(2);
    expect(find("slices-word").textContent).toBe(BY_LAB.sentence);
    const rows = [...root.querySelectorAll('[data-dqx="slices-table"] tbody tr')];
    expect(rows.map((row) => [...row.children].map((cell) => cell.textContent))).toEqual([
      [EVIL, "40", "12", "31 %", "20 to 42 %", "more", "Show 41 items"],
      ["(missing)", "0", "0", "", "", "", "Show 1 item"],
    ]);
    expect(find("slices").textContent).toContain("and 2 more slices");
    expect(find("slices").textContent).toContain(BY_LAB.shift);
    expect(root.querySelector("img")).toBeNull();
  });

  it("opens the items of a slice, and those of another meaning", async () => {
    const { root, session, choose, left } = await start();
    await choose("lab");
    const [slice, , shift] = root.querySelectorAll<HTMLElement>('[data-dqx="slice-open"]');
    slice?.click();
    await settled();
    expect([session.queue, left()]).toEqual([[5], 1]);
    shift?.click();
    await settled();
    expect([session.queue, left()]).toEqual([[4, 2], 2]);
  });

  it("says where there are no columns, and what is refused", async () => {
    const none = await start({ slices: () => ({ ...COLUMNS, columns: [] }) } as Answers);
    expect(none.find("slices-word").textContent).toContain("The data have no other columns.");
    expect(none.find("slices-by").closest("[hidden]")).not.toBeNull();
    const { find, choose } = await start({
      slices: ({ by }: Record<string, unknown>) =>
        by === "lab"
          ? Promise.reject({
              type: "DataError",
              message: "The 600 values are all different.",
              remedy: "Another.",
            })
          : COLUMNS,
    } as Answers);
    await choose("lab");
    expect(find("slices-word").textContent).toBe("The 600 values are all different. Another.");
    expect(find("slices").children.length).toBe(0);
  });

  it("is read anew when it is looked at after scores have changed", async () => {
    const { section, model, session, choose } = await start();
    await choose("lab");
    section.shown();
    expect(model.count("slices")).toBe(2);
    session.emit("scores", null);
    section.shown();
    expect(model.count("slices")).toBe(3);
  });

  it("has a slice without labels in empty cells", () => {
    expect(figures(BY_LAB.rows[1] as (typeof BY_LAB.rows)[number])).toEqual([
      "(missing)",
      "0",
      "0",
      "",
      "",
      "",
    ]);
  });
});
