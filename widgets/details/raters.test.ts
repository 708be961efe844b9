// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { RaterRow, RatersReply } from "../core/kernel/schema";
import { type Answers, settled } from "../core/testing/mockModel";
import { start as startSession } from "../core/testing/mockSession";
import { figures, makeRaters } from "./raters";

const EVIL = "<img src=x onerror=alert(1)>";
const ROW: RaterRow = {
  name: EVIL,
  kind: "model",
  family: "gpt",
  answers: 1200,
  abstentions: 1,
  accuracy: 0.914,
  low: 0.9,
  high: 0.93,
  counts_as: 0.62,
  alike: "bob (61 %)",
  gold: 0.8,
  gold_answers: 10,
  confused: "cat → dog",
  bias: "dog +12 %",
  note: "",
};
const SILENT: RaterRow = {
  ...ROW,
  name: "ann",
  kind: "person",
  family: "",
  answers: 0,
  abstentions: 0,
  accuracy: null,
  low: null,
  high: null,
  counts_as: 1,
  alike: "",
  gold: null,
  gold_answers: 0,
  confused: "",
  bias: "",
  note: "has not answered",
};
const REPLY: RatersReply = {
  sentence: "Consensus of 2 raters on 6 items.",
  method: "The rule is majority vote.",
  agreement: "Raters agree well: Krippendorff's alpha is 0.91.",
  rows: [ROW, SILENT],
  more: 3,
};

const start = async (answers: Answers = {}) => {
  const all = await startSession({
    raters: () => REPLY,
    rater_confusion: () => ({
      classes: ["cat", EVIL],
      matrix: [
        [0.9, 0.1],
        [0.25, 0.75],
      ],
      more: 2,
    }),
    ask_next: () => ({ items: Int32Array.of(4, 2), text: "Ask ann (2)." }),
    ...answers,
  } as Answers);
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  let left = 0;
  const leave = () => {
    left++;
  };
  const section = makeRaters({ root, session: all.session, signal: all.end.signal, leave });
  root.append(section.element);
  section.shown();
  await settled();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  return { ...all, root, find, section, left: () => left };
};

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("raters", () => {
  it("are a row each, with what they agree on and by which rule", async () => {
    const { root, find } = await start();
    expect(find("raters-sentence").textContent).toBe(REPLY.sentence);
    expect(find("raters-method").textContent).toBe(REPLY.method);
    expect(find("raters-agreement").textContent).toBe(REPLY.agreement);
    const rows = [...root.querySelectorAll('[data-dqx="raters-table"] tbody tr')];
    expect(rows.map((row) => row.children[0]?.textContent)).toEqual([EVIL, "ann"]);
    expect(figures(ROW)).toEqual([
      EVIL,
      "model, gpt",
      "1,200, 1 abstention",
      "91 %",
      "90 to 93 %",
      "0.62: agrees too much with bob (61 %)",
      "80 % of 10",
      "cat → dog; dog +12 %",
    ]);
    expect(figures(SILENT)).toEqual(["ann", "person", "0", "", "", "", "", "has not answered"]);
    expect(find("raters").textContent).toContain("and 3 more raters");
    expect(root.querySelector("img")).toBeNull();
  });

  it("show how one of them answers, class by class", async () => {
    const { find, model, root } = await start();
    find("rater-open").click();
    await settled();
    expect(model.last("rater_confusion").args).toEqual({ name: EVIL });
    const rows = [...root.querySelectorAll('[data-dqx="rater-matrix"] tbody tr')];
    expect(rows.map((row) => [...row.children].map((cell) => cell.textContent))).toEqual([
      ["cat", "90 %", "10 %"],
      [EVIL, "25 %", "75 %"],
    ]);
    expect(find("rater-confusion").textContent).toContain("and 2 more classes");
    expect(root.querySelector("img")).toBeNull();
  });

  it("open what to ask next in the queue, and say whom", async () => {
    const { find, session, model, notices, left } = await start();
    find("ask-next").click();
    await settled();
    expect(model.last("ask_next").args).toEqual({ n: 20 });
    expect([session.queue, left()]).toEqual([[4, 2], 1]);
    expect(notices.map((notice) => notice.text)).toContain("Ask ann (2).");
  });

  it("are read anew after scores have changed, and say where there are none", async () => {
    const { section, model, session } = await start();
    section.shown();
    expect(model.count("raters")).toBe(1);
    session.emit("scores", null);
    section.shown();
    expect(model.count("raters")).toBe(2);
    const none = await start({ raters: () => ({ ...REPLY, rows: [] }) } as Answers);
    expect(none.find("raters-word").textContent).toContain("There are no raters.");
    const refused = await start({
      raters: () => Promise.reject({ type: "DataError", message: "No.", remedy: "Wait." }),
    } as Answers);
    expect(refused.find("raters-word").textContent).toBe("No. Wait.");
  });
});
