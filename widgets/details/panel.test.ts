// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Fact, LeftReply, StoreReply } from "../core/kernel/schema";
import { type Answers, settled, sixItems } from "../core/testing/mockModel";
import { start as startSession } from "../core/testing/mockSession";
import { Details } from "./panel";
import { everyWords } from "./spotChecks";
import { ruleWords, shareWords } from "./stopRule";
import { size } from "./store";

const EVIL = "<img src=x onerror=alert(1)>";
const LEFT = sixItems().left?.({}) as LeftReply;
const FACTS: Fact[] = [
  {
    name: "joint",
    title: "Given and true labels",
    sentence: `Most often ${EVIL} stands for dog.`,
    known: true,
    columns: ["given label", "true label", "share of all labels"],
    rows: [
      { cells: ["dog", "cat", "2 %"], share: 0.02, opens: { n: 1, of: ["dog", "cat"], pair: [1, 0] } },
      { cells: [EVIL, "cat", "1 %"], share: 0.01, opens: null },
    ],
    more: 3,
    opens: { n: 3, of: [] },
  },
  {
    name: "kinds",
    title: "Kinds of items",
    sentence: "Not computed: it needs more items.",
    known: false,
    columns: [],
    rows: [],
    more: 0,
    opens: null,
  },
];
const STORE: StoreReply = {
  name: "six.labels.db",
  temporary: false,
  branch: "main",
  rater: "ann",
  folder: "/data",
  files: [{ name: "six.labels.db", about: "every label, and its whole history", bytes: 12_400 }],
  versions: { python: "3.12" },
  options: { seed: "0" },
};

async function made(answers: Answers = {}, changes = {}) {
  const all = await startSession(
    {
      facts: () => FACTS,
      fact_items: () => ({ items: Int32Array.of(4, 2) }),
      methods: () => [],
      store: () => STORE,
      helped: () => ({ state: "none", stage: null, result: null, error: null, since: 0 }),
      ...answers,
    },
    changes,
  );
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const wishes: string[] = [];
  all.session.on("command", (wish) => wishes.push(wish.name));
  Details.mount(root, all.session, all.end.signal);
  const find = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const section = async (name: string) => {
    root.querySelector<HTMLElement>(`[data-dqx="details-section"][data-section="${name}"]`)?.click();
    await settled();
  };
  return { ...all, root, find, section, wishes };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("the details", () => {
  it("have their sections at the side, and ask for what one looks at and no more", async () => {
    const { root, model, section } = await made();
    const names = [...root.querySelectorAll<HTMLElement>('[data-dqx="details-section"]')];
    expect(names.map((name) => name.textContent)).toEqual([
      "How sure",
      "The data",
      "Slices",
      "Raters",
      "Second opinions",
      "Methods",
      "Did it help?",
      "Work",
      "Store",
    ]);
    expect(["facts", "methods", "helped", "store"].map((call) => model.count(call))).toEqual([0, 0, 0, 0]);
    for (const name of ["data", "methods", "helped", "work", "store"]) await section(name);
    expect(["facts", "methods", "helped", "store"].map((call) => model.count(call))).toEqual([1, 1, 1, 1]);
    const pages = [...root.querySelectorAll<HTMLElement>('[data-dqx="section"]')];
    expect(pages.filter((page) => !page.hidden).map((page) => page.dataset.section)).toEqual(["store"]);
    // Arrows walk the names and not the queue.
    names
      .at(-1)
      ?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true }));
    expect(pages[0]?.hidden).toBe(false);
    expect(document.activeElement).toBe(names[0]);
    root.dispatchEvent(new CustomEvent("dqx-section", { detail: "work" }));
    expect(pages.find((page) => page.dataset.section === "work")?.hidden).toBe(false);
  });

  it("say where the labels lie, as text", async () => {
    const { find, section } = await made();
    await section("store");
    expect(find("store").textContent).toContain("You decide as ann, on the branch main.");
    expect(find("store-files").textContent).toContain("12 kB");
    expect([12, 3_400_000, 2e9].map(size)).toEqual(["12 B", "3.4 MB", "2.0 GB"]);
  });
});

describe("the facts", () => {
  it("are a sentence and a table each, in which names are text", async () => {
    const { root, find, section } = await made();
    await section("data");
    const [joint, kinds] = [...root.querySelectorAll('[data-dqx="fact"]')];
    expect(joint?.querySelector("p")?.textContent).toBe(`Most often ${EVIL} stands for dog.`);
    expect(joint?.textContent).toContain("and 3 more lines");
    expect(kinds?.textContent).toContain("Not computed");
    expect(root.querySelector("img")).toBeNull();
    expect(find("facts-word").textContent).toBe("");
  });

  it("open the items they are about, and lead to them", async () => {
    const { root, session, model, section, wishes } = await made();
    await section("data");
    const [whole, pair] = [...root.querySelectorAll<HTMLElement>('[data-dqx="fact-open"]')];
    expect(whole?.textContent).toBe("Show 3 items");
    whole?.click();
    await settled();
    expect(model.last("fact_items").args).toEqual({ fact: "joint", of: [] });
    expect(session.queue).toEqual([4, 2]);
    pair?.click();
    expect(session.filter.pair).toEqual([1, 0]);
    expect(session.filter.items).toBeNull();
    expect(session.queue).toEqual([3]);
    expect(wishes).toEqual(["item", "item"]);
  });

  it("are read again once scores have changed, and say what keeps them away", async () => {
    let fails = true;
    const { model, find, section } = await made({
      facts: () =>
        fails
          ? Promise.reject({ type: "DataError", message: "There are no scores yet.", remedy: "Wait." })
          : FACTS,
    });
    await section("data");
    expect(find("facts-word").textContent).toBe(
      "The facts could not be read: There are no scores yet. Wait.",
    );
    fails = false;
    model.say({ event: "scores", trust: null });
    await settled();
    expect(model.count("facts")).toBe(2);
    expect(find("facts").children).toHaveLength(2);
    await section("store");
    await section("data");
    expect(model.count("facts"), "nothing has changed").toBe(2);
  });
});

describe("how sure", () => {
  it("says the estimate in words and by class", async () => {
    const { session, find } = await made();
    await vi.waitFor(() => expect(session.left).not.toBeNull());
    expect(find("left-words").textContent).toBe(LEFT.sentence);
    expect(find("left-classes").querySelectorAll("tbody tr")).toHaveLength(2);
    expect(find("left-classes").querySelector("thead")?.textContent).toContain("wrong labels left");
  });

  it("says the stop rule as people do, and moves the end of the queue", async () => {
    expect(ruleWords(80, { count: 235, precision: 0.8, recall: 0.66 })).toBe(
      "Stop rule: while at least 80 % are expected to be wrong (235 items, two thirds of the wrong labels)",
    );
    expect(ruleWords(99, { count: 0, precision: Number.NaN, recall: 0 })).toContain("no item is that likely");
    expect([0.99, 0.5, 0.36, 0].map(shareWords)).toEqual(["nearly all", "half", "a third", "few"]);
    const { session, find } = await made({}, { calibrated: true });
    const slider = find("dial") as HTMLInputElement;
    slider.value = "90";
    slider.dispatchEvent(new Event("input"));
    expect(find("cut").textContent).toContain("at least 90 %");
    expect(session.queue).toEqual([3]);
    expect(find("to-the-cut").textContent).toBe("The queue ends there");
    find("to-the-cut").click();
    expect(session.queue).toEqual([3, 1, 5]);
  });

  it("leads to the random label that was passed over", async () => {
    const { session, find } = await made();
    session.setAuditRate(3);
    expect(find("left-passed").hidden).toBe(true);
    session.select(5);
    expect(find("left-passed").textContent).toBe("Go to the random label passed over");
    find("left-passed").click();
    expect(session.current).toBe(4);
    session.edit("keep", [4]);
    session.select(5);
    expect(find("left-passed").hidden).toBe(true);
  });

  it("queues random labels by themselves, and leads to them", async () => {
    const { session, find, wishes } = await made();
    expect(find("audit").textContent).toBe("Check 20 random labels");
    find("audit").click();
    await vi.waitFor(() => expect(wishes).toEqual(["item"]));
    expect([...session.queue].sort()).toEqual([1, 4]);
    expect([0, 2, 3, 10, 11, 21].map(everyWords)).toEqual([
      "No spot checks",
      "Every 2nd is a spot check",
      "Every 3rd is a spot check",
      "Every 10th is a spot check",
      "Every 11th is a spot check",
      "Every 21st is a spot check",
    ]);
  });

  it("says how often, and goes to those that were passed over", async () => {
    const { session, find, wishes } = await made();
    session.setAuditRate(3);
    const rate = find("audit-rate") as HTMLSelectElement;
    expect([...rate.options].map((option) => option.text)).toEqual([
      "No spot checks",
      "Every 20th is a spot check",
      "Every 10th is a spot check",
      "Every 5th is a spot check",
      "Every 3rd is a spot check",
    ]);
    expect(rate.value).toBe("3");
    const passed = find("left-passed");
    expect(passed.hidden).toBe(true);
    session.select(5);
    expect(passed.textContent).toBe("Go to the random label passed over");
    passed.click();
    expect(session.current).toBe(4);
    expect(wishes).toEqual(["item"]);
    rate.value = "0";
    rate.dispatchEvent(new Event("change", { bubbles: true }));
    expect(session.queue).toEqual([3, 1, 5]);
  });

  it("leads back to where one was once the random labels are let go of", async () => {
    const { session, find } = await made();
    session.setFilter({ pair: [1, 0] });
    session.select(3);
    find("audit").click();
    await vi.waitFor(() => expect(session.current).toBe(1));
    expect([1, 4, 2].map((item) => session.isRandom(item))).toEqual([true, true, false]);
    session.select(4);
    session.choose([]);
    expect(session.filter).toMatchObject({ pair: [1, 0], items: null });
    expect(session.current).toBe(3);
    expect(session.isRandom(4), "it stays a random item").toBe(true);
  });

  it("asks about them in the order in which they were drawn, and by rank in a lasso", async () => {
    const { session, find } = await made({ audit: () => ({ items: [4, 0, 3], draws: Int32Array.of(2) }) });
    find("audit").click();
    await vi.waitFor(() => expect(session.current).toBe(4));
    expect(session.queue).toEqual([4, 0, 3]);
    session.choose([4, 0, 3]);
    expect(session.queue).toEqual([3, 0, 4]);
  });

  it("says what is decided so far and since when, and when it cannot be estimated", async () => {
    const since = new Date(new Date().setHours(9, 12, 0, 0)).toISOString();
    const { session, find } = await made({ left: () => ({ ...LEFT, draws: 3, since }) });
    await vi.waitFor(() => expect(session.left).not.toBeNull());
    expect(find("left-more").textContent).toBe(
      "3 random labels are decided so far, since today, 09:12. For ± 1 about 30 more random items are needed.",
    );
    const none = await made({ left: () => Promise.reject({ type: "X", message: "No scores.", remedy: "" }) });
    await vi.waitFor(() => expect(none.session.leftError).not.toBe(""));
    expect(none.find("left-words").textContent).toBe(
      "How many wrong labels are left could not be estimated: No scores.",
    );
  });

  it("asks before answers would no longer count", async () => {
    const { model, session, notices, find } = await made({
      left: () => ({ ...LEFT, draws: 12 }),
      new_sample: () =>
        Promise.reject({ type: "DataError", message: "There are no scores.", remedy: "Wait." }),
    });
    await vi.waitFor(() => expect(session.left?.draws).toBe(12));
    find("new-sample").focus();
    find("new-sample").click();
    expect(model.count("new_sample")).toBe(0);
    expect(find("new-sample-words").textContent).toContain("The 12 answers so far will no longer count");
    expect(document.activeElement, "Enter keeps them").toBe(find("new-sample-no"));
    find("new-sample-no").click();
    expect(document.activeElement).toBe(find("new-sample"));
    find("new-sample").click();
    find("new-sample-yes").click();
    await vi.waitFor(() => expect(notices.at(-1)?.remedy).toBe("Wait."));
    expect(notices.at(-1)?.text).toBe("The spot checks go on as they were: There are no scores.");
  });

  it("starts over at once where nothing was answered", async () => {
    const { session, find } = await made({ new_sample: () => ({ draws: Int32Array.of(5) }) });
    await vi.waitFor(() => expect(session.left).not.toBeNull());
    session.audit([4], Int32Array.of(2));
    find("new-sample").click();
    await vi.waitFor(() => expect([...(session.scores?.draws ?? [])]).toEqual([5]));
    expect(session.isRandom(4), "it belonged to those of before").toBe(false);
  });
});
