// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { settled } from "../core/testing/mockModel";
import { start } from "../core/testing/mockSession";
import { bindKeys } from "../core/ui/handler";
import { Queue } from "./panel";

let end = new AbortController();
beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(() => end.abort());

/** What the kernel finds: "even" has items 0, 2 and 4, "third" 3 and 0, "row 2" the item 2. */
const find = ({ text }: Record<string, unknown>) => {
  const items: Record<string, number[]> = { even: [0, 2, 4], third: [0, 3], "row 2": [2], "2": [2, 3] };
  return {
    order: "order:1",
    items: Int32Array.from(items[text as string] ?? []),
    exact: Int32Array.from(/2$/.test(text as string) ? [2] : []),
  };
};

async function open(answers = {}) {
  const made = await start({ find, ...answers });
  end = made.end;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  Queue.mount(root, made.session, end.signal);
  bindKeys(root, made.session, end.signal);
  await settled();
  const part = (name: string) => root.querySelector<HTMLElement>(`[data-dqx="${name}"]`) as HTMLElement;
  const box = part("search") as HTMLInputElement;
  const type = (text: string) => {
    box.focus();
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const press = (key: string, on: HTMLElement = box) =>
    on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const search = async (text: string) => {
    type(text);
    await vi.waitFor(() => expect(made.model.last("find").args).toEqual({ text }));
    await settled();
  };
  return { ...made, root, part, box, type, press, search };
}

describe("the search box", () => {
  it("has a key, narrows the queue to what is found, and is cleared by Escape", async () => {
    const { session, root, box, press, search, part } = await open();
    press("q", root);
    expect(document.activeElement).toBe(box);
    await search("third");
    expect(session.queue).toEqual([3]);
    expect(part("search-said").textContent).toBe("2 found");
    expect(part("queue-counts").textContent).toBe("next 1 of 1");
    expect(part("accept-all").textContent).toContain("Accept 1 suggestion…");
    press("Escape");
    expect(box.value).toBe("");
    expect(session.queue).toEqual([3, 1, 5]);
    press("Escape");
    expect(document.activeElement).toBe(root);
  });

  it("narrows the queue to a label that is named whole", async () => {
    const { session, box, press, search, part } = await open();
    session.setFilter({ scope: "all" });
    await search("NEWT");
    expect(part("search-said").textContent).toBe("↵ all labelled so");
    press("Enter");
    expect(box.value).toBe("");
    expect(session.filter.label).toBe(session.classes.indexOf("newt"));
    expect(session.queue).toEqual([4]);
    expect(session.filter.found).toBeNull();
  });

  it("asks once for what is typed in a go", async () => {
    const { type, model, box, press } = await open();
    for (const text of ["t", "th", "third"]) type(text);
    expect(model.count("find")).toBe(0);
    press("Enter");
    await settled();
    expect(model.count("find")).toBe(1);
    expect(document.activeElement).not.toBe(box);
  });

  it("offers everything where the scope has none of it", async () => {
    const { session, search, part } = await open();
    await search("even");
    expect(session.queue).toEqual([]);
    expect(part("search-everywhere").textContent).toBe("In everything (3)");
    part("search-everywhere").click();
    expect(session.queue).toEqual([2, 0, 4]);
    expect(session.current).toBe(2);
  });

  it("says that nothing is found, and clears that", async () => {
    const { session, search, part, root, box } = await open();
    await search("absent");
    expect(part("search-said").textContent).toBe("nothing found");
    expect(root.textContent).toContain("Nothing is found for “absent”.");
    part("search-clear-empty").click();
    expect(session.queue).toEqual([3, 1, 5]);
    expect(box.value).toBe("");
  });

  it("goes to a row with Enter, and leaves the queue as it is", async () => {
    const { session, search, press, part, root } = await open();
    await search("row 2");
    expect(session.queue).toEqual([3, 1, 5]);
    expect(part("search-said").textContent).toBe("↵ goes there");
    press("Enter");
    expect(session.current).toBe(2);
    expect(session.queue).toEqual([3, 1, 5]);
    expect(part("queue-counts").textContent).toBe("3 items");
    expect(document.activeElement).toBe(root);
  });

  it("follows a filter that is taken away elsewhere", async () => {
    const { session, search, box } = await open();
    await search("third");
    session.setFilter({ found: null });
    expect(box.value).toBe("");
  });

  it("drops an answer that is late, and says what is refused", async () => {
    let answer: (reply: unknown) => void = () => {};
    const { session, type, model, part } = await open({
      find: ({ text }: { text: string }) => {
        if (text === "bad") throw { type: "DataError", message: "'bad' cannot be searched for.", remedy: "" };
        if (text === "third") return find({ text });
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    type("slow");
    await vi.waitFor(() => expect(model.count("find")).toBe(1));
    await vi.waitFor(() => expect(part("search-said").textContent).toBe("searching…"));
    type("third");
    await vi.waitFor(() => expect(session.queue).toEqual([3]));
    answer({ order: "order:1", items: Int32Array.of(1), exact: Int32Array.of() });
    await settled();
    expect(session.queue).toEqual([3]);
    type("bad");
    await vi.waitFor(() => expect(part("search-said").textContent).toBe("'bad' cannot be searched for."));
  });
});
