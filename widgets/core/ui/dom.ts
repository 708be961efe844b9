/** Elements without HTML strings: text from data can only ever become text. */

type Child = Node | string | null | undefined | false;
type Props<K extends keyof HTMLElementTagNameMap> = {
  class?: string;
  text?: string;
  title?: string;
  data?: Record<string, string>;
  aria?: Record<string, string>;
  role?: string;
  on?: { [E in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[E]) => void };
} & Partial<Omit<HTMLElementTagNameMap[K], "style" | "dataset" | "children" | "role">>;

/** Make an element: `h("button", {class: "dqx-button", on: {click}}, "Keep")`. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props<K> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const { class: className, text, data, aria, on, role, ...rest } = props as Props<"div">;
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  if (role) element.setAttribute("role", role);
  for (const [key, value] of Object.entries(data ?? {})) element.dataset[key] = value;
  for (const [key, value] of Object.entries(aria ?? {})) element.setAttribute(`aria-${key}`, value);
  for (const [event, listener] of Object.entries(on ?? {}))
    element.addEventListener(event, listener as EventListener);
  Object.assign(element, rest);
  for (const child of children) if (child) element.append(child);
  return element;
}

/** An SVG element with attributes. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number> = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  for (const child of children) if (child) element.append(child);
  return element;
}

/** A key as it is printed on the button that it presses. */
export function key(name: string): HTMLElement {
  return h("kbd", { text: name });
}

/** Whether keys typed now belong to a text field and not to us. */
export function isTyping(event: Event): boolean {
  const target = event.composedPath()[0];
  // A slider takes the keys that move it, and no others.
  if (target instanceof HTMLInputElement && target.type === "range")
    return event instanceof KeyboardEvent && /^(Arrow|Home$|End$|Page)/.test(event.key);
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Integers with thousands separators. */
export function count(n: number): string {
  return Math.round(n).toLocaleString("en-GB");
}
