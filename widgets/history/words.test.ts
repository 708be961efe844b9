import { describe, expect, it } from "vitest";
import { commit, entry } from "./fixture";
import { change, moment, people, summary, whyOf } from "./words";

describe("change", () => {
  it("says what was done", () => {
    expect(change(entry({ old: "3", new: "7" }))).toBe("3 → 7");
    expect(change(entry({ old: null, new: "7" }))).toBe("unlabelled → 7");
    expect(change(entry({ op: "keep", new: "3" }))).toBe("3 kept");
    expect(change(entry({ op: "flag", reason: "ambiguous" }))).toBe("marked ambiguous");
    expect(change(entry({ op: "clear", new: null, kind: "revert" }))).toBe("undone: decision taken back");
  });
});

describe("summary", () => {
  const many = (n: number, changes = {}) => Array.from({ length: n }, () => entry(changes));

  it("counts what a commit of many did, most frequent first", () => {
    const entries = [...many(2, { op: "keep", old: "newt", new: "newt" }), ...many(9)];
    expect(summary(commit("c", { kind: "bulk", entries }))).toBe("11 items: cat → dog (9), newt kept (2)");
    expect(summary(commit("c", { kind: "bulk", entries: many(3) }))).toBe("3 items: cat → dog");
  });

  it("gives no numbers that the page cannot know", () => {
    const entries = [...many(9), ...many(3, { new: "newt" })];
    expect(summary(commit("c", { kind: "bulk", entries, count: 4000 }))).toBe(
      "4,000 items: cat → dog, cat → newt, …",
    );
  });

  it("names where a merge came from, and what is no decision", () => {
    expect(summary(commit("c", { kind: "merge", mergedFrom: "careful", entries: many(1) }))).toBe(
      "merged careful: cat → dog",
    );
    expect(summary(commit("c", { kind: "merge", entries: [] }))).toBe("merged another branch");
    expect(summary(commit("c", { kind: "import", message: "bind 6 items", entries: [] }))).toBe(
      "bind 6 items",
    );
    expect(summary(commit("c", { kind: "schema", entries: [] }))).toBe("classes changed");
    expect(summary(commit("c", { kind: "revert", entries: many(2, { kind: "revert" }) }))).toBe(
      "undone: 2 items: cat → dog",
    );
  });
});

describe("whyOf", () => {
  it("is what all entries share, else what was said of the whole", () => {
    const two = [entry({ why: "it barks", reason: "wrong" }), entry({ why: "it barks", reason: "wrong" })];
    expect(whyOf(commit("c", { entries: two }))).toBe("wrong · “it barks”");
    const other = [entry({ why: "it barks" }), entry({ why: "it does not" })];
    expect(whyOf(commit("c", { entries: other, message: "second look" }))).toBe("“second look”");
    expect(whyOf(commit("c", { entries: [entry()], message: "undo 1234" }))).toBe("");
    expect(whyOf(commit("c", { entries: [entry()], message: "revert 12ab, 34cd: both: wrong" }))).toBe(
      "“both: wrong”",
    );
    expect(whyOf(commit("c", { kind: "import", entries: [], message: "bind 6 items" }))).toBe("");
  });
});

describe("people", () => {
  it("names one, or how much each did", () => {
    expect(people([commit("a"), commit("b")])).toBe("ann");
    expect(people([commit("a", { rater: "ben" }), commit("b", { count: 4 })])).toBe("ann 4, ben 1");
  });
});

describe("moment", () => {
  it("says no more of the day than is needed", () => {
    const now = new Date("2026-03-05T12:00:00");
    expect(moment("2026-03-05T10:31:00", now)).toBe("today 10:31");
    expect(moment("2026-02-03T10:31:00", now)).toBe("3 Feb 10:31");
    expect(moment("2024-02-03T10:31:00", now)).toBe("3 Feb 2024 10:31");
    expect(moment("", now)).toBe("");
  });
});
