// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { startExplorer } from "../../explorer/fixture";
import { Session } from "../session/session";
import { settled } from "../testing/mockModel";
import { bindKeys } from "./handler";

beforeEach(() => localStorage.clear());

function startPanel() {
  const root = document.createElement("div");
  const inner = document.createElement("button");
  const outside = document.createElement("button");
  root.append(inner);
  document.body.replaceChildren(root, outside);
  const end = new AbortController();
  bindKeys(root, new Session("six"), end.signal);
  const hints = () => [...root.querySelectorAll<HTMLElement>('[data-dqx="keyboard-hint"]')];
  return { root, inner, outside, end, hints };
}

describe("a panel", () => {
  it("says whether it has the keyboard", () => {
    const { root, inner, outside } = startPanel();
    expect(root.dataset.keyboard).toBe("off");
    inner.focus();
    expect(root.dataset.keyboard).toBe("on");
    root.focus();
    expect(root.dataset.keyboard).toBe("on");
    outside.focus();
    expect(root.dataset.keyboard).toBe("off");
    root.focus();
    root.blur();
    expect(root.dataset.keyboard).toBe("off");
  });

  it("keeps the keyboard when what had it is taken away, hidden or switched off", async () => {
    for (const lose of ["remove", "hidden", "disabled"] as const) {
      const { root, inner } = startPanel();
      inner.focus();
      if (lose === "remove") inner.remove();
      else inner.toggleAttribute(lose, true);
      await settled();
      expect(document.activeElement, lose).toBe(root);
      expect(root.dataset.keyboard, lose).toBe("on");
    }
  });

  it("takes it from nobody", async () => {
    const { root, inner, outside } = startPanel();
    outside.focus();
    inner.remove();
    await settled();
    expect(document.activeElement).toBe(outside);
    expect(root.dataset.keyboard).toBe("off");
  });

  it("has one line that says what to do, and a click on it gives the keyboard", () => {
    const { root, hints } = startPanel();
    expect(hints().map((each) => each.textContent)).toEqual(["Click here to use the keys"]);
    expect(root.firstElementChild).toBe(hints()[0]);
    hints()[0]?.click();
    expect(document.activeElement).toBe(root);
    expect(root.dataset.keyboard).toBe("on");
    expect(hints(), "it keeps its room").toHaveLength(1);
  });

  it("takes the keyboard on a click where the browser gives none", () => {
    const { root, inner } = startPanel();
    inner.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
    expect(document.activeElement).toBe(root);
  });

  it("takes the keyboard from a button that the mouse pressed, in a shadow root as in the page", () => {
    const host = document.createElement("div");
    const root = document.createElement("div");
    const inner = document.createElement("button");
    root.append(inner);
    document.body.replaceChildren(host);
    const shadow = host.attachShadow({ mode: "open" });
    shadow.append(root);
    bindKeys(root, new Session("six"), new AbortController().signal);
    inner.focus();
    expect(root.dataset.keyboard).toBe("on");
    inner.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true, detail: 1 }));
    expect(shadow.activeElement).toBe(root);
    expect(root.dataset.keyboard).toBe("on");
  });

  it("gives the keyboard to a part of it that fills the screen", () => {
    const { root, inner, outside, end } = startPanel();
    const part = document.createElement("div");
    root.append(part);
    let full: Element | null = null;
    Object.defineProperty(document, "fullscreenElement", { configurable: true, get: () => full });
    const fill = (element: Element | null) => {
      full = element;
      document.dispatchEvent(new Event("fullscreenchange"));
    };
    inner.focus();
    fill(part);
    expect(document.activeElement).toBe(part);
    expect(root.dataset.keyboard).toBe("on");
    fill(null);
    expect(document.activeElement, "and it stays in the panel").toBe(part);
    outside.focus();
    fill(outside);
    expect(document.activeElement, "what else fills the screen is not ours").toBe(outside);
    end.abort();
    fill(part);
    expect(document.activeElement).toBe(outside);
    Reflect.deleteProperty(document, "fullscreenElement");
  });
});

describe("the explorer", () => {
  it("says it beside the tabs, and nowhere else", async () => {
    const { root, find } = await startExplorer();
    expect(root.querySelectorAll('[data-dqx="keyboard-hint"]')).toHaveLength(1);
    expect(find("keyboard-hint").parentElement?.className).toBe("dqx-tabs");
    expect(find("keyboard-hint").closest("[role=tablist]")).toBeNull();
    expect(root.dataset.keyboard).toBe("off");
    expect(root.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
    find("keyboard-hint").click();
    expect(document.activeElement).toBe(root);
    expect(root.dataset.keyboard).toBe("on");
  });
});
