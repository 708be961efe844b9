/** A stand-in for a widget's comm, for tests: it records what is sent and says what a test wants the kernel to say. */
import type { AnyModel } from "@anywidget/types";
import type { Hello } from "../kernel/schema";

type Listen = (content: unknown, buffers: DataView[]) => void;
export type Sent = { id: string; call: string; args: Record<string, unknown> };
type Callbacks = { iopub: { status(message: object): void } };
/** Answers a call: a result, or a promise of one; a thrown `WireError`-like object becomes a refusal. */
export type Answers = Record<string, (args: Record<string, unknown>) => unknown>;

export class MockModel {
  readonly sent: Sent[] = [];
  /** Thrown by the next sends, as a host does whose comm is disposed. */
  broken: Error | null = null;
  private readonly listeners = new Set<Listen>();
  private readonly updates = new Set<Listen>();
  private readonly idles: (() => void)[] = [];

  /** Calls named in `answers` are answered at once; all others wait for `reply` or `refuse`. */
  constructor(private readonly answers: Answers = {}) {}

  /** As the session takes it. */
  get model(): AnyModel {
    return this as unknown as AnyModel;
  }

  on(event: string, listener: Listen): void {
    if (event === "msg:custom") this.listeners.add(listener);
    if (event === "comm_live_update") this.updates.add(listener);
  }

  off(_event: string, listener: Listen): void {
    this.listeners.delete(listener);
    this.updates.delete(listener);
  }

  send(content: Sent, callbacks?: Callbacks): void {
    if (this.broken) throw this.broken;
    this.sent.push(structuredClone(content));
    if (callbacks) this.idles.push(() => callbacks.iopub.status({ content: { execution_state: "idle" } }));
    const answer = this.answers[content.call];
    if (!answer) return;
    void Promise.resolve()
      .then(() => answer(content.args))
      .then(
        (result) => this.say(...packed({ id: content.id, ok: true, result })),
        (error) => this.say({ id: content.id, ok: false, error }),
      );
  }

  /** The kernel is restarted from this page: the host cuts its comms and says so. */
  restart(): void {
    this.broken = new Error("Cannot send");
    for (const listener of [...this.updates]) listener(undefined, []);
  }

  /** The kernel has dealt with everything that was sent to it. */
  idle(): void {
    for (const tell of this.idles.splice(0)) tell();
  }

  /** Whatever the kernel might say. */
  say(content: unknown, buffers: DataView[] = []): void {
    for (const listener of [...this.listeners]) listener(content, buffers);
  }

  /** What the kernel says by itself, with columns. */
  push(content: { event: string } & Record<string, unknown>): void {
    this.say(...packed(content));
  }

  /** The last call of this name. */
  last(call: string): Sent {
    const found = this.sent.filter((s) => s.call === call).at(-1);
    if (!found)
      throw new Error(`No call ${call} was sent; there were ${this.sent.map((s) => s.call).join(", ")}.`);
    return found;
  }

  count(call: string): number {
    return this.sent.filter((s) => s.call === call).length;
  }

  reply(call: string, result: unknown, buffers: DataView[] = []): void {
    this.say({ id: this.last(call).id, ok: true, result }, buffers);
  }

  refuse(call: string, error: object): void {
    this.say({ id: this.last(call).id, ok: false, error });
  }
}

/** Move columns and files out of a message into buffers, as the kernel does; each at an odd place of a larger one. */
function packed(message: unknown): [unknown, DataView[]] {
  const views: DataView[] = [];
  const walk = (value: unknown): unknown => {
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      const larger = new Uint8Array(bytes.length + 3);
      larger.set(bytes, 3);
      views.push(new DataView(larger.buffer, 3));
      const dtype = { Float32Array: "f32", Int32Array: "i32", Uint8Array: "u8", Uint32Array: "u32" }[
        value.constructor.name
      ];
      return { $array: views.length - 1, dtype, shape: [(value as Uint8Array).length] };
    }
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each)]));
  };
  return [walk(message), views];
}

/** Let everything that is due happen: promises, microtasks and timers of zero. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Six items of the classes cat, dog and newt; items 3, 1 and 5 are the suspects, in this order. */
export function sixItems(changes: Partial<Hello> = {}): Answers {
  const counts = { reviewed: 0, relabelled: 0, kept: 0, flagged: 0, suspects: 3 };
  const hello: Hello = {
    protocol: 1,
    review: "six",
    epoch: 0,
    store: { id: "store-six", name: "six.labels.db", branch: "main", saved: null },
    dataset: {
      n: 6,
      kind: "text",
      classes: ["cat", "dog", "newt"],
      source: "six items",
      unlabelled: 1,
      setAside: 0,
      notes: [],
    },
    rater: "ann",
    calibrated: false,
    embedder: "test",
    trust: null,
    stages: [],
    counts,
    reasons: ["ambiguous", "bad item"],
    ready: { layout: "principal", scores: true },
    ...changes,
  };
  return {
    hello: () => structuredClone(hello),
    labels: () => ({
      given: Int32Array.of(0, 0, 1, 1, 2, -1),
      current: Int32Array.of(0, 0, 1, 1, 2, -1),
      state: new Uint8Array(6),
      order: "order:1",
      seen: { base: "base:1", events: {} },
    }),
    left: () => ({
      sentence: "About 2 wrong labels are left (1 to 4) among 6 labels that nobody has looked at.",
      ask: "",
      between: "Between 6 % and 37 % of the labels may be wrong.",
      missing: 30,
      enough: 30,
      known: "",
      left: 2,
      low: 1,
      high: 4,
      unreviewed: 6,
      found: 0,
      basis: "model",
      draws: 0,
      fewest: 10,
      since: "",
      more: "For ± 1 about 30 more random items are needed.",
      stop: {
        suspects: "Stop here: about 1 wrong label left.",
        cut: "Stop here: about 2 wrong labels left.",
      },
      classes: [
        { name: "dog", labels: 2, unreviewed: 2, found: 0, left: 1.4, low: 0.6, high: 2 },
        { name: "cat", labels: 2, unreviewed: 2, found: 0, left: 0.6, low: 0, high: 1.8 },
      ],
      drift: "",
    }),
    audit: () => ({ items: [1, 4], draws: Int32Array.of(2, 0) }),
    scores: () => ({
      calibrated: hello.calibrated,
      suggested: Int32Array.of(0, 1, 1, 0, 2, 1),
      p_error: Float32Array.of(0.1, 0.8, 0.2, 0.9, 0.05, 0.6),
      order: Int32Array.of(3, 1, 5, 2, 0, 4),
      draws: Int32Array.of(4, 1, 2, 0),
      audit_rate: 0,
      is_label_issue: Uint8Array.of(0, 1, 0, 1, 0, 1),
      is_outlier_issue: new Uint8Array(6),
      is_near_duplicate_issue: new Uint8Array(6),
    }),
    layout: () => ({ name: "principal", xy: new Float32Array(12) }),
    previews: ({ items }) => (items as number[]).map((item) => ({ kind: "text", text: `text of ${item}` })),
    select: () => null,
    scopes: () => [],
  };
}
