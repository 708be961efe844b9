/** Class names where room is short: cut in the middle, because long names often differ only at their end. */
import { h } from "./dom";

/** Names up to this length are left to plain cutting at the end, if they are cut at all. */
const SHORT = 16;
const TAIL = 7;

/** A name of at most `most` characters, with "…" for what is left out. */
export function shortName(name: string, most: number): string {
  const letters = Array.from(name);
  if (letters.length <= most) return name;
  const tail = Math.min(TAIL, Math.floor((most - 1) / 2));
  return `${letters.slice(0, most - 1 - tail).join("")}…${letters.slice(letters.length - tail).join("")}`;
}

/** The name as an element that gives way in its middle when its place is too narrow; its text is the whole name. */
export function nameElement(name: string): HTMLElement {
  const letters = Array.from(name);
  if (letters.length <= SHORT) return h("span", { class: "dqx-name", text: name });
  return h(
    "span",
    { class: "dqx-name dqx-name-long" },
    h("span", { class: "dqx-name-head", text: letters.slice(0, -TAIL).join("") }),
    h("span", { class: "dqx-name-tail", text: letters.slice(-TAIL).join("") }),
  );
}
