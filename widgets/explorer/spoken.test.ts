// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seeEverything } from "../core/testing/mockSession";
import { bareCard, startExplorer } from "./fixture";

/** Longer than the pause after which is spoken. */
const SOON_MS = 500;

async function begin() {
  const made = await startExplorer(
    {
      card: ({ item }) =>
        bareCard(item as number, { p_error: 0.9, preview: { kind: "text", text: `text ${item}` } }),
    },
    { calibrated: true },
  );
  seeEverything(made.session);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const spoken = made.find("spoken");
  const heard = async (): Promise<string> => {
    await vi.advanceTimersByTimeAsync(SOON_MS);
    const text = spoken.textContent ?? "";
    spoken.textContent = "";
    return text;
  };
  return { ...made, heard };
}

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("what is read out", () => {
  it("is said in one place only, politely and as a whole", async () => {
    const { root, find } = await begin();
    expect(find("spoken").getAttribute("aria-live")).toBe("polite");
    expect(find("spoken").getAttribute("aria-atomic")).toBe("true");
    for (const name of ["said", "queue-counts", "unsaved"])
      expect(find(name).closest("[role=status], [aria-live]")).toBeNull();
    expect(root.querySelectorAll('[data-dqx="spoken"]').length).toBe(1);
  });

  it("is the item for who comes in, then what was done and the next item", async () => {
    const { root, session, heard } = await begin();
    expect(await heard()).toBe("");
    root.focus();
    expect(await heard()).toBe("1 of 3: given label dog, suggested cat, 90 % likely wrong. text 3");
    session.edit("relabel", [3], { label: "cat" });
    session.step(1, { skipReviewed: true });
    expect(await heard()).toMatch(/^dog → cat, U to undo\. \d of 3: given label dog/);
    expect(await heard()).toBe("");
  });

  it("is nothing of the item while the details lie over it: a blind rater must not hear of it", async () => {
    const { root, find, session, heard } = await begin();
    root.focus();
    expect(await heard()).toMatch("given label dog");
    find("spoken").textContent = "given label dog";
    find("details").click();
    expect(find("spoken").textContent).toBe("");
    session.step(1);
    expect(await heard()).toBe("");
  });

  it("is the last item alone for who walks fast, and nothing of it on a tile, which is read itself", async () => {
    const { root, session, heard } = await begin();
    root.focus();
    await heard();
    session.select(1);
    session.select(5);
    expect(await heard()).toContain("text 5");
    const tile = root.querySelector<HTMLElement>('[data-dqx="queue-tile"]') as HTMLElement;
    tile.focus();
    session.select(1);
    expect(await heard()).toBe("");
  });

  it("is how many are picked, and the reason that goes with the next decision", async () => {
    const { root, session, heard } = await begin();
    root.focus();
    await heard();
    session.picks.set([3, 1]);
    expect(await heard()).toBe("2 picked");
    session.picks.clear();
    session.setReason("ambiguous");
    expect(await heard()).toBe("reason of the next decision: ambiguous");
  });
});
