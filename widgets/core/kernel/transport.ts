/**
 * Calls to the kernel over whichever widget of the review is still alive.
 *
 * Several widgets (one a cell) share one review; each brings a comm. A call goes out on the first open one; if it is
 * closed before the answer came, the call is sent again on the next. A busy kernel answers late, so calls have no
 * deadline of their own: they end with an answer, with their signal, or when the last comm closes.
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

interface Pending {
  call: string;
  args: unknown;
  model: AnyModel;
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

/** There is no kernel to talk to: the last widget of the review was closed. */
export class Disconnected extends Error {}

export class Transport {
  private readonly models: AnyModel[] = [];
  private readonly pending = new Map<string, Pending>();

  constructor(private readonly onPush: (push: Push) => void) {}

  get connected(): boolean {
    return this.models.length > 0;
  }

  /** Number of calls that wait for an answer. */
  get waiting(): number {
    return this.pending.size;
  }

  /** Add a widget's comm until `signal` ends. */
  attach(model: AnyModel, signal: AbortSignal): void {
    const listen = (content: unknown, buffers: readonly DataView[] = []) =>
      this.receive(model, content, buffers);
    model.on("msg:custom", listen);
    this.models.push(model);
    signal.addEventListener(
      "abort",
      () => {
        model.off("msg:custom", listen);
        this.models.splice(this.models.indexOf(model), 1);
        this.moveCalls(model);
      },
      { once: true },
    );
  }

  /** Ask the kernel; resolves with the unpacked result, rejects with `CallError`, `Disconnected` or the signal's reason. */
  call<N extends keyof Calls>(call: N, ...[args, signal]: CallArgs<N>): Promise<Calls[N]["answer"]> {
    return new Promise((resolve, reject) => {
      const model = this.models[0];
      if (!model) {
        reject(new Disconnected("No widget of this review is connected to a kernel."));
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
        model,
        resolve: resolve as (r: unknown) => void,
        reject,
      });
      signal?.addEventListener("abort", () => {
        if (this.pending.delete(id)) reject(signal.reason as Error);
      });
      model.send({ id, call, args: args ?? {} });
    });
  }

  private receive(model: AnyModel, content: unknown, buffers: readonly DataView[]): void {
    if (content === null || typeof content !== "object") return;
    if ("event" in content) {
      // Every widget of the review hears every event: one of them passes it on.
      if (model === this.models[0]) this.onPush(unpack(content, buffers) as Push);
      return;
    }
    const reply = content as Reply;
    const waiting = this.pending.get(reply.id);
    if (!waiting) {
      // Asked for by another page that shows the same widget: to this one it is news.
      if (reply.ok && reply.push && model === this.models[0])
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

  private moveCalls(closed: AnyModel): void {
    const next = this.models[0];
    for (const [id, call] of this.pending) {
      if (call.model !== closed) continue;
      if (next) {
        call.model = next;
        next.send({ id, call: call.call, args: call.args });
      } else {
        this.pending.delete(id);
        call.reject(new Disconnected("The last widget of this review was closed."));
      }
    }
  }
}
