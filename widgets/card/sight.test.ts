// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Card as CardData } from "../core/kernel/schema";
import { Session } from "../core/session/session";
import { type Answers, MockModel, settled, sixItems } from "../core/testing/mockModel";
import { reply } from "../core/testing/mockSession";
import { bindKeys } from "../core/ui/handler";
import type { Panel } from "../core/ui/panel";
import { PointsMap } from "../map/panel";
import { Queue } from "../queue/panel";
import { Card } from "./panel";

const SUGGESTED = [0, 1, 1, 0, 2, 1];
const card = (item: number): CardData => ({
  item,
  id: `id-${item}`,
  name: "",
  given: 1,
  current: 1,
  suggested: SUGGESTED[item] as number,
  suggested_p: null,
  p_error: null,
  rank: 1,
  ranked: 6,
  why: [],
  badges: [],
  preview: { kind: "text", text: `text of ${item}` },
  same: [],
  other: [],
  neighbours: [],
  history: [],
});

type Told = (entries: Partial<IntersectionObserverEntry>[]) => void;
const observers: Told[] = [];

/** Say that the page has been scrolled. */
function inSight(isIntersecting: boolean, intersectionRatio = Number(isIntersecting), height = 0): void {
  const intersectionRect = { height } as DOMRectReadOnly;
  for (const told of observers) told([{ isIntersecting, intersectionRatio, intersectionRect }]);
}

async function start(panels: readonly Panel[], answers: Answers = {}) {
  const model = new MockModel({
    ...sixItems(),
    card: ({ item }) => card(item as number),
    edit: ({ items }) => reply((items as number[])[0] as number, 1, "kept"),
    ...answers,
  });
  const session = new Session("six");
  const end = new AbortController();
  const notices: string[] = [];
  session.on("notice", ({ text, remedy }) => notices.push([text, remedy].filter(Boolean).join(" ")));
  document.body.replaceChildren();
  const roots = panels.map((panel) => {
    const root = document.createElement("div");
    document.body.append(root);
    panel.mount(root, session, end.signal);
    bindKeys(root, session, end.signal);
    return root;
  });
  session.attach(model.model, end.signal);
  await settled();
  const root = roots[0] as HTMLElement;
  const press = (key: string, more: KeyboardEventInit = {}) =>
    root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  const shown = () => roots.map((each) => each.querySelector<HTMLElement>('[data-dqx="card"]')?.dataset.item);
  return { model, session, end, root, roots, press, notices, shown };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  observers.length = 0;
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(told: Told) {
        observers.push(told);
      }
      observe(): void {}
      disconnect(): void {}
    },
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("without the item in sight nothing is decided", () => {
  it("where no card is shown, and says how to show one", async () => {
    const { model, press, notices } = await start([Queue]);
    for (const key of ["Enter", "k", "a", "2"]) press(key);
    expect(model.count("edit")).toBe(0);
    expect(notices).toHaveLength(4);
    expect(notices[0]).toContain("Nothing is decided without the item in sight.");
    expect(notices[0]).toContain('explorer.show(review, "card")');
  });

  it("where its tab was opened a moment ago: the card is about to be seen", async () => {
    const { model, session, root, press, notices } = await start([Card]);
    const said: string[] = [];
    session.on("said", (text) => said.push(text));
    root.hidden = true;
    inSight(false);
    root.hidden = false;
    press("k");
    expect(model.count("edit")).toBe(0);
    expect(notices).toEqual([]);
    expect(said.at(-1)).toBe("That came before the card was there: once more, please.");
    inSight(false);
    press("k");
    expect(notices).toHaveLength(1);
    inSight(true);
    await vi.waitFor(() => {
      press("k");
      expect(model.count("edit")).toBe(1);
    });
  });

  it("where the card is scrolled away or folded up, and brings it back", async () => {
    const { model, root, press, notices } = await start([Card]);
    const back = vi.fn();
    root.scrollIntoView = back;
    inSight(false);
    press("Enter");
    expect(model.count("edit")).toBe(0);
    expect(back).toHaveBeenCalledTimes(1);
    expect(notices).toEqual([
      "Nothing is decided without the item in sight. Look at its card, then press the key again.",
    ]);
    inSight(true);
    press("Enter");
    expect(model.count("edit")).toBe(1);
  });

  it("where next to nothing of it is to be seen; some lines of a long text are enough", async () => {
    const { model, press } = await start([Card]);
    inSight(true, 0.02, 9);
    press("k");
    expect(model.count("edit")).toBe(0);
    inSight(true, 0.04, 70);
    press("k");
    expect(model.count("edit")).toBe(1);
  });

  it("where something else fills the screen", async () => {
    const { model, roots, press, notices } = await start([PointsMap, Card]);
    let full: Element | null = roots[0] as HTMLElement;
    Object.defineProperty(document, "fullscreenElement", { configurable: true, get: () => full });
    press("Enter");
    expect(model.count("edit")).toBe(0);
    expect(notices.at(-1)).toContain("Leave the full screen");
    full = null;
    press("Enter");
    expect(model.count("edit")).toBe(1);
  });

  it("but a card in another cell is enough", async () => {
    const { model, press } = await start([Queue, Card]);
    press("k");
    expect(model.count("edit")).toBe(1);
  });
});

describe("quick keys", () => {
  it("decide on no card that has not been drawn, none is kept for later, and it is said", async () => {
    const { model, session, press } = await start([Card]);
    const said: string[] = [];
    session.on("said", (text) => said.push(text));
    for (let i = 0; i < 6; i++) press("Enter");
    expect(said.at(-1)).toBe("That came before the card was there: once more, please.");
    await settled();
    expect(model.count("edit")).toBe(1);
    expect(session.current).toBe(1);
    press("Enter");
    expect(model.count("edit")).toBe(2);
  });

  it("turn no decision round where the queue has come to its end", async () => {
    const { model, session, press, notices } = await start([Card]);
    for (let i = 0; i < 9 && session.ended === null; i++) {
      press("Enter");
      await settled();
    }
    const last = session.current as number;
    expect(session.ended).toBe(last);
    const [edits, label] = [model.count("edit"), session.labels?.current[last]];
    press("k");
    press("3");
    await settled();
    expect([model.count("edit"), session.labels?.current[last]]).toEqual([edits, label]);
    expect(notices.at(-1)).toBe(
      "This item is decided, and nothing comes after it. U takes it back; click it to decide anew.",
    );
    // Whoever chooses it means it.
    session.select(last);
    press("2");
    expect(model.count("edit")).toBe(edits + 1);
  });

  it("decide once where one is held", async () => {
    const { model, press } = await start([Card]);
    press("k");
    for (let i = 0; i < 5; i++) {
      await settled();
      press("k", { repeat: true });
    }
    expect(model.count("edit")).toBe(1);
  });

  it("wait for a card that is on its way", async () => {
    const late: { answer?: (card: CardData) => void } = {};
    const { model, session, press, notices } = await start([Card], {
      card: ({ item }) =>
        item === 5 ? new Promise((resolve) => (late.answer = resolve)) : card(item as number),
    });
    session.select(5);
    await settled();
    press("1");
    expect([model.count("edit"), notices]).toEqual([0, []]);
    late.answer?.(card(5));
    await settled();
    // It has no label that could be kept.
    press("k");
    expect(model.count("edit")).toBe(0);
    expect(notices.at(-1)).toContain("There is no given label to keep.");
    await settled();
    press("1");
    expect(model.last("edit").args.items).toEqual([5]);
  });
});

describe("the next card", () => {
  it("stands there in the turn of the key, whatever the kernel does", async () => {
    const { root, model, press, shown } = await start([Card], { edit: () => new Promise(() => {}) });
    expect(shown()).toEqual(["3"]);
    press("k");
    await Promise.resolve();
    expect(shown()).toEqual(["1"]);
    expect(root.textContent).toContain("text of 1");
    expect(root.querySelector('[data-dqx="card"]')?.getAttribute("aria-busy")).toBe("false");
    expect(model.count("edit")).toBe(1);
  });

  it("has been asked for three ahead, and anew after the order changed", async () => {
    const { model, session } = await start([Card]);
    const asked = () => model.sent.filter((each) => each.call === "card").map((each) => each.args.item);
    expect(asked()).toEqual([3, 1, 5]);
    session.setFilter({ scope: "all" });
    await settled();
    expect(asked()).toEqual([3, 1, 5, 2]);
  });

  it("costs one message for the decision, one for the place, and one card", async () => {
    const { model, session, press } = await start([Card]);
    session.setFilter({ scope: "all" });
    await settled();
    const before = model.sent.length;
    press("k");
    await settled();
    expect(model.sent.slice(before).map((each) => each.call)).toEqual(["edit", "select", "card"]);
    expect(model.last("card").args.item, "the third ahead").toBe(0);
  });

  it("is asked for anew where the ranking suggests another label since: what is seen is what is decided", async () => {
    const answers: number[] = [];
    const { model, session, press } = await start([Card], {
      card: ({ item }) => {
        answers.push(item as number);
        return {
          ...card(item as number),
          suggested: item === 1 && answers.length > 3 ? 2 : SUGGESTED[item as number],
        };
      },
    });
    const counts = { reviewed: 0, relabelled: 0, kept: 0, flagged: 0, suspects: 3 };
    model.push({
      event: "scores_rows",
      version: 1,
      rows: Int32Array.of(1),
      p_error: Float32Array.of(0.8),
      suggested: Int32Array.of(2),
      suspect: Uint8Array.of(1),
      counts,
    });
    await settled();
    press("k");
    await settled();
    expect(session.current).toBe(1);
    press("Enter");
    expect(model.last("edit").args).toMatchObject({ items: [1], label: "newt" });
  });
});

describe("the card of an item that is decided on", () => {
  it("offers to go on, and another label only by a button of its own", async () => {
    const { model, session, root, press } = await start([Card]);
    const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
    expect(find("onward").hidden).toBe(true);
    press("k");
    await settled();
    session.select(3);
    await settled();
    const primary = [...root.querySelectorAll<HTMLElement>(".dqx-primary")].filter((each) => !each.hidden);
    expect(primary.map((each) => each.textContent)).toEqual(["Next↵"]);
    expect(find("accept").querySelector("kbd")?.hidden).toBe(true);
    expect([find("accept").textContent?.slice(0, 5), find("accept").title]).toEqual([
      "→ cat",
      "Change to cat",
    ]);
    press("Enter");
    await settled();
    expect([session.current, model.count("edit")]).toEqual([1, 1]);
    session.select(3);
    await settled();
    find("accept").click();
    expect(model.last("edit").args).toMatchObject({ items: [3], label: "cat" });
  });
});
