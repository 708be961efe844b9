/**
 * Makes a figure's texts harmless. Plotly reads a subset of HTML in every text, links included, and labels are data:
 * a class named `<a href=…>` must show as these very letters. The kernel escapes labels already; this is the second
 * lock on the same door. `&` stays as it is, so that what is already escaped is not escaped twice.
 */

/** Templates are ours, not data; of markup they need only these. */
const TEMPLATES = /template$/;
const ALLOWED = /^<(\/?extra|\/?b|\/?i|br\s*\/?)>$/;

/** A copy of a figure (or of any part of one) in which no text can become markup. */
export function safe<T>(part: T, name = ""): T {
  if (typeof part === "string") return (TEMPLATES.test(name) ? template(part) : plain(part)) as T;
  if (Array.isArray(part)) return part.map((each) => safe(each, name)) as T;
  if (part !== null && typeof part === "object" && Object.getPrototypeOf(part) === Object.prototype)
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, safe(value, key)])) as T;
  return part;
}

function plain(text: string): string {
  return text.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function template(text: string): string {
  return text
    .split(/(<[^<>]*>)/)
    .map((piece) => (ALLOWED.test(piece) ? piece : plain(piece)))
    .join("");
}
