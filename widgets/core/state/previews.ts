/** Small previews by item, asked for in batches and kept in a bounded cache. */
import type { Preview } from "../kernel/schema";

const LIMIT = 1500;
const BATCH = 48;

export class Previews {
  private readonly cache = new Map<string, Promise<Preview>>();
  private waiting: { item: number; resolve: (p: Preview) => void; reject: (e: Error) => void }[] = [];
  private readonly urls = new Map<string, string>();

  constructor(private readonly ask: (items: number[], size: number) => Promise<Preview[]>) {}

  /** Preview of an item, at most 64 pixels a side; calls made in the same turn go to the kernel together. */
  get(item: number): Promise<Preview> {
    const key = String(item);
    const known = this.cache.get(key);
    if (known) {
      // Moved to the end: the map's order is the order of use.
      this.cache.delete(key);
      this.cache.set(key, known);
      return known;
    }
    const preview = new Promise<Preview>((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (this.waiting.length === 1) setTimeout(() => this.send(), 0);
    });
    preview.catch(() => this.cache.delete(key));
    this.cache.set(key, preview);
    this.trim();
    return preview;
  }

  /** Object URL of an image preview, made once and revoked when the preview leaves the cache. */
  url(item: number, blob: Blob): string {
    const key = String(item);
    let url = this.urls.get(key);
    if (!url) {
      url = URL.createObjectURL(blob);
      this.urls.set(key, url);
    }
    return url;
  }

  clear(): void {
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
    this.urls.clear();
    this.cache.clear();
  }

  private trim(): void {
    while (this.cache.size > LIMIT) {
      const oldest = this.cache.keys().next().value as string;
      this.cache.delete(oldest);
      const url = this.urls.get(oldest);
      if (url) URL.revokeObjectURL(url);
      this.urls.delete(oldest);
    }
  }

  private send(): void {
    const batch = this.waiting.splice(0, BATCH);
    if (this.waiting.length > 0) setTimeout(() => this.send(), 0);
    this.ask(
      batch.map((w) => w.item),
      64,
    ).then(
      (previews) => {
        batch.forEach((w, i) => {
          w.resolve(previews[i] ?? { kind: "error", message: "The kernel sent no preview." });
        });
      },
      (error: Error) => {
        for (const w of batch) w.reject(error);
      },
    );
  }
}
