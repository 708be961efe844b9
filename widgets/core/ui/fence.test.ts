// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fence } from "./fence";

/** As the hosts do it: Lumino on the document, hearing keys before or after the page does; others on the window. */
function startHost() {
  const heard: string[] = [];
  const end = new AbortController();
  const { signal } = end;
  // From the target outwards, the attribute before the selector; most of a notebook's selectors end with ":focus".
  const passedOver = (event: Event) => {
    for (let at = event.target as Element | null; at; at = at.parentElement) {
      if (at.hasAttribute("data-lm-suppress-shortcuts")) return true;
      if (at === document.activeElement) return false;
    }
    return false;
  };
  const lumino = (how: string) => (event: KeyboardEvent) => {
    if (event.defaultPrevented || passedOver(event)) return;
    heard.push(`${how} ${event.key}`);
    if (event.key === "s" && event.ctrlKey) event.preventDefault();
  };
  document.addEventListener("keydown", lumino("before"), { capture: true, signal });
  document.addEventListener("keydown", lumino("after"), { signal });
  for (const type of ["keydown", "keypress", "keyup"] as const)
    window.addEventListener(type, (event) => heard.push(`${type} ${event.key}`), { signal });
  return { heard, end };
}

function start() {
  const host = startHost();
  const root = document.createElement("div");
  const inner = document.createElement("button");
  const field = document.createElement("input");
  root.append(inner, field);
  document.body.replaceChildren(root);
  fence(root, host.end.signal);
  const send = (type: string, on: Element, key: string, more: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent(type, { key, bubbles: true, cancelable: true, composed: true, ...more });
    on.dispatchEvent(event);
    return event;
  };
  return { ...host, root, inner, field, send };
}

let at: ReturnType<typeof start>;
beforeEach(() => {
  at = start();
});
afterEach(() => at.end.abort());

describe("keys pressed in a panel", () => {
  it("stay in it, known to it or not, whatever has the focus and however the host listens", () => {
    at.root.tabIndex = 0;
    for (const on of [at.root, at.inner, at.field]) {
      on.focus();
      expect(document.activeElement).toBe(on);
      for (const key of ["x", "d", "k", "q", "Enter", "Escape", "Delete", "ArrowDown", "0", "/", "?", " "])
        for (const type of ["keydown", "keypress", "keyup"]) at.send(type, on, key);
    }
    expect(at.heard).toEqual([]);
  });

  it("stay in it with Ctrl, Alt and Command too, where they would change cells", () => {
    const chords: [string, KeyboardEventInit][] = [
      ["Enter", { ctrlKey: true }],
      ["Enter", { altKey: true }],
      ["Enter", { shiftKey: true }],
      ["z", { ctrlKey: true }],
      ["Z", { ctrlKey: true, shiftKey: true }],
      ["z", { metaKey: true }],
      ["a", { ctrlKey: true }],
      ["x", { metaKey: true }],
      ["v", { ctrlKey: true }],
      ["M", { ctrlKey: true, shiftKey: true }],
      ["ArrowDown", { ctrlKey: true, shiftKey: true }],
      ["s", { ctrlKey: true, altKey: true }],
    ];
    for (const [key, more] of chords) {
      // What the browser does with it (select all in a field, paste) is left to it.
      expect(at.send("keydown", at.inner, key, more).defaultPrevented, key).toBe(false);
    }
    expect(at.heard).toEqual([]);
  });

  it("leave saving, finding, printing, the commands and the side bar to the host, once", () => {
    const saved = at.send("keydown", at.inner, "s", { ctrlKey: true });
    expect(at.heard).toEqual(["before s", "keydown s"]);
    expect(saved.defaultPrevented, "the browser does not save the page besides").toBe(true);
    at.heard.length = 0;
    const found = at.send("keydown", at.inner, "f", { metaKey: true });
    expect(at.heard).toEqual(["before f", "after f", "keydown f"]);
    expect(found.defaultPrevented, "the browser finds where the host does not").toBe(false);
    at.heard.length = 0;
    for (const key of ["g", "p", "b"]) at.send("keydown", at.inner, key, { ctrlKey: true });
    at.send("keydown", at.inner, "C", { ctrlKey: true, shiftKey: true });
    at.send("keydown", at.inner, "c", { ctrlKey: true });
    expect(at.heard.filter((each) => each.startsWith("before"))).toEqual([
      "before g",
      "before p",
      "before b",
      "before C",
    ]);
  });

  it("let the host hear when Ctrl and its like go down and up", () => {
    for (const key of ["Control", "Shift", "Alt", "Meta"]) at.send("keyup", at.inner, key);
    expect(at.heard).toEqual(["keyup Control", "keyup Shift", "keyup Alt", "keyup Meta"]);
  });

  it("are the host's again outside", () => {
    at.send("keydown", document.body, "x");
    expect(at.heard).toEqual(["before x", "after x", "keydown x"]);
  });
});
