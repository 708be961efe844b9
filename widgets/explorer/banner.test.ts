// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { pageMemory } from "../core/kernel/outbox";
import { SILENT_MS } from "../core/kernel/transport";
import { settled } from "../core/testing/mockModel";
import { reply } from "../core/testing/mockSession";
import { bareCard, startExplorer } from "./fixture";

const start = () => startExplorer({ card: ({ item }) => bareCard(item as number) });

beforeEach(() => {
  localStorage.clear();
  pageMemory().clear();
});

describe("the banner", () => {
  it("is hidden while the kernel answers", async () => {
    const { find, press } = await start();
    expect(find("banner").hidden).toBe(true);
    press("k");
    expect(find("banner").hidden).toBe(true);
  });

  it("says what happened, what to do and what is not saved, and that keys are off", async () => {
    const { root, model, session, find, press } = await start();
    press("Enter");
    await settled();
    press("k");
    await settled();
    model.restart();
    await settled();
    const banner = find("banner");
    expect(banner.hidden).toBe(false);
    expect(root.firstElementChild).toBe(banner);
    expect(banner.getAttribute("role")).toBe("alert");
    expect(banner.textContent).toContain(
      "The explorer has no kernel: it was restarted, has stopped, or this page lost it. Run this cell again, and after a restart those above it first.",
    );
    expect(banner.textContent).toContain("2 decisions are not saved yet: they are kept in this browser");
    expect([...find("banner-list").children].map((each) => each.textContent)).toEqual([
      "item id-3: dog → cat · not saved",
      "item id-1: cat kept · not saved",
    ]);
    const current = session.current;
    press("Enter");
    press("k");
    press("a");
    press("u");
    find("keep").click();
    expect(session.current).toBe(current);
    expect(find("banner-list").children).toHaveLength(2);
    for (const name of ["accept", "keep", "mark", "undo"])
      expect(find(name).getAttribute("aria-disabled"), name).toBe("true");
    expect(root.querySelectorAll('[data-dqx="notice"]')).toHaveLength(0);
    expect(find("unsaved").textContent).toBe("not saved: 2 waiting");
  });

  it("says that nothing is lost where all is saved", async () => {
    const { model, find } = await start();
    model.restart();
    expect(find("banner").textContent).toContain("Everything decided so far is saved.");
    expect(find("banner-list").hidden).toBe(true);
  });

  it("goes when the kernel is back, and the buttons act again", async () => {
    const { model, find } = await start();
    model.restart();
    model.broken = null;
    model.say({ event: "hello" });
    await settled();
    expect(find("banner").hidden).toBe(true);
    expect(find("keep").hasAttribute("aria-disabled")).toBe(false);
  });

  it("lets one go on while the kernel is only silent", async () => {
    const { model, find, press, session } = await start();
    vi.useFakeTimers();
    press("k");
    vi.advanceTimersByTime(SILENT_MS);
    expect(find("banner").getAttribute("role")).toBe("status");
    expect(find("banner").textContent).toContain("You can go on");
    vi.useRealTimers();
    await settled();
    press("k");
    expect(session.unsaved).toBe(2);
    model.reply("edit", reply(3, 1, "kept"));
    await settled();
    expect(find("banner").hidden).toBe(true);
  });
});

describe("what waits", () => {
  it("has a mark of its own and is counted apart", async () => {
    const { root, model, find, press } = await start();
    const tile = () =>
      root.querySelector<HTMLElement>('[data-dqx="queue-tile"][data-item="3"]') as HTMLElement;
    press("k");
    await settled();
    expect(tile().classList.contains("dqx-tile-waiting")).toBe(true);
    expect(tile().classList.contains("dqx-tile-reviewed")).toBe(false);
    expect(tile().getAttribute("aria-label")).toContain("kept, waiting, not saved yet");
    expect(find("queue-counts").title).toContain("0 reviewed");
    expect(find("queue-waiting").textContent).toBe(" +1 waiting");
    expect(find("reviewed").textContent).toContain("0 reviewed +1 waiting");
    press("ArrowLeft");
    await settled();
    expect(find("card-waiting").textContent).toBe("waiting, not saved yet");

    model.reply("edit", reply(3, 1, "kept"));
    await settled();
    expect(tile().classList.contains("dqx-tile-waiting")).toBe(false);
    expect(tile().classList.contains("dqx-tile-reviewed")).toBe(true);
    expect(find("queue-counts").title).toContain("1 reviewed");
    expect(find("queue-waiting").hidden).toBe(true);
    expect(find("reviewed").textContent).toBe("1 reviewed · 1 changed");
    expect(root.querySelector('[data-dqx="card-waiting"]')).toBeNull();
  });
});
