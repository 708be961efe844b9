/** How far the review is, in the words that every place uses. */

import type { Counts } from "../kernel/schema";
import { count } from "./dom";

/** "60 reviewed · 42 changed". */
export function countsWords({ reviewed, relabelled }: Counts): string {
  return `${count(reviewed)} reviewed · ${count(relabelled)} changed`;
}
