/** The tab of the desk that was left open: kept as long as the browser's tab, so that a reload of the page comes back to it. */
import { tabStorage } from "./dial";

export class TabPlace {
  constructor(private readonly storage: Storage = tabStorage()) {}

  /** The tab that was open at a store; null where none is known. */
  at(store: string): string | null {
    return this.storage.getItem(keyOf(store));
  }

  keep(store: string, name: string): void {
    try {
      this.storage.setItem(keyOf(store), name);
    } catch {
      // No room: the next reload begins at the first tab.
    }
  }
}

function keyOf(store: string): string {
  return `data-quality-explorer:tab:${store}`;
}
