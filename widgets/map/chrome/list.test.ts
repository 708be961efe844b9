// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { Session } from "../../core/session/session";
import { MockModel, settled, sixItems } from "../../core/testing/mockModel";
import { makeList } from "./list";

beforeEach(() => localStorage.clear());

describe("the list beside the canvas", () => {
  it("points at items with the arrows and takes one with Enter", async () => {
    const session = new Session("six");
    const end = new AbortController();
    session.attach(new MockModel(sixItems()).model, end.signal);
    await settled();
    const list = makeList(session, end.signal);
    document.body.replaceChildren(list.element);
    list.fill([3, 1, 5]);
    const options = [...list.element.querySelectorAll("[role=option]")];
    expect(options[0]?.textContent).toBe("1. dog → cat");
    const press = (key: string) =>
      list.element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    press("ArrowDown");
    press("ArrowDown");
    expect(session.hovered).toBe(1);
    expect(list.element.getAttribute("aria-activedescendant")).toBe(options[1]?.id);
    press("Enter");
    expect(session.current).toBe(1);
    // Another part of the map comes in sight: the item pointed at stays pointed at.
    list.fill([5, 1]);
    expect(list.element.querySelector("[aria-selected=true]")?.textContent).toContain("cat → dog");
  });
});
