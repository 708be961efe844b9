/** The neighbourhood in words, for everyone and first of all for those who cannot see the drawing. */

/** "of the 14 nearest, 12 say 7 and 2 say 3": labels by frequency, the rest together. */
export function summary(labels: readonly number[], name: (code: number) => string): string {
  if (labels.length === 0) return "no neighbours yet";
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const [only] = ranked;
  if (labels.length === 1 && only)
    return `the nearest ${only[0] < 0 ? "is unlabelled" : `says ${name(only[0])}`}`;
  if (ranked.length === 1 && only && labels.length > 1)
    return `all ${labels.length} nearest ${only[0] < 0 ? "are unlabelled" : `say ${name(only[0])}`}`;
  const said = ranked
    .slice(0, 3)
    .map(([label, n]) => (label < 0 ? `${n} unlabelled` : `${n} ${n === 1 ? "says" : "say"} ${name(label)}`));
  const rest = ranked.slice(3).reduce((sum, [, n]) => sum + n, 0);
  if (rest > 0) said.push(rest === 1 ? "1 other" : `${rest} others`);
  const last = said.pop() as string;
  return `of the ${labels.length} nearest, ${said.length ? `${said.join(", ")} and ${last}` : last}`;
}

export type Agreement = "agrees" | "conflicts" | "unknown";

/** Whether a neighbour's label speaks for or against the item's label now. */
export function agreement(item: number, neighbour: number): Agreement {
  if (item < 0 || neighbour < 0) return "unknown";
  return item === neighbour ? "agrees" : "conflicts";
}
