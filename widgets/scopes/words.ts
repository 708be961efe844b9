/** The words on a scope's buttons. */
import type { ToldScope } from "../core/kernel/schema";

/** "Keep this, leave out the other", "Keep this, leave out 2 others". */
export function keepOneWords(others: number): string {
  if (others === 0) return "Keep this one";
  return `Keep this, leave out ${others === 1 ? "the other" : `${others} others`}`;
}

/** "Both are cat", "All 3 are cat". */
export function labelAllWords(items: number, label: string): string {
  if (items === 1) return `This one is ${label}`;
  return `${items === 2 ? "Both are" : `All ${items} are`} ${label}`;
}

/** "Pick the group of 41", "Pick all 73 copies". */
export function pickWords(scope: ToldScope, size: number): string {
  const n = size.toLocaleString("en-GB");
  return scope === "underperforming" ? `Pick the group of ${n}` : `Pick all ${n} copies`;
}
