// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { nameElement, shortName } from "./name";

const LONG = "a very long class name that goes on and on 4";

describe("shortName", () => {
  it("keeps both ends and the length", () => {
    expect(shortName("newt", 14)).toBe("newt");
    expect(shortName(LONG, 22)).toBe("a very long cl…nd on 4");
    expect(Array.from(shortName(LONG, 6))).toHaveLength(6);
    expect(Array.from(shortName("🐸".repeat(30), 10))).toHaveLength(10);
  });
});

describe("nameElement", () => {
  it("holds the whole name, and its end apart", () => {
    expect(nameElement("newt").textContent).toBe("newt");
    const element = nameElement(LONG);
    expect(element.textContent).toBe(LONG);
    expect(element.lastElementChild?.textContent).toBe("nd on 4");
  });
});
