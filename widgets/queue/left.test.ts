// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { type Answers, MockModel, settled, sixItems } from "../core/mockModel";
import { Session } from "../core/session";
import { makeLeft } from "./left";

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
      left: () => ({ sentence: "", left: 37, low: 25, high: 49, basis: "audit", draws: 40, drift: "" }),
    });
    expect(button.textContent).toBe("37 ± 12 left");
  });

  it("queues what was drawn", async () => {
    const { session, line } = await made();
    line.querySelector<HTMLButtonElement>('[data-dqx="audit"]')?.click();
    await vi.waitFor(() => expect(session.current).toBe(1));
    expect([...(session.filter.items ?? [])]).toEqual([1, 4]);
    expect(session.filter.suspects).toBe(false);
    expect([...session.queue].sort()).toEqual([1, 4]);
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
