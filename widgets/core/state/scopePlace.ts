/** The scope and the sort that a tab was left at: kept as long as the tab, so that a reload of the page comes back. */
import type { Opened, ScopeName } from "../kernel/schema";
import { tabStorage } from "./dial";
import { SORTS, type Sort } from "./filter";

export interface Place {
  scope: ScopeName;
  sort: Sort;
}

export class ScopePlace {
  private store: string | null = null;
  /** The last wish from Python that was followed. */
  private token = "";

  constructor(private readonly storage: Storage = tabStorage()) {}

  /** Where to begin with a store; null where the page is there already and nobody wishes for another scope. */
  take(store: string, opened: Opened | undefined): Place | null {
    const begins = store !== this.store;
    this.store = store;
    const kept = begins ? this.recall() : null;
    const sort = kept?.sort ?? "suspicion";
    if (opened && this.isNew(opened)) {
      this.keep({ scope: opened.scope, sort });
      return { scope: opened.scope, sort };
    }
    return kept;
  }

  /** Whether a wish has not been followed yet; it is noted that it is now. */
  isNew({ token }: Opened): boolean {
    const other = token !== this.token;
    this.token = token;
    return other;
  }

  keep({ scope, sort }: Place): void {
    try {
      this.storage.setItem(this.key, JSON.stringify({ scope, sort, token: this.token }));
    } catch {
      // No room: it is remembered as long as the page.
    }
  }

  private get key(): string {
    return `data-quality-explorer:scope:${this.store ?? ""}`;
  }

  private recall(): Place | null {
    try {
      const kept = JSON.parse(this.storage.getItem(this.key) ?? "{}") as Record<string, unknown>;
      if (typeof kept.token === "string") this.token = kept.token;
      const sort = SORTS.find((each) => each.name === kept.sort)?.name ?? "suspicion";
      return typeof kept.scope === "string" ? { scope: kept.scope as ScopeName, sort } : null;
    } catch {
      return null; // another program's or a half-written entry
    }
  }
}
