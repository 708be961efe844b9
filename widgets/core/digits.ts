/**
 * Which class a digit key chooses.
 *
 * Where every class is itself named by one digit, the digit names its class (anything else would be a trap);
 * elsewhere 1 … 9, 0 count the first ten classes.
 */

/** Code of the class that a digit key chooses, or -1. */
export function classOfDigit(classes: readonly string[], digit: string): number {
  if (!/^[0-9]$/.test(digit)) return -1;
  if (namedByDigits(classes)) return classes.indexOf(digit);
  const code = (Number(digit) + 9) % 10;
  return code < classes.length ? code : -1;
}

/** The digit key that chooses a class, or null beyond the ten. */
export function digitOfClass(classes: readonly string[], code: number): string | null {
  if (namedByDigits(classes)) return classes[code] ?? null;
  return code >= 0 && code < Math.min(10, classes.length) ? String((code + 1) % 10) : null;
}

function namedByDigits(classes: readonly string[]): boolean {
  return classes.length > 0 && classes.every((name) => /^[0-9]$/.test(name));
}
