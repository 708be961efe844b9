/** Class names where room is short: cut at the end, or in the middle where names differ only at their ends. */
import { h } from "./dom";

/** Names up to this length are left to plain cutting at the end, if they are cut at all. */
const SHORT = 16;
/** From this many equal first letters on, two names look the same when cut at the end. */
const ALIKE = 8;
const TAIL = 7;

const known = new WeakMap<readonly string[], boolean>();

/** Whether two of the names begin alike, so that cutting their ends would make them one. */
export function endsMatter(names: readonly string[]): boolean {
  let alike = known.get(names);
  if (alike === undefined) {
    const starts = names.filter((name) => name.length > ALIKE).map((name) => name.slice(0, ALIKE));
    alike = new Set(starts).size < starts.length;
    known.set(names, alike);
  }
  return alike;
}

/** One of `names` in at most `most` letters, with "…" for what is left out. */
export function shortName(name: string, most: number, names: readonly string[]): string {
  const letters = Array.from(name);
  if (letters.length <= most) return name;
  const tail = endsMatter(names) ? Math.min(TAIL, Math.floor((most - 1) / 2)) : 0;
  const head = letters.slice(0, most - 1 - tail).join("");
  const end = letters.slice(letters.length - tail).join("");
  return `${head.trimEnd()}…${end.trimStart()}`;
}

/** A sentence in which names longer than `most` letters are cut. */
export function withShortNames(sentence: string, names: readonly string[], most: number): string {
  const long = names.filter((name) => name.length > most && sentence.includes(name));
  // The longest first: one name may begin another.
  return long
    .sort((a, b) => b.length - a.length)
    .reduce((text, name) => text.replaceAll(name, () => shortName(name, most, names)), sentence);
}

/** Text that holds one of `names`, as an element that gives way where its place is too narrow. */
export function nameElement(text: string, names: readonly string[]): HTMLElement {
  const letters = Array.from(text);
  if (letters.length <= SHORT || !endsMatter(names)) return h("span", { class: "dqx-name", text });
  return h(
    "span",
    { class: "dqx-name dqx-name-long" },
    h("span", { class: "dqx-name-head", text: letters.slice(0, -TAIL).join("") }),
    h("span", { class: "dqx-name-tail", text: letters.slice(-TAIL).join("") }),
  );
}
