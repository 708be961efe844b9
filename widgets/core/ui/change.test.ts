// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { setAttribute, setChildren, setText } from "./change";
import { h } from "./dom";

/** What happens to an element, as the page would have to draw it. */
function changes(element: Element, act: () => void): number {
  const observer = new MutationObserver(() => {});
  observer.observe(element, { attributes: true, childList: true, characterData: true, subtree: true });
  act();
  const seen = observer.takeRecords().length;
  observer.disconnect();
  return seen;
}

describe("changes of elements", () => {
  it("leave alone what is so already", () => {
    const element = h("p", { title: "one", text: "two" });
    document.body.append(element);
    expect(changes(element, () => setText(element, "two"))).toBe(0);
    expect(changes(element, () => setAttribute(element, "title", "one"))).toBe(0);
    expect(changes(element, () => setAttribute(element, "aria-current", null))).toBe(0);
    expect(changes(element, () => setChildren(element, "two"))).toBe(0);
    setChildren(element, h("b", { text: "three" }), " four");
    const bold = element.firstChild;
    expect(setChildren(element, h("b", { text: "three" }), " four")).toBe(false);
    expect(element.firstChild).toBe(bold);
  });

  it("change what differs", () => {
    const element = h("p", { title: "one", text: "two" });
    setText(element, "three");
    setAttribute(element, "title", "four");
    expect(element.outerHTML).toBe('<p title="four">three</p>');
    setAttribute(element, "title", null);
    expect(setChildren(element, h("b", { text: "five" }))).toBe(true);
    expect(element.outerHTML).toBe("<p><b>five</b></p>");
  });
});
