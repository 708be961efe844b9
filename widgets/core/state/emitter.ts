/** The smallest typed publish–subscribe that ends with an AbortSignal, so that no panel can forget to unsubscribe. */
export class Emitter<Topics> {
  private readonly listeners = new Map<keyof Topics, Set<(detail: never) => void>>();

  on<T extends keyof Topics>(topic: T, listener: (detail: Topics[T]) => void, signal?: AbortSignal): void {
    if (signal?.aborted) return;
    let set = this.listeners.get(topic);
    if (!set) {
      set = new Set();
      this.listeners.set(topic, set);
    }
    set.add(listener);
    signal?.addEventListener("abort", () => set.delete(listener), { once: true });
  }

  emit<T extends keyof Topics>(topic: T, detail: Topics[T]): void {
    for (const listener of [...(this.listeners.get(topic) ?? [])])
      (listener as (d: Topics[T]) => void)(detail);
  }
}
