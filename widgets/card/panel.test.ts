// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Card as CardData, Scores } from "../core/kernel/schema";
import { Session } from "../core/session/session";
import { type Answers, MockModel, settled, sixItems } from "../core/testing/mockModel";
import { reply } from "../core/testing/mockSession";
import { Queue } from "../queue/panel";
import { Card } from "./panel";

const EVIL = '<img src=x onerror="alert(1)">';

function cardOf(item: number, changes: Partial<CardData> = {}): CardData {
  return {
    item,
    id: `id-${item}`,
    name: `row ${item}`,
    given: [0, 0, 1, 1, 2, -1][item] as number,
    current: [0, 0, 1, 1, 2, -1][item] as number,
    suggested: [0, 1, 1, 0, 2, 1][item] as number,
    suggested_p: 0.94,
    p_error: 0.72,
    rank: 1,
    ranked: 6,
    why: [{ name: "neighbours", text: "46 of 50 say cat", value: 0.92, method: "vote", push: 1.7 }],
    badges: ["outlier"],
    preview: { kind: "text", text: EVIL },
    same: [2],
    other: [0],
    neighbours: [],
    history: [],
    ...changes,
  };
}

async function start(answers: Answers = {}, changes = {}) {
  const model = new MockModel({
    ...sixItems(changes),
    card: ({ item }) => cardOf(item as number),
    ...answers,
  });
  const session = new Session("six");
  const end = new AbortController();
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  Card.mount(root, session, end.signal);
  session.attach(model.model, end.signal);
  await settled();
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  return { model, session, end, root, find };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("Card", () => {
  it("waits quietly before there is a review", () => {
    const root = document.createElement("div");
    Card.mount(root, new Session("none"), new AbortController().signal);
    expect(root.textContent).toContain("Waiting for the review");
  });

  it("shows the labels, the rank and the evidence in words", async () => {
    const { root, find } = await start();
    expect(find("card").dataset.item).toBe("3");
    expect(find("card-given").textContent).toBe("dog");
    expect(find("card-suggested").textContent).toBe("cat");
    expect(find("card-label").textContent).toBe("dog");
    expect(root.textContent).toContain("rank 1 of 6");
    expect(find("card-why").textContent).toBe("46 of 50 say cat");
    expect(find("accept").textContent).toContain("Change to cat");
    expect(find("keep").textContent).toContain("Keep dog");
  });

  it("says of an item that it was drawn at random, as long as the queue mixes such items in", async () => {
    const { session, find } = await start();
    session.setAuditRate(3);
    session.select(4);
    await settled();
    expect(find("card-random").textContent).toBe("random");
    expect(find("card-random").title).toContain("tell how many are wrong, whatever the ranking says");
    // What is left leans on what the model believes, so that nothing is promised of its bias.
    expect(find("card-random").title).not.toContain("unbiased");
    session.setAuditRate(0);
    await Promise.resolve();
    expect(find("card-random")).toBeNull();
  });

  it("counts the suspects as the queue does, after decisions and while the scores follow", async () => {
    let issues = Uint8Array.of(0, 1, 0, 1, 0, 1);
    const { session, model, end, root, find } = await start(
      {
        scores: () => ({ ...(sixItems().scores?.({}) as Scores), calibrated: true, is_label_issue: issues }),
        // The kernel's count is of another moment.
        edit: () => reply(3, 1, "kept"),
      },
      { calibrated: true, counts: { reviewed: 0, relabelled: 0, kept: 0, flagged: 0, suspects: 85 } },
    );
    const queue = document.createElement("div");
    root.after(queue);
    Queue.mount(queue, session, end.signal);
    const both = () => {
      const counts = queue.querySelector<HTMLElement>('[data-dqx="queue-counts"]');
      return [find("card-standing").textContent, counts?.textContent, counts?.title.split(". ")[0]];
    };
    expect(both()).toEqual(["suspect 1 of 3", "next 1 of 3", "3 suspects; 0 reviewed"]);
    expect(find("card-standing").title).toContain("decided on or not");
    session.edit("keep", [3]);
    await settled();
    expect(both()).toEqual(["suspect 1 of 3", "1 of 3, 2 open", "3 suspects; 1 reviewed"]);
    // The decision speaks for item 1 too: the scores follow, and the place of the last suspect is another.
    session.select(5);
    await settled();
    expect(both()[0]).toBe("suspect 3 of 3");
    issues = Uint8Array.of(0, 0, 0, 1, 0, 1);
    model.say({ event: "scores", trust: null });
    await settled();
    expect(both()).toEqual(["suspect 2 of 2", "next 2 of 2, 1 open", "2 suspects; 1 reviewed"]);
    session.setFilter({ pair: [-1, 1] });
    expect(both()).toEqual(["suspect 2 of 2", "next 1 of 1", "1 suspect of 2; 0 reviewed"]);
    session.select(1);
    await settled();
    expect(both()[0], "no suspect any more").toBe("rank 2 of 6");
    end.abort();
  });

  it("calls nothing a percentage before it is calibrated", async () => {
    const plain = await start();
    expect(plain.root.textContent).not.toContain("%");
    expect(plain.find("p-error")).toBeNull();
    const calibrated = await start({}, { calibrated: true });
    expect(calibrated.find("p-error").textContent).toBe("72 % likely wrong");
    expect(calibrated.root.textContent?.match(/%/g), "one percentage").toHaveLength(1);
  });

  it("says of a decided item how likely its given label was wrong, without alarm", async () => {
    const { session, find } = await start({}, { calibrated: true });
    expect(find("p-error").classList.contains("dqx-card-likely")).toBe(true);
    session.edit("keep", [session.current as number]);
    await settled();
    expect(find("p-error").textContent).toBe("was 72 % likely wrong");
    expect(find("p-error").classList.contains("dqx-card-likely")).toBe(false);
  });

  it("opens this item's sum of reasons from its percentage, and then the method's page", async () => {
    const sum = { start: -2.5, parts: [{ method: "aum", title: "Area under the margin", push: 1.1 }] };
    const { model, root, find } = await start(
      { card: ({ item }) => cardOf(item as number, { sum }), method: () => new Promise(() => {}) },
      { calibrated: true },
    );
    find("p-error").click();
    const rows = [...root.querySelectorAll("dl.dqx-card-why > dt")].map((each) => each.textContent);
    expect(rows).toEqual(["neighbours", "Area under the margin", "to begin with", "together"]);
    expect(find("sum").textContent).toContain("72 % likely wrong");
    expect(model.count("method")).toBe(0);
    find("sum-method").click();
    expect(model.last("method").args).toEqual({ name: "p_error" });
    expect(find("method").hidden).toBe(false);
  });

  it("shows what each line adds, in a mark and in words", async () => {
    const outlier = { name: "outlier", text: "far from all", value: 3, method: "outlier", push: null };
    const { root } = await start({
      card: ({ item }) => {
        const card = cardOf(item as number);
        return { ...card, why: [...card.why, outlier] };
      },
    });
    root.querySelector<HTMLElement>('[data-dqx="more-lines"]')?.click();
    const marks = root.querySelectorAll<HTMLElement>('[data-dqx="push"]');
    expect(marks).toHaveLength(1);
    expect(marks[0]?.dataset.side).toBe("against");
    expect(marks[0]?.textContent).toBe("speaks strongly against the label");
    expect(root.querySelectorAll('[data-dqx="reason-method"]')).toHaveLength(2);
  });

  it("says the best two reasons in one line, and every one when asked", async () => {
    const line = (n: number) => ({
      name: `m${n}`,
      text: `line ${n}`,
      value: null,
      method: `m${n}`,
      push: 0.5,
    });
    const { root, session, find } = await start({
      card: ({ item }) => cardOf(item as number, { why: [1, 2, 3, 4, 5, 6].map(line) }),
    });
    expect(find("card-why").textContent).toBe("line 1 · line 2");
    expect(root.textContent).not.toContain("line 3");
    expect(find("more-lines").textContent).toBe("why?");
    find("more-lines").click();
    expect(root.textContent).toContain("line 6");
    expect(root.querySelector('[data-dqx="card-same"]'), "in place of what is like it").toBeNull();
    expect(document.activeElement).toBe(find("more-lines"));
    // It stays so from item to item.
    session.select(1);
    await settled();
    expect(find("more-lines").getAttribute("aria-expanded")).toBe("true");
    find("more-lines").click();
    expect(root.textContent).not.toContain("line 3");
  });

  it("names the reason of a decision", async () => {
    const entry = { time: "2026-03-01T10:05:00", rater: "ann", op: "set", why: "no tail", reason: "wrong" };
    const { session, find } = await start({
      card: ({ item }) => cardOf(item as number, { history: [entry as CardData["history"][number]] }),
    });
    session.edit("relabel", [3], { label: "newt" });
    await Promise.resolve();
    expect(find("card").textContent).toContain("relabelled by ann, 10:05, wrong: “no tail”");
  });

  it("shows text from data as text", async () => {
    const { root } = await start();
    expect(root.querySelector(".dqx-text-words")?.textContent).toBe(EVIL);
    expect(root.querySelector("img")).toBeNull();
  });

  it("accepts by button and goes on", async () => {
    const { model, session, find } = await start();
    find("accept").click();
    expect(model.last("edit").args).toMatchObject({ action: "relabel", items: [3], label: "cat" });
    expect(session.current).toBe(1);
  });

  it("does not decide about an item that is not on show yet", async () => {
    const { model, session, find } = await start({
      card: ({ item }) => (item === 3 ? cardOf(3) : new Promise(() => {})),
    });
    session.select(1);
    find("accept").click();
    find("keep").click();
    expect(model.count("edit")).toBe(0);
    expect(find("card").getAttribute("aria-busy")).toBe("true");
  });

  it("ignores an answer that comes after the selection has moved on", async () => {
    const late: { answer?: (card: CardData) => void } = {};
    const { session, find } = await start({
      card: ({ item }) =>
        item === 1 ? new Promise((resolve) => (late.answer = resolve)) : cardOf(item as number),
    });
    session.select(1);
    await settled();
    session.select(5);
    await settled();
    late.answer?.(cardOf(1));
    await settled();
    expect(find("card").dataset.item).toBe("5");
  });

  it("offers no keep for an unlabelled item", async () => {
    const { session, find } = await start();
    session.select(5);
    await settled();
    expect(find("card-given").textContent).toBe("unlabelled");
    expect(find("keep").hidden).toBe(true);
  });

  it("shows a decision at once and by whom when the kernel has said so", async () => {
    const { session, find } = await start({
      card: ({ item }) =>
        cardOf(item as number, {
          history: [
            {
              time: "2026-03-01T10:05:00",
              rater: "ann",
              item: 3,
              itemId: "id-3",
              op: "set",
              old: "dog",
              new: "newt",
              why: "",
              reason: "",
              p_error: null,
              commit: "c",
              event: "e",
              kind: "edit",
            },
          ],
        }),
    });
    session.edit("relabel", [3], { label: "newt" });
    await Promise.resolve();
    expect(find("card-label").textContent).toBe("newt");
    expect(find("card").textContent).toContain("relabelled by ann, 10:05");
  });

  it("marks with the note and the reason that is pressed", async () => {
    const { model, root, find } = await start();
    const note = find("why") as HTMLInputElement;
    note.value = "half a dog";
    note.dispatchEvent(new Event("input", { bubbles: true }));
    expect(find("mark").textContent).toBe("Can't tellA");
    find("reasons").click();
    (root.querySelector('[data-reason="bad item"]') as HTMLElement).click();
    expect(model.count("edit")).toBe(0);
    expect(find("mark").textContent).toContain("Mark bad item");
    find("mark").click();
    expect(model.last("edit").args).toMatchObject({ action: "mark", reason: "bad item", why: "half a dog" });
    expect(note.value).toBe("");
    expect(find("mark").textContent).toBe("Can't tellA");
  });

  it("sends a pressed reason with the next decision on this item only", async () => {
    const { model, session, root, find } = await start();
    const chip = () => root.querySelector('[data-reason="ambiguous"]') as HTMLElement;
    session.setReason("ambiguous");
    // It is seen before it is sent, whether or not the chips were open.
    expect(chip().closest<HTMLElement>("[role=group]")?.hidden).toBe(false);
    expect(chip().getAttribute("aria-pressed")).toBe("true");
    session.select(1);
    await settled();
    expect(chip().getAttribute("aria-pressed")).toBe("false");
    session.select(3);
    await settled();
    chip().click();
    find("accept").click();
    expect(model.last("edit").args).toMatchObject({ action: "relabel", label: "cat", reason: "ambiguous" });
    await settled();
    find("keep").click();
    expect(session.reason).toBe("");
  });
});

describe("a conflict on the card", () => {
  const ann = {
    item: 3,
    label: 2,
    state: "relabelled" as const,
    event: "event:9",
    rater: "ann",
    time: "2026-03-01T10:32:00",
    why: "<i>wet</i>",
  };

  async function conflicted() {
    const all = await start();
    all.find("accept").click();
    all.model.refuse("edit", { type: "Conflict", message: "", remedy: "", cells: [ann] });
    await settled();
    return all;
  }

  it("waits for the person to come back to the item, and shows both decisions", async () => {
    const { session, find, root } = await conflicted();
    expect(session.current).toBe(1);
    expect(find("conflict").hidden).toBe(true);
    expect(session.conflicts.items).toEqual([3]);
    session.select(3);
    await settled();
    expect(find("conflict").hidden).toBe(false);
    expect(find("conflict").textContent).toContain(
      "ann relabelled it to newt at 10:32 (“<i>wet</i>”) while you chose cat.",
    );
    expect(root.querySelector("i")).toBeNull();
    expect(find("conflict-theirs").textContent).toBe("Keep ann’s: newtT");
    expect(find("conflict-mine").textContent).toBe("Use mine: catY");
    session.select(5);
    session.select(3);
    await settled();
    expect(find("conflict").hidden).toBe(false);
  });

  it("lets the other's stand without writing anything", async () => {
    const { model, session, find } = await conflicted();
    session.select(3);
    await settled();
    find("conflict-theirs").click();
    expect(session.conflicts.items).toEqual([]);
    expect(model.count("edit")).toBe(1);
    expect(session.className(session.labels?.current[3] as number)).toBe("newt");
    expect(session.current).not.toBe(3);
  });

  it("sends mine again, on top of what stands there", async () => {
    const { model, session, find } = await conflicted();
    session.select(3);
    await settled();
    find("conflict-mine").click();
    expect(model.count("edit")).toBe(2);
    expect(model.last("edit").args).toMatchObject({
      action: "relabel",
      label: "cat",
      items: [3],
      expected: { 3: "event:9" },
    });
    expect(find("conflict").hidden).toBe(true);
  });

  it("ends with any other decision on the item", async () => {
    const { session, find } = await conflicted();
    session.select(3);
    await settled();
    find("keep").click();
    expect(session.conflicts.items).toEqual([]);
  });
});

describe("the label picker", () => {
  const type = (input: HTMLInputElement, text: string) => {
    input.focus();
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const press = (input: HTMLElement, key: string) =>
    input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

  it("takes the best match on Enter", async () => {
    const { model, find } = await start();
    const input = find("label-input") as HTMLInputElement;
    type(input, "ne");
    press(input, "Enter");
    expect(model.last("edit").args).toMatchObject({ action: "relabel", label: "newt" });
    expect(input.value).toBe("");
  });

  it("takes a number as it is shown", async () => {
    const { model, find } = await start();
    const input = find("label-input") as HTMLInputElement;
    type(input, "");
    press(input, "3");
    expect(model.last("edit").args).toMatchObject({ label: "newt" });
  });

  it("adds a class only when Enter is pressed on the offer", async () => {
    const { model, find } = await start();
    const input = find("label-input") as HTMLInputElement;
    type(input, "toad");
    expect(find("new-class").textContent).toContain("Add new class “toad”");
    press(input, "Enter");
    expect(model.count("edit")).toBe(0);
    expect(find("new-class").getAttribute("aria-selected")).toBe("true");
    press(input, "Enter");
    expect(model.last("edit").args).toMatchObject({ label: "toad", new_class: true });
  });

  it("asks whether a slip was meant", async () => {
    const { root, find } = await start();
    type(find("label-input") as HTMLInputElement, "cta");
    expect(root.textContent).not.toContain("did you mean");
    type(find("label-input") as HTMLInputElement, "newd");
    expect(root.textContent).toContain("did you mean");
  });

  it("keeps its keys to itself and gives the focus back on Escape", async () => {
    const { root, find } = await start();
    const outer = vi.fn();
    root.addEventListener("keydown", outer);
    const input = find("label-input") as HTMLInputElement;
    type(input, "x");
    press(input, "Escape");
    expect(outer).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(root);
  });
});
