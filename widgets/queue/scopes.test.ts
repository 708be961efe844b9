// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ScopeInfo, ScopeItems, ScopeName } from "../core/kernel/schema";
import { settled } from "../core/testing/mockModel";
import { start } from "../core/testing/mockSession";
import { makeFilterChips, makeScopeChips } from "./scopes";

let end = new AbortController();
beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(() => end.abort());

const info = (name: ScopeName, title: string, open: number, more: Partial<ScopeInfo> = {}): ScopeInfo => ({
  name,
  title,
  about: `What ${title} are.`,
  none: `No ${title}.`,
  all: open,
  open,
  lacking: "",
  ...more,
});

async function row(open = 3) {
  const now = { open };
  const list = () => [
    info("label", "label errors", 3),
    info("outlier", "outliers", now.open, { all: 3 }),
    info("ambiguous", "ambiguous", 0),
    info("kind", "kinds", 0, { lacking: "the method 'archaeology' needs more items" }),
    info("all", "everything", 6),
  ];
  const scope = ({ name }: Record<string, unknown>) =>
    ({ name, items: Int32Array.of(4, 0, 2), sets: null, why: "", version: 0 }) as ScopeItems;
  const { session, model } = await start({ scopes: list, scope });
  end = new AbortController();
  const element = makeScopeChips(session, end.signal);
  document.body.replaceChildren(element);
  await settled();
  const chips = () => [...element.querySelectorAll<HTMLElement>("[role=radio]")];
  const more = element.querySelector("select") as HTMLSelectElement;
  return { session, model, element, chips, more, now };
}

describe("the row of scopes", () => {
  it("offers what is open, and in its menu the rest with why", async () => {
    const { chips, more } = await row();
    expect(chips().map((chip) => chip.textContent)).toEqual(["label errors3", "outliers3", "everything6"]);
    expect(chips().map((chip) => chip.getAttribute("aria-checked"))).toEqual(["true", "false", "false"]);
    expect(chips()[1]?.title).toBe("What outliers are.");
    expect(chips()[1]?.getAttribute("aria-label")).toBe("outliers, 3 open");
    expect([...more.options].map((each) => each.text)).toEqual([
      "more",
      "ambiguous: No ambiguous.",
      "kinds: not computed, the method 'archaeology' needs more items",
    ]);
  });

  it("says of the queued one at once how many are open, and of its whole where only a part is queued", async () => {
    const { session, chips } = await row();
    session.edit("keep", [3]);
    expect(chips()[0]?.textContent).toBe("label errors2");
    expect([session.open, session.passing]).toEqual([2, 3]);
    session.edit("keep", [4]);
    expect(session.open, "no label error").toBe(2);
    session.edit("clear", [3]);
    expect(chips()[0]?.textContent).toBe("label errors3");
    session.setFilter({ pair: [1, 0] });
    expect([session.open, session.passing]).toEqual([1, 1]);
    expect(chips()[0]?.textContent).toBe("label errors3");
  });

  it("chooses one by a click, by arrows and from the menu", async () => {
    const { session, chips, more } = await row();
    chips()[1]?.click();
    await settled();
    expect(session.filter.scope).toBe("outlier");
    expect(chips()[1]?.getAttribute("aria-checked")).toBe("true");
    expect(chips().map((chip) => chip.tabIndex)).toEqual([-1, 0, -1]);
    chips()[1]?.focus();
    chips()[1]?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    expect(session.filter.scope).toBe("all");
    expect(document.activeElement).toBe(chips()[2]);
    more.value = "kind";
    more.dispatchEvent(new Event("change"));
    await settled();
    expect(session.filter.scope).toBe("kind");
    expect(chips().map((chip) => chip.dataset.scope)).toEqual(["label", "outlier", "kind", "all"]);
    expect(more.selectedIndex).toBe(0);
  });

  it("counts anew a little after decisions, once for a run of them", async () => {
    const { session, model, chips, now } = await row();
    const asked = model.count("scopes");
    now.open = 1;
    session.edit("keep", [3]);
    session.edit("keep", [1]);
    expect(model.count("scopes"), "not on the click").toBe(asked);
    await vi.waitFor(() => expect(chips()[1]?.textContent).toBe("outliers1"), 20_000);
    expect(model.count("scopes")).toBe(asked + 1);
  });
});

describe("the chips of filters", () => {
  it("say what narrows the queue, and take it away", async () => {
    const { session, model } = await start();
    end = new AbortController();
    const element = makeFilterChips(session, end.signal);
    document.body.replaceChildren(element);
    const shown = () => [...element.querySelectorAll<HTMLElement>("button")].filter((each) => !each.hidden);
    expect(shown()).toEqual([]);
    session.setFilter({ pair: [1, 0], label: 1, found: { text: "rocket", items: new Set([3]) } });
    session.choose([3, 5]);
    model.push({ event: "highlight", items: Int32Array.of(1) });
    await settled();
    expect(shown().map((each) => each.textContent)).toEqual([
      "dog → cat ✕",
      "only dog ✕",
      "2 chosen ✕",
      "“rocket” ✕",
      "1 highlighted ✕",
    ]);
    while (shown().length) shown()[0]?.click();
    expect(session.narrowed).toBe(false);
    expect(session.queue).toEqual([3, 1, 5]);
  });
});
