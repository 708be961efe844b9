// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LeftReply } from "../core/kernel/schema";
import { Session } from "../core/session/session";
import { type Answers, MockModel, settled, sixItems } from "../core/testing/mockModel";
import { leftWords } from "../core/ui/estimate";
import { command } from "../core/ui/keys";
import { makeLeft } from "./sample";

const reply = () => sixItems().left?.({}) as LeftReply;

async function made(answers: Answers = {}) {
  const model = new MockModel({ ...sixItems(), ...answers });
  const session = new Session("six");
  const end = new AbortController();
  session.attach(model.model, end.signal);
  await settled();
  const root = document.createElement("div");
  root.tabIndex = 0;
  const left = makeLeft(session, root, end.signal);
  root.append(left.button, left.line);
  document.body.replaceChildren(root);
  await vi.waitFor(() => expect(left.button.hidden).toBe(false));
  const find = (name: string) => left.line.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  return { session, model, end, root, find, ...left };
}

beforeEach(() => sessionStorage.clear());

describe("how many are left", () => {
  it("shows the figure, and the sentence on request", async () => {
    const { button, line } = await made();
    expect(button.textContent).toBe("about 2 wrong labels left");
    expect(line.hidden).toBe(true);
    button.click();
    expect(line.hidden).toBe(false);
    expect(button.getAttribute("aria-expanded")).toBe("true");
    expect(line.textContent).toContain("among 6 labels that nobody has looked at");
  });

  it("says the same whatever stands behind it", async () => {
    const { session } = await made({
      left: () => ({ ...reply(), left: 1037.4, low: 25, high: 2049.6, basis: "audit", draws: 40 }),
    });
    expect(leftWords(session.left)).toEqual({ text: "about 1,037 wrong labels left", range: "25 to 2,050" });
    expect(leftWords({ ...reply(), left: 1, low: 0, high: 2 })?.text).toBe("about 1 wrong label left");
    expect(leftWords({ ...reply(), left: null, low: null, high: null })).toBeNull();
    expect(leftWords(null)).toBeNull();
  });

  it("queues what was drawn", async () => {
    const { session, line } = await made();
    line.querySelector<HTMLButtonElement>('[data-dqx="audit"]')?.click();
    await vi.waitFor(() => expect(session.current).toBe(1));
    expect([...(session.filter.items ?? [])]).toEqual([1, 4]);
    expect(session.filter.scope).toBe("all");
    expect([...session.queue].sort()).toEqual([1, 4]);
  });

  it("asks about them in the order in which they were drawn, and by rank in a lasso", async () => {
    const { session, line } = await made({ audit: () => ({ items: [4, 0, 3], draws: Int32Array.of(2) }) });
    line.querySelector<HTMLButtonElement>('[data-dqx="audit"]')?.click();
    await vi.waitFor(() => expect(session.current).toBe(4));
    expect(session.queue).toEqual([4, 0, 3]);
    session.step(1);
    expect(session.current).toBe(0);
    session.choose([4, 0, 3]);
    expect(session.queue).toEqual([3, 0, 4]);
  });

  it("says how many more random items make it surer", async () => {
    const { line } = await made({ left: () => ({ ...reply(), draws: 3 }) });
    expect(line.textContent).toContain("From 10 random items on it rests on them; 3 decided so far.");
    expect(line.textContent).toContain("For ± 1 about 30 more random items are needed.");
  });

  it("has a table by class, in which names are text", async () => {
    const classes = [
      { name: "<b>dog</b>", labels: 1200, unreviewed: 2, found: 1, left: 1.4, low: 0.6, high: 2 },
    ];
    const { line } = await made({ left: () => ({ ...reply(), classes, basis: "audit", draws: 40 }) });
    const table = line.querySelector("details table") as HTMLTableElement;
    expect([...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent))).toEqual([
      ["class", "labels", "unreviewed", "found", "left", "95 % interval"],
      ["<b>dog</b>", "1,200", "2", "1", "1", "1 to 2"],
    ]);
    expect(table.querySelector("b")).toBeNull();
    const model = await made({ left: () => ({ ...reply(), classes, basis: "model", draws: 3 }) });
    expect(model.line.querySelector("details th:last-child")?.textContent).toBe("range");
    const none = await made({ left: () => ({ ...reply(), classes: [] }) });
    expect(none.line.querySelector("details")?.hidden).toBe(true);
  });

  it("takes what it asks about out of the queue's draws", async () => {
    const { session, line } = await made();
    line.querySelector<HTMLButtonElement>('[data-dqx="audit"]')?.click();
    await vi.waitFor(() => expect([...(session.scores?.draws ?? [])]).toEqual([2, 0]));
  });

  it("asks about the line of the dial, again when that has moved", async () => {
    const model = new MockModel(sixItems({ calibrated: true }));
    const session = new Session("dial");
    const end = new AbortController();
    session.attach(model.model, end.signal);
    await settled();
    makeLeft(session, document.createElement("div"), end.signal);
    await vi.waitFor(() => expect(session.left?.stop.cut).toBe("Stop here: about 2 wrong labels left."));
    expect(model.last("left").args).toEqual({ cut: 2 });
    session.setDial(90);
    await vi.waitFor(() => expect(model.last("left").args).toEqual({ cut: 1 }));
  });

  it("is a panel of its own, and Escape gives the keyboard back", async () => {
    const { button, line, session, root } = await made();
    button.focus();
    button.click();
    expect(line.getAttribute("role")).toBe("dialog");
    expect(line.getAttribute("aria-label")).toBe("Errors left");
    expect(document.activeElement).toBe(line);
    const pressed = () => new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true });
    line.dispatchEvent(pressed());
    expect(line.hidden).toBe(true);
    expect(button.getAttribute("aria-expanded")).toBe("false");
    expect(document.activeElement).toBe(button);
    // From elsewhere too, but not before what was drawn is left.
    button.click();
    session.choose([3, 1]);
    root.focus();
    expect(command("escape", root, session)).toBe(false);
    session.choose([]);
    expect(command("escape", root, session)).toBe(true);
    expect(line.hidden).toBe(true);
    expect(document.activeElement, "it was not in the panel").toBe(root);
  });

  it("leads back to where one was once the random items are let go of", async () => {
    const { session, line, find } = await made();
    session.setFilter({ pair: [1, 0] });
    session.select(3);
    find("audit").click();
    await vi.waitFor(() => expect(session.current).toBe(1));
    expect([1, 4, 2].map((item) => session.isRandom(item))).toEqual([true, true, false]);
    session.select(4);
    session.choose([]);
    expect(session.filter).toMatchObject({ scope: "label", pair: [1, 0], items: null });
    expect(session.current).toBe(3);
    expect(session.isRandom(4), "it stays a random item").toBe(true);
    // Whoever asks for all of them meanwhile stays there.
    find("audit").click();
    await vi.waitFor(() => expect(session.current).toBe(1));
    session.setFilter({ scope: "all" });
    session.choose([]);
    expect(session.filter.scope).toBe("all");
    expect(line.hidden).toBe(true);
  });

  it("begins a new sample at once where nothing was answered", async () => {
    const { model, session, find } = await made({ new_sample: () => ({ draws: Int32Array.of(5) }) });
    expect(find("new-sample").title).toContain("what is decided stays decided");
    session.audit([4], Int32Array.of(2));
    const asked = model.count("left");
    find("new-sample").click();
    expect(model.last("new_sample").args).toEqual({});
    await vi.waitFor(() => expect(model.count("left")).toBe(asked + 1));
    expect([...(session.scores?.draws ?? [])]).toEqual([5]);
    expect(session.isRandom(4), "it belonged to the sample of before").toBe(false);
    expect(session.queue, "the audit of before is over").toEqual([3, 1, 5]);
  });

  it("says since when the sample runs, once somebody has answered", async () => {
    const since = new Date(new Date().setHours(9, 12, 0, 0)).toISOString();
    const { find } = await made({ left: () => ({ ...reply(), draws: 3, since }) });
    expect(find("left-more").textContent).toContain("This sample began today, 09:12.");
    const none = await made({ left: () => ({ ...reply(), draws: 0, since }) });
    expect(none.find("left-more").textContent).not.toContain("began");
  });

  it("gives the keyboard to the review once items are drawn", async () => {
    const { find, session, root } = await made();
    find("audit").focus();
    find("audit").click();
    await vi.waitFor(() => expect(session.current).toBe(1));
    expect(document.activeElement, "Enter accepts, and draws no more").toBe(root);
  });

  it("asks before answers would no longer count", async () => {
    const { model, session, find } = await made({
      left: () => ({ ...reply(), draws: 12 }),
      new_sample: () =>
        Promise.reject({ type: "DataError", message: "There are no scores.", remedy: "Wait." }),
    });
    const said: string[] = [];
    session.on("notice", (notice) => said.push(`${notice.text} ${notice.remedy}`));
    find("new-sample").focus();
    find("new-sample").click();
    expect(model.count("new_sample")).toBe(0);
    expect(find("new-sample-words").textContent).toContain(
      "The 12 answers of this sample will no longer count",
    );
    expect(document.activeElement, "Enter keeps it").toBe(find("new-sample-no"));
    find("new-sample-no").click();
    expect(document.activeElement).toBe(find("new-sample"));
    find("new-sample").click();
    find("new-sample-yes").click();
    await vi.waitFor(() => expect(said).toEqual(["No new sample was begun: There are no scores. Wait."]));
  });

  it("says when it cannot be estimated", async () => {
    const { button, line } = await made({
      left: () => {
        throw new Error("no scores");
      },
    });
    expect(button.textContent).toBe("left: ?");
    expect(line.textContent).toContain("could not be estimated");
  });
});
