/** Finding a class by what was typed. */

/** Codes of the classes that fit the text, best first: the same name, names that begin so, words that do, the rest. */
export function matches(classes: readonly string[], text: string): number[] {
  const typed = fold(text);
  if (!typed) return classes.map((_, code) => code);
  return classes
    .map((name, code) => ({ code, grade: grade(fold(name), typed) }))
    .filter((m) => m.grade < 4)
    .sort((a, b) => a.grade - b.grade || a.code - b.code)
    .map((m) => m.code);
}

/** Code of the class with exactly this name, or -1; upper and lower case are told apart only where they must be. */
export function exact(classes: readonly string[], text: string): number {
  const typed = text.trim();
  const same = classes.indexOf(typed);
  if (same >= 0) return same;
  const alike = classes.flatMap((name, code) => (fold(name) === fold(typed) ? [code] : []));
  return alike.length === 1 ? (alike[0] as number) : -1;
}

/** The classes whose names are a slip of the pen away, nearest first: at most three. */
export function near(classes: readonly string[], text: string): number[] {
  const typed = fold(text);
  const slack = Math.max(1, Math.floor(typed.length / 3));
  return classes
    .map((name, code) => ({ code, steps: distance(fold(name), typed, slack) }))
    .filter((m) => m.steps <= slack)
    .sort((a, b) => a.steps - b.steps || a.code - b.code)
    .slice(0, 3)
    .map((m) => m.code);
}

function grade(name: string, typed: string): number {
  if (name === typed) return 0;
  if (name.startsWith(typed)) return 1;
  if (name.split(/[\s_\-/.]+/).some((word) => word.startsWith(typed))) return 2;
  return name.includes(typed) ? 3 : 4;
}

function fold(text: string): string {
  return text.trim().toLocaleLowerCase();
}

/** Levenshtein distance, given up as soon as it must exceed `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const step = a[i - 1] === b[j - 1] ? 0 : 1;
      row.push(
        Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, (above[j - 1] as number) + step),
      );
    }
    if (Math.min(...row) > limit) return limit + 1;
    above = row;
  }
  return above[b.length] as number;
}
