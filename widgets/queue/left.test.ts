// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { type Answers, MockModel, settled, sixItems } from "../core/mockModel";
import { Session } from "../core/session";
import { type LeftReply, makeLeft } from "./left";

const reply = () => sixItems().left?.({}) as LeftReply;

async function made(answers: Answers = {}) {
  const model = new MockModel({ ...sixItems(), ...answers });
  const session = new Session("six");
  const end = new AbortController();
  session.attach(model.model, end.signal);
  await settled();
  const left = makeLeft(session, end.signal);
  await vi.waitFor(() => expect(left.button.hidden).toBe(false));
  return { session, model, end, ...left };
}

describe("how many are left", () => {
  it("shows the figure, and the sentence on request", async () => {
    const { button, line } = await made();
    expect(button.textContent).toBe("about 2 left");
    expect(line.hidden).toBe(true);
    button.click();
    expect(line.hidden).toBe(false);
    expect(button.getAttribute("aria-expanded")).toBe("true");
    expect(line.textContent).toContain("among 6 labels that nobody has looked at");
  });

  it("gives the interval once an audit stands behind it", async () => {
    const { button } = await made({
      left: () => ({ ...reply(), left: 37, low: 25, high: 49, basis: "audit", draws: 40 }),
    });
    expect(button.textContent).toBe("37 ± 12 left");
    const cut = await made({
      left: () => ({ ...reply(), left: 38, low: 0, high: 137, basis: "audit", draws: 40 }),
    });
    expect(cut.button.textContent).toBe("0 to 137 left");
  });

  it("queues what was drawn", async () => {
    const { session, line } = await made();
    line.querySelector<HTMLButtonElement>('[data-dqx="audit"]')?.click();
    await vi.waitFor(() => expect(session.current).toBe(1));
    expect([...(session.filter.items ?? [])]).toEqual([1, 4]);
    expect(session.filter.suspects).toBe(false);
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
    const { line } = await made({ left: () => ({ ...reply(), classes }) });
    const table = line.querySelector("details table") as HTMLTableElement;
    expect([...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent))).toEqual([
      ["class", "labels", "unreviewed", "found", "left", "95 % interval"],
      ["<b>dog</b>", "1,200", "2", "1", "1", "1 to 2"],
    ]);
    expect(table.querySelector("b")).toBeNull();
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
    const heard: string[] = [];
    const left = makeLeft(session, end.signal, (stops) => heard.push(stops.cut));
    await vi.waitFor(() => expect(heard).toEqual(["Stop here: about 2 errors left."]));
    expect(model.last("left").args).toEqual({ cut: 2 });
    session.setDial(90);
    left.update();
    await vi.waitFor(() => expect(model.last("left").args).toEqual({ cut: 1 }));
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
