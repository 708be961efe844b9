// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { endsMatter, nameElement, shortName, withShortNames } from "./name";

const LONG = "a very long class name that goes on and on 4";
const ALIKE = [LONG, "a very long class name that goes on and on 5"];
const UNLIKE = [LONG, "science and technology"];

describe("endsMatter", () => {
  it("asks whether long names begin alike", () => {
    expect(endsMatter(ALIKE)).toBe(true);
    expect(endsMatter(UNLIKE)).toBe(false);
    expect(endsMatter(["kind 1a", "kind 1b"])).toBe(false);
  });
});

describe("shortName", () => {
  it("keeps the end where it tells names apart", () => {
    expect(shortName("newt", 14, ALIKE)).toBe("newt");
    expect(shortName(LONG, 22, ALIKE)).toBe("a very long cl…nd on 4");
    expect(shortName(LONG, 14, UNLIKE)).toBe("a very long c…");
  });

  it("keeps to the length, in whole letters", () => {
    expect(shortName(LONG, 6, ALIKE)).toBe("a v…4");
    expect(Array.from(shortName("🐸".repeat(30), 10, ALIKE))).toHaveLength(10);
  });
});

describe("withShortNames", () => {
  it("cuts every long name in a sentence, also one that begins another", () => {
    const names = [LONG, `${LONG}0`, "newt"];
    expect(withShortNames(`5 say ${LONG}0, 2 say ${LONG}, none says newt`, names, 12)).toBe(
      "5 say a very…on 40, 2 say a very…on 4, none says newt",
    );
  });
});

describe("nameElement", () => {
  it("holds the whole name, and its end apart where that matters", () => {
    expect(nameElement(LONG, UNLIKE).childElementCount).toBe(0);
    const element = nameElement(LONG, ALIKE);
    expect(element.textContent).toBe(LONG);
    expect(element.lastElementChild?.textContent).toBe("nd on 4");
  });
});
