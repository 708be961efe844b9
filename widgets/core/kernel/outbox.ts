/**
 * Edits that the kernel has not acknowledged yet, kept in the browser's own storage.
 *
 * They are sent until an answer comes, survive a reload and a restarted kernel, and cannot double: the store
 * knows each by its `op_id`. One outbox a label store; two tabs on one store share it without harm for the same reason.
 */
import type { Cell, Edit } from "./schema";

/** What a decision says beside its action and its items. */
export interface EditOptions {
  label?: string;
  /** Instead of `label`: one for each item. */
  labels?: string[];
  new_class?: boolean;
  reason?: string;
  why?: string;
  /** The event that each item's label was seen to rest on; left out, what the page knows to stand there. */
  expected?: Record<string, string>;
  /** The event that stands for those of the items that `expected` does not name. */
  base?: string;
  /** Those of the items that keep their given label, whatever is done to the others. */
  kept?: number[];
}

/** What is decided on one branch waits for that branch: each has a place of its own in the browser's storage. */
export function placeOf(storeId: string, branch = "main"): string {
  return branch === "main" ? storeId : `${storeId}@${branch}`;
}

export class Outbox {
  private readonly key: string;

  /** The newest edits wait in `memory` where the storage has no room for them: they last as long as the page. */
  constructor(
    storeId: string,
    private storage: Storage,
    private readonly memory: Storage = new MemoryStorage(),
  ) {
    this.key = `data-quality-explorer:outbox:${storeId}`;
  }

  /** Edits in the order in which they were made. */
  list(): Edit[] {
    return [...editsIn(this.storage.getItem(this.key)), ...this.held];
  }

  /** Call back, until the signal ends, when an outbox of this store has changed on this page, this one too. */
  watch(changed: () => void, signal: AbortSignal): void {
    pageNews().addEventListener(this.key, changed, { signal });
  }

  add(edit: Edit): void {
    this.write([...this.list(), edit]);
  }

  /**
   * An edit was saved: later ones of the same items were made on top of it, so they now expect the event that it left.
   * Without this, a second thought typed before the first one was acknowledged would be refused as a conflict with
   * oneself. `cells` are the saved edit's items, one by one, at their positions in the kernel's `order`; edits that
   * were made in the same order as the saved one know the items by the positions that it names.
   */
  rebase(saved: Edit, cells: readonly Cell[], order: string): void {
    const edits = this.list();
    let changed = false;
    for (const edit of edits)
      cells.forEach(({ item, event }, i) => {
        const named = saved.items[i];
        if (named === undefined) return;
        const key = edit.order === saved.order ? named : edit.order === order ? item : null;
        const was = saved.expected[named];
        if (key === null || was === undefined || edit.expected[key] !== was || was === event) return;
        edit.expected[key] = event;
        changed = true;
      });
    if (changed) this.write(edits);
  }

  remove(opId: string): void {
    this.write(this.list().filter((e) => e.op_id !== opId));
  }

  get size(): number {
    return this.list().length;
  }

  /** Whether everything that waits would still be here after the page was closed, as far as the storage says. */
  get durable(): boolean {
    return this.held.length === 0;
  }

  /** Whether the browser has a storage that outlives the page. */
  get lasting(): boolean {
    return this.durable && !(this.storage instanceof MemoryStorage);
  }

  private get held(): Edit[] {
    return editsIn(this.memory.getItem(`${this.key}:held`));
  }

  private hold(edits: readonly Edit[]): void {
    if (edits.length === 0) this.memory.removeItem(`${this.key}:held`);
    else this.memory.setItem(`${this.key}:held`, JSON.stringify(edits));
  }

  /** Store as many edits as there is room for, the oldest first, and hold the others. */
  private write(edits: Edit[]): void {
    this.hold(edits.slice(this.store(edits)));
    pageNews().dispatchEvent(new Event(this.key));
  }

  /** Store the first edits; returns how many found room. */
  private store(edits: readonly Edit[]): number {
    for (let n = edits.length; n >= 0; n--)
      try {
        if (n === 0) this.storage.removeItem(this.key);
        else this.storage.setItem(this.key, JSON.stringify(edits.slice(0, n)));
        return n;
      } catch {
        // No room for so many (QuotaExceededError): try with one less.
      }
    // The storage does not even let go of what it has, so it cannot be asked any more.
    this.storage = new MemoryStorage();
    return 0;
  }
}

function editsIn(text: string | null): Edit[] {
  if (!text) return [];
  try {
    const edits: unknown = JSON.parse(text);
    return Array.isArray(edits)
      ? (edits as (Edit | null)[]).filter((edit) => edit !== null).map(upgraded)
      : [];
  } catch {
    // Another program's or a half-written entry: nothing in it can be sent.
    return [];
  }
}

/** What was stored as it is sent today: pages of earlier versions said `newClass`. */
export function upgraded<T extends EditOptions>({ newClass, ...stored }: T & { newClass?: boolean }): T {
  return { ...stored, ...(newClass === undefined ? {} : { new_class: newClass }) } as unknown as T;
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
    return pageMemory();
  }
}

/** Memory that all sessions of the page share: a review that is run again finds what the one before left there. */
export function pageMemory(): Storage {
  return onPage("memory", () => new MemoryStorage());
}

/** Where the page's outboxes tell one another of changes, by key. */
function pageNews(): EventTarget {
  return onPage("news", () => new EventTarget());
}

/** One of its kind a page: each widget loads its own copy of the bundle. */
function onPage<T>(name: string, make: () => T): T {
  const page = globalThis as unknown as Record<symbol, T | undefined>;
  const key = Symbol.for(`data-quality-explorer.outbox.${name}.1`);
  page[key] ??= make();
  return page[key];
}
