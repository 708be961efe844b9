/** Keeps the keyboard inside a panel whose focused element is about to be replaced. */

/**
 * Run `update`; if it removed, hid or disabled the element that had the focus, give the focus to `fallback` (or the panel itself),
 * so that the next key still reaches the panel and not the page.
 */
export function keepFocus(root: HTMLElement, update: () => void, fallback?: () => HTMLElement | null): void {
  const page = root.getRootNode() as Document | ShadowRoot;
  const before = page.activeElement;
  const inside = before !== null && before !== root && root.contains(before);
  update();
  if (!inside || (root.contains(before) && !before.matches(":disabled") && !before.closest("[hidden]")))
    return;
  const next = fallback?.() ?? root;
  if (next === root && root.tabIndex < 0) root.tabIndex = -1;
  next.focus({ preventScroll: true });
}
