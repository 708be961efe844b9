/**
 * Edits that the kernel has not acknowledged yet, kept in the browser's own storage.
 *
 * They are sent again until an answer comes, survive a reload and a restarted kernel, and cannot double: the store
 * knows each by its `op_id`. One outbox a label store; two tabs on one store share it without harm for the same reason.
 */
import type { Edit } from "./types";
import type { Cell } from "./wire";

export class Outbox {
  private readonly key: string;

  constructor(
    storeId: string,
    private readonly storage: Storage,
  ) {
    this.key = `data-quality-explorer:outbox:${storeId}`;
  }

  /** Edits in the order in which they were made. */
  list(): Edit[] {
    const text = this.storage.getItem(this.key);
    if (!text) return [];
    try {
      const edits: unknown = JSON.parse(text);
      return Array.isArray(edits) ? (edits as Edit[]) : [];
    } catch {
      // Another program's or a half-written entry: nothing in it can be sent.
      return [];
    }
  }

  add(edit: Edit): void {
    this.write([...this.list(), edit]);
  }

  /**
   * An edit was saved: later ones of the same cells were made on top of it, so they now expect the event that it left.
   * `was` is what the saved edit expected. Without this, a second thought typed before the first one was
   * acknowledged would be refused as a conflict with oneself.
   */
  rebase(was: Record<string, string>, cells: readonly Cell[]): void {
    const edits = this.list();
    let changed = false;
    for (const { expected } of edits)
      for (const { item, event } of cells) {
        const key = String(item);
        if (expected[key] === undefined || expected[key] !== was[key] || expected[key] === event) continue;
        expected[key] = event;
        changed = true;
      }
    if (changed) this.write(edits);
  }

  remove(opId: string): void {
    this.write(this.list().filter((e) => e.op_id !== opId));
  }

  get size(): number {
    return this.list().length;
  }

  private write(edits: Edit[]): void {
    if (edits.length === 0) this.storage.removeItem(this.key);
    else this.storage.setItem(this.key, JSON.stringify(edits));
  }
}

/** Storage for browsers that refuse `localStorage` (private windows, sandboxed frames): lasts as long as the page. */
export class MemoryStorage implements Storage {
  private readonly map = new Map<string, string>();
  get length(): number {
    return this.map.size;
  }
  clear(): void {
    this.map.clear();
  }
  getItem(key: string): string | null {
    return this.map.get(key) ?? null;
  }
  key(index: number): string | null {
    return [...this.map.keys()][index] ?? null;
  }
  removeItem(key: string): void {
    this.map.delete(key);
  }
  setItem(key: string, value: string): void {
    this.map.set(key, value);
  }
}

/** The page's `localStorage`, or memory where the browser refuses it. */
export function pageStorage(): Storage {
  try {
    const storage = globalThis.localStorage;
    const probe = "data-quality-explorer:probe";
    storage.setItem(probe, "1");
    storage.removeItem(probe);
    return storage;
  } catch {
    return new MemoryStorage();
  }
}
