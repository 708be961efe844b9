import { describe, expect, it } from "vitest";
import { sittings } from "./groups";

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
