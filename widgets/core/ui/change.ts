/** Changes of elements that leave alone what is so already: the same written again would be laid out and painted again. */

/** Set an element's text. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Set an attribute; null takes it away. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Give an element these children, unless those that it has look the same and mean the same; whether it did. */
export function setChildren(element: Element, ...children: (Node | string)[]): boolean {
  const nodes = children.map((child) => (typeof child === "string" ? document.createTextNode(child) : child));
  const old = element.childNodes;
  if (old.length === nodes.length && nodes.every((node, i) => node.isEqualNode(old[i] as Node))) return false;
  element.replaceChildren(...nodes);
  return true;
}
