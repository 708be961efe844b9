import { describe, expect, it } from "vitest";
import { freshId, unpack } from "./wire";

/** A view into the middle of a larger buffer, at an odd place, as a comm delivers it. */
function within(bytes: Uint8Array, offset = 5): DataView {
  const larger = new Uint8Array(bytes.length + offset + 3).fill(255);
  larger.set(bytes, offset);
  return new DataView(larger.buffer, offset, bytes.length);
}

describe("unpack", () => {
  it("rebuilds columns from views that begin anywhere", () => {
    const numbers = Float32Array.of(1.5, -2, 3);
    const codes = Int32Array.of(-1, 7);
    const message = {
      a: { $array: 1, dtype: "i32", shape: [2] },
      b: [{ $array: 0, dtype: "f32", shape: [3] }],
    };
    const views = [within(new Uint8Array(numbers.buffer), 5), within(new Uint8Array(codes.buffer), 3)];
    expect(unpack(message, views)).toEqual({ a: codes, b: [numbers] });
  });

  it("gives columns that do not share memory with the message", () => {
    const view = within(Uint8Array.of(1, 2));
    const column = unpack({ $array: 0, dtype: "u8", shape: [2] }, [view]) as Uint8Array;
    view.setUint8(0, 99);
    expect([...column]).toEqual([1, 2]);
  });

  it("rebuilds files with their type", async () => {
    const text = new TextEncoder().encode("hello");
    const { blob } = unpack({ blob: { $blob: 0, type: "text/plain" } }, [within(text, 1)]) as { blob: Blob };
    expect(blob.type).toBe("text/plain");
    expect(await blob.text()).toBe("hello");
  });

  it("leaves everything else as it is", () => {
    const value = { a: null, b: [1, "x", true], $arrays: 3 };
    expect(unpack(value, [])).toEqual(value);
  });

  it("says which buffer is missing and which type is unknown", () => {
    expect(() => unpack({ $array: 2, dtype: "f32" }, [])).toThrow("buffer 2");
    expect(() => unpack({ $array: 0, dtype: "f64" }, [within(new Uint8Array(8))])).toThrow("f64");
  });
});

describe("freshId", () => {
  it("is 32 hexadecimal digits, another each time", () => {
    const ids = new Set(Array.from({ length: 50 }, freshId));
    expect(ids.size).toBe(50);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });
});
