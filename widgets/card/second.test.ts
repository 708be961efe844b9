// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import type { Card as CardData } from "../core/kernel/schema";
import { settled } from "../core/testing/mockModel";
import { start } from "../core/testing/mockSession";
import { Card } from "./panel";

beforeEach(() => localStorage.clear());

const card = (changes: Partial<CardData>) => ({
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

async function show(changes: Partial<CardData>) {
  const { session, model, end } = await start({ card: () => card(changes) });
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  Card.mount(root, session, end.signal);
  await settled();
  return { session, model, button: root.querySelector<HTMLElement>('[data-dqx="second"]') as HTMLElement };
}

describe("a third class that the model prefers", () => {
  it("is offered with its key", async () => {
    const { model, button } = await show({ second: { label: 2, p: 0.56 } });
    expect(button.hidden).toBe(false);
    expect(button.textContent).toBe("or newt3");
    button.click();
    await settled();
    expect(model.last("edit").args).toMatchObject({ action: "relabel", items: [3], label: "newt" });
  });

  it("is not there where the model prefers the suggestion", async () => {
    const { button } = await show({});
    expect(button.hidden).toBe(true);
  });
});
