/** The level of p_error: what the answers to the random checks bring log-odds to. The kernel has the same map. */
import type { Level } from "../kernel/schema";

/** Log-odds are cut off here. */
const LARGEST = 15;
const TINY = 1 / (1 + Math.exp(LARGEST));

/** Bring a probability to a level; NaN stays NaN. */
export function atLevel(p: number, { slope, shift }: Level): number {
  if (slope === 1 && shift === 0) return p;
  const bounded = Math.min(1 - TINY, Math.max(TINY, p));
  const z = Math.min(LARGEST, Math.max(-LARGEST, Math.log(bounded / (1 - bounded))));
  return 1 / (1 + Math.exp(-(shift + slope * z)));
}
