import { describe, expect, it } from "vitest";
import { formatOf, nameFor, withFormat } from "./name";
import { extentOf, thereOf, waitingOf } from "./words";

describe("the name of the file", () => {
  it("says its format by its ending", () => {
    expect(formatOf("a.csv")).toBe("csv");
    expect(formatOf("a.PQ ")).toBe("parquet");
    expect(formatOf("a.b.ndjson")).toBe("jsonl");
    for (const none of ["a", "a.xlsx", "csv", "a.csv/b", "a.constructor", ""])
      expect(formatOf(none)).toBe(null);
  });

  it("follows the format that is chosen", () => {
    expect(withFormat("a.csv", "parquet")).toBe("a.parquet");
    expect(withFormat("a.pq", "parquet")).toBe("a.pq");
    expect(withFormat("a.corrected", "jsonl")).toBe("a.corrected.jsonl");
    expect(withFormat("a", "csv")).toBe("a.csv");
  });

  it("is at first that of the label store, in the kernel's own folder", () => {
    expect(nameFor({ name: "/data/photos.labels.db" })).toBe("photos.corrected.csv");
    expect(nameFor({ name: "C:\\data\\photos.db" })).toBe("photos.corrected.csv");
    expect(nameFor({ name: "temporary file", temporary: true })).toBe("corrected.csv");
    expect(nameFor({ name: "postgresql://host/labels" })).toBe("corrected.csv");
    expect(nameFor({ name: "" })).toBe("corrected.csv");
  });
});

describe("what is said of a file", () => {
  it("counts rows and changes", () => {
    const rows = { rows: 1797, relabelled: 42, left_out: 3 };
    expect(extentOf(rows)).toBe("1,797 rows: 42 with another label than was given, 3 left out.");
    expect(extentOf({ ...rows, relabelled: 0, left_out: 0 })).toBe(
      "1,797 rows: none with another label than was given.",
    );
    expect(extentOf({ rows: 1, relabelled: 1, left_out: 0 })).toBe(
      "1 row: 1 with another label than was given.",
    );
    expect(extentOf({ rows: 0, relabelled: 0, left_out: 0 })).toBe("No rows: no label has been changed.");
  });

  it("tells what is there and what waits", () => {
    expect(thereOf({ size: 1, time: "" })).toBe("replace the file that is there (1 byte)");
    expect(thereOf({ size: 12_300, time: "" })).toContain("(12 kB)");
    expect(thereOf({ size: 1_230_000, time: new Date().toISOString() })).toMatch(
      /1\.2 MB, written today, \d\d:\d\d/,
    );
    expect(waitingOf(0)).toBe("");
    expect(waitingOf(1)).toBe("1 decision is not saved yet and would not be in it.");
    expect(waitingOf(2)).toBe("2 decisions are not saved yet and would not be in it.");
  });
});
