/** The item itself on the card, by its kind. */
import type { Card } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { previewOf } from "../core/ui/preview";
import { type TableWish, tableView } from "./table";
import { textView } from "./text";
import { vectorView } from "./vector";
import type { ItemView } from "./view";

export function itemView(session: Session, card: Card, wish: TableWish): ItemView {
  const { preview } = card;
  if (preview.kind === "text") return textView(session, card, preview);
  if (preview.kind === "table" && card.columns) return tableView(session, card, card.columns, wish);
  if (preview.kind === "vector") return vectorView(session, card);
  return { ...previewOf(card), fit() {} };
}

/** What of a card the item's view is made from, to be compared. */
export function contentOf(card: Card): string {
  const { preview, marks, columns, votes } = card;
  const shown = preview.kind === "image" ? [preview.width, preview.height, preview.blob.size] : preview;
  return JSON.stringify([card.given, card.suggested, shown, marks, columns, votes]);
}

/** Whether words and cells, which want the whole width, are what is judged. */
export function isWords(card: Card): boolean {
  return /^(text|table|vector)$/.test(card.preview.kind);
}
