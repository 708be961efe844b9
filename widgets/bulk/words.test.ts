import { describe, expect, it } from "vitest";
import type { Outlook } from "../core/kernel/schema";
import { editOf } from "./plan";
import { decidersOf, goOf, sentenceOf } from "./words";

const found: Outlook = {
  n: 326,
  unchanged: 280,
  without: 0,
  changes: [
    { before: 0, after: 2, count: 40, decided: 12 },
    { before: 1, after: 2, count: 6, decided: 0 },
  ],
  deciders: [
    { rater: "ben", state: "kept", count: 8 },
    { rater: "ann", state: "relabelled", count: 4 },
  ],
  items: Int32Array.from({ length: 46 }, (_, i) => i),
  labels: new Int32Array(46).fill(2),
  decided: Uint8Array.from({ length: 46 }, (_, i) => (i < 12 ? 1 : 0)),
};
const plan = { action: "relabel", label: "ship", decided: false } as const;

describe("what is said of a plan", () => {
  it("is one sentence with every number", () => {
    expect(sentenceOf(plan, found)).toBe(
      "Of 326 items, 34 would be changed to ship; 280 are ship already, 12 that somebody had decided are left out.",
    );
    expect(sentenceOf({ ...plan, decided: true }, found)).toBe(
      "Of 326 items, 46 would be changed to ship; 280 are ship already, 12 of them somebody had decided.",
    );
    expect(decidersOf(found)).toBe("also the 12 that somebody had decided (ben kept 8, ann relabelled 4)");
    expect(goOf(plan, found)).toBe("Change 34 labels");
  });

  it("says of one, and of none, what is so", () => {
    const none: Outlook = {
      ...found,
      n: 1,
      unchanged: 1,
      changes: [],
      deciders: [],
      items: new Int32Array(),
    };
    expect(sentenceOf({ ...plan, action: "accept" }, none)).toBe(
      "Of 1 item, none would get their suggested label; 1 has it already.",
    );
    const lacking = { ...none, n: 2, unchanged: 0, without: 2 };
    expect(sentenceOf({ ...plan, action: "keep" }, lacking)).toBe(
      "Of 2 items, none would keep their given label; 2 have no given label.",
    );
  });
});

describe("the edit of a plan", () => {
  const name = (code: number) => ["cat", "dog", "ship"][code] as string;

  it("names one label once, and leaves out what somebody had decided", () => {
    const edit = editOf(plan, found, name);
    expect(edit).toMatchObject({ action: "relabel", options: { label: "ship" } });
    expect(edit.items).toHaveLength(34);
    expect(editOf({ ...plan, decided: true }, found, name).items).toHaveLength(46);
  });

  it("gives suggested labels one by one, and none to what is kept", () => {
    const accepted = editOf({ ...plan, action: "accept" }, found, name);
    expect(accepted.options.labels).toHaveLength(34);
    expect(editOf({ ...plan, action: "keep" }, found, name)).toMatchObject({ action: "keep", options: {} });
  });
});
