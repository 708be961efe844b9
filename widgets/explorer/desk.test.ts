// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Hello, Stage } from "../core/kernel/schema";
import { settled } from "../core/testing/mockModel";
import { command } from "../core/ui/keys";
import { startExplorer } from "./fixture";

const start = () => startExplorer({ rater: () => null });

function stage(name: string, state: Stage["state"], changes: Partial<Stage> = {}): Stage {
  return {
    name,
    state,
    done: 0,
    total: 0,
    unit: "items",
    rate: 0,
    left: null,
    seconds: 0,
    note: "",
    device: "",
    ...changes,
  };
}

/** Which pages are to be seen. */
function seen(root: HTMLElement): string[] {
  const pages = [...root.querySelectorAll<HTMLElement>(".dqx-tab-page")];
  return pages.filter((page) => !page.hidden).map((page) => page.dataset.page ?? "");
}

/** Say how wide the explorer is, and how the page tells. */
function widen(root: HTMLElement, width: number): void {
  Object.defineProperty(root, "clientWidth", { configurable: true, value: width });
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe("the tabs", () => {
  it("are opened by one key each, and their panels are made when first seen", async () => {
    const { root, press } = await start();
    expect(seen(root)).toEqual(["item"]);
    for (const [key, name] of [
      ["m", "map"],
      ["v", "neighbours"],
      ["p", "charts"],
      ["h", "history"],
      ["i", "item"],
    ] as const) {
      press(key);
      expect(seen(root)).toEqual([name]);
      expect(root.querySelector(`[data-page="${name}"] > .dqx`), name).not.toBeNull();
      const tab = root.querySelector(`[data-dqx="tab"][data-tab="${name}"]`);
      expect(tab?.getAttribute("aria-selected")).toBe("true");
      expect(tab?.textContent).toContain(key.toUpperCase());
    }
  });

  it("put the map beside the item from 1,100 pixels on, and the map alone on its tab", async () => {
    const { root, press } = await start();
    widen(root, 1099);
    press("m");
    press("i");
    expect(seen(root)).toEqual(["item"]);
    widen(root, 1100);
    press("m");
    expect(seen(root)).toEqual(["map"]);
    press("i");
    expect(seen(root)).toEqual(["item", "map"]);
    expect(root.dataset.pages).toBe("2");
    const map = root.querySelector<HTMLElement>('[data-page="map"]');
    expect(map?.getAttribute("role")).toBe("region");
  });

  it("go to the relation map and back with the key of the neighbours", async () => {
    const { find, press } = await start();
    press("v");
    expect(find("relation-map").hidden).toBe(true);
    press("v");
    expect(find("relation-map").hidden).toBe(false);
    press("v");
    expect(find("relation-map").hidden).toBe(true);
  });

  it("keep the keyboard in the explorer when the page goes that had it", async () => {
    const { root, press } = await start();
    press("m");
    root.querySelector<HTMLElement>('[data-dqx="map"]')?.focus();
    press("p");
    expect(root.contains(document.activeElement)).toBe(true);
    press("i");
    expect(document.activeElement).toBe(root);
  });
});

describe("no visible card, no key", () => {
  it("decides nothing on the map's tab: it opens the item and says what to do", async () => {
    const { root, session, press } = await start();
    const said: string[] = [];
    session.on("notice", ({ text, remedy }) => said.push(`${text} ${remedy}`));
    press("m");
    session.select(5);
    await settled();
    expect(seen(root)).toEqual(["map"]);
    press("Enter");
    expect(session.isReviewed(5)).toBe(false);
    expect(session.current).toBe(5);
    expect(seen(root)).toEqual(["item"]);
    expect(said.at(-1)).toContain("Look at its card, then press the key again.");
  });
});

describe("the open tab", () => {
  it("is open again after a reload, and at no other store", async () => {
    const before = await start();
    before.press("h");
    before.end.abort();
    const after = await start();
    expect(seen(after.root)).toEqual(["history"]);
    after.end.abort();
    const { store } = after.session.hello as Hello;
    const other = await startExplorer({}, { store: { ...store, id: "another" } });
    expect(seen(other.root)).toEqual(["item"]);
  });

  it("begins at the item where the browser keeps nothing", async () => {
    const denied = vi.spyOn(globalThis, "sessionStorage", "get").mockImplementation(() => {
      throw new DOMException("denied", "SecurityError");
    });
    const before = await start();
    before.press("h");
    expect(seen(before.root)).toEqual(["history"]);
    before.end.abort();
    expect(seen((await start()).root)).toEqual(["item"]);
    denied.mockRestore();
  });
});

describe("where the host allows no full screen", () => {
  it("the same key makes the explorer taller, and as high as before", async () => {
    Object.defineProperty(document, "fullscreenEnabled", { configurable: true, value: false });
    const { root, find, press } = await start();
    expect(find("full-screen")).toBeNull();
    expect(find("taller").getAttribute("aria-pressed")).toBe("false");
    press("z");
    expect(find("taller").getAttribute("aria-pressed")).toBe("true");
    expect(root.classList.contains("dqx-tall")).toBe(true);
    expect(Number.parseInt(root.style.getPropertyValue("--dqx-tall"), 10)).toBeGreaterThanOrEqual(700);
    find("taller").click();
    expect(root.classList.contains("dqx-tall")).toBe(false);
    expect(find("taller").getAttribute("aria-pressed")).toBe("false");
  });
});

describe("full screen", () => {
  it("is of the whole explorer, with the item, the map and the neighbours", async () => {
    Object.defineProperty(document, "fullscreenEnabled", { configurable: true, value: true });
    const { root, find, press } = await start();
    widen(root, 1400);
    let full: Element | null = null;
    Object.defineProperty(document, "fullscreenElement", { configurable: true, get: () => full });
    root.requestFullscreen = async () => {
      full = root;
      document.dispatchEvent(new Event("fullscreenchange"));
    };
    document.exitFullscreen = async () => {
      full = null;
      document.dispatchEvent(new Event("fullscreenchange"));
    };
    press("z");
    expect(seen(root)).toEqual(["item", "map", "neighbours"]);
    expect(find("full-screen").textContent).toContain("Leave full screen");
    press("v");
    expect(seen(root)).toEqual(["neighbours"]);
    press("i");
    press("z");
    expect(seen(root)).toEqual(["item", "map"]);
    expect(find("full-screen").getAttribute("aria-pressed")).toBe("false");
  });
});

describe("the head", () => {
  it("says what there is to do, then how far the review is", async () => {
    const { model, find, press } = await start();
    expect(find("reviewed").textContent).toBe("Check the labels that are probably wrong: 3 of 6");
    press("k");
    await settled();
    model.reply("edit", {
      commit: "c1",
      saved: new Date().toISOString(),
      cells: [{ item: 3, label: 1, state: "kept", event: "e1" }],
      counts: { reviewed: 1, relabelled: 0, kept: 1, flagged: 0, suspects: 3 },
      classes: ["cat", "dog", "newt"],
    });
    await settled();
    expect(find("reviewed").textContent).toBe("1 reviewed · 0 changed");
    expect(find("reviewed").dataset.reviewed).toBe("1");
  });

  it("leads to the export", async () => {
    const { find } = await start();
    expect(find("export-dialog").hidden).toBe(true);
    find("export").click();
    expect(find("export-dialog").hidden).toBe(false);
  });
});

describe("the details", () => {
  it("take the place of the pages until they are closed, or a page is asked for", async () => {
    const { root, find, press } = await start();
    const main = root.querySelector<HTMLElement>(".dqx-main");
    find("details").click();
    expect(main?.hidden).toBe(true);
    expect(find("details-page").hidden).toBe(false);
    expect(find("details-page").querySelector(".dqx")).not.toBeNull();
    press("Escape", find("details-page"));
    expect(main?.hidden).toBe(false);
    find("details").click();
    press("i");
    expect(find("details-page").hidden).toBe(true);
    expect(seen(root)).toEqual(["item"]);
    find("details").click();
    press("m");
    expect(find("details-page").hidden).toBe(true);
    expect(seen(root)).toEqual(["map"]);
  });

  it("opens at the section that is asked for, and closes when the item is", async () => {
    const { root, session, find } = await startExplorer({ methods: () => [] });
    const shown = () =>
      [...root.querySelectorAll<HTMLElement>('[data-dqx="section"]')].find((each) => !each.hidden)?.dataset
        .section;
    expect(command("details-methods", root, session)).toBe(true);
    expect(find("details-page").hidden).toBe(false);
    expect(shown()).toBe("methods");
    command("details-work", root, session);
    expect(shown()).toBe("work");
    expect(command("item", root, session)).toBe(true);
    expect(find("details-page").hidden).toBe(true);
    expect(find("card").closest("[hidden]")).toBeNull();
  });
});

describe("the line of progress", () => {
  it("is there while something runs, and says what failed", async () => {
    const { session, find } = await start();
    expect(find("progress").hidden).toBe(true);
    session.emit("stages", [
      stage("embed", "done"),
      stage("probe", "running", { done: 1, total: 4, left: 12 }),
    ]);
    expect(find("progress").hidden).toBe(false);
    expect(find("progress").textContent).toContain("Learning the labels");
    expect(find("progress").textContent).toContain("25 % · 12 s left");
    session.emit("stages", [stage("embed", "done"), stage("probe", "done")]);
    expect(find("progress").hidden).toBe(true);
    session.emit("stages", [stage("embed", "failed", { note: "no room" })]);
    expect(find("progress").textContent).toContain("Embedding failed: no room");
    expect(find("cancel").hidden).toBe(true);
  });
});
