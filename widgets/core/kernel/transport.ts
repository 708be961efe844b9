/**
 * Calls to the kernel over whichever widget of the review is still alive.
 *
 * Several widgets (one a cell) share one review; each brings a comm. A call goes out on the first open one; if that is
 * closed or lost before the answer came, the call is sent again on the next. A busy kernel answers late, so calls have
 * no deadline of their own: they end with an answer, with their signal, or when the last comm is lost.
 *
 * A comm is lost when it throws, when its host says so (`comm_live_update`, Jupyter's word before a restart), and when
 * the kernel was idle again without an answer: another kernel runs there, which does not know the comm. What comes in
 * on a lost comm brings it back. One that does not answer is asked, ever less often, whether it knows the comm.
 */
import type { AnyModel } from "@anywidget/types";
import type { Calls, Push, WireError } from "./schema";
import { freshId, unpack } from "./wire";

type Reply =
  | { id: string; ok: true; result: unknown; push?: "cells" }
  | { id: string; ok: false; error: WireError };

/** Arguments of a call, which may be left out where there are none to give. */
export type CallArgs<N extends keyof Calls> =
  Record<string, never> extends Calls[N]["args"]
    ? [args?: Calls[N]["args"], signal?: AbortSignal]
    : [args: Calls[N]["args"], signal?: AbortSignal];

/**
 * How the kernel is reached: "silent" has not answered for a while (busy, or stopped without a word), "gone" was
 * restarted or has stopped, or the last widget was closed.
 */
export type Link = "live" | "silent" | "gone";

/** After so many milliseconds without an answer the kernel is called silent. */
export const SILENT_MS = 10_000;
/** An answer that has not come so many milliseconds after the kernel was idle again never comes. */
export const IDLE_MS = 1000;
/** Calls that the kernel answers before it is idle again; the others it answers from threads. */
const PROMPT: ReadonlySet<string> = new Set(["hello", "labels", "edit", "undo", "select"]);

/** The longest that messages are held back: where no frame is drawn (a hidden page) they must not wait for one. */
const HOLD_MS = 250;

/** One widget's comm. */
interface Line {
  readonly model: AnyModel;
  lost: boolean;
}

interface Pending {
  call: string;
  args: unknown;
  line: Line;
  /** When it was sent, in milliseconds. */
  since: number;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/** A call that the kernel refused, with its words. */
export class CallError extends Error {
  constructor(readonly detail: WireError) {
    super(detail.message);
    this.name = detail.type;
  }
}

/** What is the matter where there is no kernel, and what helps. */
export const NO_KERNEL = [
  "The explorer has no kernel: it was restarted, has stopped, or this page lost it.",
  "Run this cell again, and after a restart those above it first.",
] as const;

/** The same where there is room for one short sentence. */
export const LOST = "No kernel is connected: run the notebook's cell again.";

/** There is no kernel to talk to: it was restarted or has stopped, or the last widget of the review was closed. */
export class Disconnected extends Error {
  constructor() {
    super(NO_KERNEL.join(" "));
  }
}

/** What went wrong with a call, and what helps, in words. */
export function messageOf(error: unknown): string {
  if (error instanceof Disconnected) return LOST;
  const remedy = error instanceof CallError ? error.detail.remedy : "";
  return `${(error as Error).message} ${remedy}`.trim();
}

export class Transport {
  private readonly lines: Line[] = [];
  private readonly pending = new Map<string, Pending>();
  private reached: Link = "live";
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Questions whose answer says no more than that there is one; when the next is due, and how long after that. */
  private readonly questions = new Set<string>();
  private due = 0;
  private pause = SILENT_MS;
  /** What came and what is to go out while messages are held back, in order; null while they are not. */
  private held: (() => void)[] | null = null;
  private holding: ReturnType<typeof setTimeout> | undefined;

  /** `onLink` hears how the kernel is reached whenever that changes. */
  constructor(
    private readonly onPush: (push: Push) => void,
    private readonly onLink: (link: Link) => void = () => {},
  ) {}

  get connected(): boolean {
    return this.open !== undefined;
  }

  /** How the kernel is reached; "live" before the first widget is there. */
  get link(): Link {
    return this.reached;
  }

  /** Whether the kernel that was there is not any more. */
  get gone(): boolean {
    return this.reached === "gone";
  }

  /** Number of calls that wait for an answer. */
  get waiting(): number {
    return this.pending.size;
  }

  /** Add a widget's comm until `signal` ends. */
  attach(model: AnyModel, signal: AbortSignal): void {
    const line: Line = { model, lost: false };
    const listen = (content: unknown, buffers: readonly DataView[] = []) =>
      this.receive(line, content, buffers);
    const doubt = () => this.doubt(line);
    model.on("msg:custom", listen);
    model.on("comm_live_update", doubt);
    this.lines.push(line);
    signal.addEventListener(
      "abort",
      () => {
        model.off("msg:custom", listen);
        model.off("comm_live_update", doubt);
        this.lines.splice(this.lines.indexOf(line), 1);
        this.moveCalls(line);
      },
      { once: true },
    );
    this.tell();
  }

  /** Ask the kernel; resolves with the unpacked result, rejects with `CallError`, `Disconnected` or the signal's reason. */
  call<N extends keyof Calls>(call: N, ...[args, signal]: CallArgs<N>): Promise<Calls[N]["answer"]> {
    return new Promise((resolve, reject) => {
      const line = this.open;
      if (!line) {
        reject(new Disconnected());
        return;
      }
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const id = freshId();
      this.pending.set(id, {
        call,
        args: args ?? {},
        line,
        since: Date.now(),
        resolve: resolve as (r: unknown) => void,
        reject,
      });
      signal?.addEventListener("abort", () => {
        if (!this.pending.delete(id)) return;
        reject(signal.reason as Error);
        this.tell();
      });
      this.send(id);
    });
  }

  /**
   * Hold messages back, those that come and those that go out, until `release`, but not for long: what the person waits
   * for is drawn first, and neither a panel nor the host asks for another frame before it. A decision goes out at once.
   */
  hold(): void {
    this.held ??= [];
    clearTimeout(this.holding);
    this.holding = setTimeout(() => this.release(), HOLD_MS);
  }

  /** Let messages go their way again, in the order in which they came. */
  release(): void {
    const { held } = this;
    this.held = null;
    clearTimeout(this.holding);
    const errors: unknown[] = [];
    for (const pass of held ?? []) {
      try {
        pass();
      } catch (error) {
        // Like one that comes by itself: it costs what it says, and not what comes after it.
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  /** The comm that calls go out on. */
  private get open(): Line | undefined {
    return this.lines.find((line) => !line.lost);
  }

  private send(id: string): void {
    const waiting = this.pending.get(id);
    // Ended by its signal while it was held back.
    if (!waiting) return;
    const { call, args, line } = waiting;
    if (this.held && call !== "edit") {
      this.held.push(() => this.send(id));
      return;
    }
    this.put(line, { id, call, args }, () => this.pending.get(id)?.line === line);
    this.tell();
  }

  /** Hand a message to the host; `owed` says whether its answer is still to come. */
  private put(line: Line, message: { id: string; call: string; args: unknown }, owed: () => boolean): void {
    const status = (news: { content?: { execution_state?: string } }): void => {
      if (news.content?.execution_state === "idle") setTimeout(() => owed() && this.lose(line), IDLE_MS);
    };
    try {
      // Jupyter calls back with what the kernel says about this message; marimo takes a function, called when it is sent.
      const callbacks = PROMPT.has(message.call) ? Object.assign(() => {}, { iopub: { status } }) : undefined;
      const sent: unknown = line.model.send(message, callbacks);
      if (sent instanceof Promise) sent.catch(() => this.lose(line));
    } catch {
      // The host's comm is disposed ("Cannot send"). What waited on it is moved, or ends as `Disconnected`.
      this.lose(line);
    }
  }

  /** Ask whether the kernel still knows the comm. */
  private ask(line: Line): void {
    const id = freshId();
    this.questions.add(id);
    this.put(line, { id, call: "hello", args: {} }, () => this.questions.has(id));
  }

  private receive(line: Line, content: unknown, buffers: readonly DataView[]): void {
    if (content === null || typeof content !== "object") return;
    if (this.held) {
      this.held.push(() => this.receive(line, content, buffers));
      return;
    }
    line.lost = false;
    this.take(line, content, buffers);
    this.tell();
  }

  private take(line: Line, content: object, buffers: readonly DataView[]): void {
    if ("event" in content) {
      // Every widget of the review hears every event: one of them passes it on.
      if (line === this.open) this.onPush(unpack(content, buffers) as Push);
      return;
    }
    const reply = content as Reply;
    if (this.questions.delete(reply.id)) return;
    const waiting = this.pending.get(reply.id);
    if (!waiting) {
      // Asked for by another page that shows the same widget: to this one it is news.
      if (reply.ok && reply.push && line === this.open)
        this.onPush(unpack({ event: reply.push, ...(reply.result as object) }, buffers) as Push);
      return;
    }
    this.pending.delete(reply.id);
    if (!reply.ok) {
      waiting.reject(new CallError(reply.error));
      return;
    }
    try {
      waiting.resolve(unpack(reply.result, buffers));
    } catch (error) {
      waiting.reject(error as Error);
    }
  }

  /** The host says that the comm was cut, or is back: whatever answers brings it back. */
  private doubt(line: Line): void {
    this.lose(line);
    this.ask(line);
  }

  private lose(line: Line): void {
    if (line.lost) return;
    line.lost = true;
    this.moveCalls(line);
  }

  private moveCalls(from: Line): void {
    const next = this.open;
    for (const [id, call] of [...this.pending]) {
      if (call.line !== from) continue;
      if (next) {
        call.line = next;
        this.send(id);
      } else {
        this.pending.delete(id);
        call.reject(new Disconnected());
      }
    }
    this.tell();
  }

  /** Ask the kernel that does not answer, when that is due. */
  private remind(): void {
    const line = this.open ?? this.lines[0];
    if (this.reached !== "live" && line && Date.now() >= this.due) {
      this.due = Date.now() + this.pause;
      this.pause *= 2;
      this.ask(line);
    }
    this.tell();
  }

  /** Reckon how the kernel is reached, and say so where that is news. */
  private tell(): void {
    clearTimeout(this.timer);
    const prompt = [...this.pending.values()].filter(({ call }) => PROMPT.has(call));
    const left = Math.min(...prompt.map(({ since }) => since)) + SILENT_MS - Date.now();
    const link: Link = !this.open ? "gone" : left <= 0 ? "silent" : "live";
    if (link === "live") {
      this.pause = SILENT_MS;
      this.due = 0;
    }
    const next = link === "live" ? left : Math.max(0, this.due - Date.now());
    if (this.lines.length > 0 && next < Number.POSITIVE_INFINITY)
      this.timer = setTimeout(() => this.remind(), next);
    if (link === this.reached) return;
    this.reached = link;
    this.onLink(link);
  }
}
