/**
 * The envelope between browser and kernel, and its binary columns.
 *
 * A call goes up as `{id, call, args}` and comes back as `{id, ok, result}` or `{id, ok: false, error}`; the kernel
 * may also speak first with `{event, …}`. Arrays and files travel as message buffers: where one belongs, the JSON
 * holds `{"$array": i, dtype, shape}` or `{"$blob": i, type}` and `unpack` puts the real thing there.
 */

const KINDS = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, u32: Uint32Array } as const;

/** Rebuild arrays and blobs inside a message. Buffers arrive as DataViews into larger ones: `byteOffset` counts. */
export function unpack(value: unknown, buffers: readonly DataView[]): unknown {
  if (Array.isArray(value)) return value.map((v) => unpack(v, buffers));
  if (value === null || typeof value !== "object") return value;
  const record = value as Record<string, unknown>;
  if (typeof record.$array === "number") {
    const bytes = bytesOf(buffers, record.$array);
    const Kind = KINDS[record.dtype as keyof typeof KINDS];
    if (!Kind) throw new Error(`The kernel sent an array of the unknown type ${String(record.dtype)}.`);
    return new Kind(bytes.buffer, bytes.byteOffset, bytes.byteLength / Kind.BYTES_PER_ELEMENT);
  }
  if (typeof record.$blob === "number") {
    return new Blob([bytesOf(buffers, record.$blob)], { type: String(record.type) });
  }
  return Object.fromEntries(Object.entries(record).map(([k, v]) => [k, unpack(v, buffers)]));
}

/** Copy a buffer out: a typed array needs an aligned start, which a view into a message does not promise. */
function bytesOf(buffers: readonly DataView[], index: number): Uint8Array<ArrayBuffer> {
  const view = buffers[index];
  if (!view) throw new Error(`The kernel's message names buffer ${index}, but has only ${buffers.length}.`);
  return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength).slice();
}

/** A fresh identifier; `crypto.randomUUID` exists only in secure contexts, and notebooks are often served over HTTP. */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
