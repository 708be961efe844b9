import { describe, expect, it } from "vitest";
import type { HistoryEntry } from "../core/types";
import { change } from "./row";
import { sittings } from "./sittings";

const at = (...times: string[]) => times.map((time) => ({ time }));

describe("sittings", () => {
  it("part at a long pause and at midnight", () => {
    const groups = sittings(
      at(
        "2026-03-02T00:05:00",
        "2026-03-01T23:58:00",
        "2026-03-01T23:40:00",
        "2026-03-01T22:00:00",
        "2026-03-01T21:31:00",
      ),
    );
    expect(groups.map((g) => g.entries.length)).toEqual([1, 2, 2]);
    expect(groups[1]).toMatchObject({ newest: "2026-03-01T23:58:00", oldest: "2026-03-01T23:40:00" });
  });

  it("measure the pause between neighbours, not from the beginning", () => {
    const groups = sittings(at("2026-03-01T12:50:00", "2026-03-01T12:25:00", "2026-03-01T12:00:00"));
    expect(groups).toHaveLength(1);
  });

  it("are none without entries", () => {
    expect(sittings([])).toEqual([]);
  });
});

describe("change", () => {
  const entry = { op: "set", old: "3", new: "7", reason: "", kind: "edit" } as HistoryEntry;
  it("says what was done", () => {
    expect(change(entry)).toBe("3 → 7");
    expect(change({ ...entry, old: null })).toBe("unlabelled → 7");
    expect(change({ ...entry, op: "keep", new: "3" })).toBe("3 kept");
    expect(change({ ...entry, op: "flag", reason: "ambiguous" })).toBe("marked ambiguous");
    expect(change({ ...entry, op: "clear", new: null, kind: "revert" })).toBe("undone: decision taken back");
  });
});
