/** The conflict that is looked at: the item, what both branches began with, and what each made of it. */

import type { Card, MergeConflict, MergeView } from "../core/kernel/schema";
import { shortId } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { previewOf } from "../core/ui/preview";
import { onTheme } from "../core/ui/theme";
import type { MergeDraft } from "./draft";
import { namedChip, sideElement } from "./side";
import { outcome, signature } from "./words";

/** Pictures a side. */
const NEAREST = 5;

/** Make the element; it follows the merge until the signal ends. */
export function makeConflict(session: Session, merging: MergeDraft, signal: AbortSignal): HTMLElement {
  const picture = h("div", { class: "dqx-card-preview dqx-merge-preview" });
  const facts = h("div", { class: "dqx-merge-facts" });
  const sides = h("div", { class: "dqx-merge-sides" });
  const element = h(
    "div",
    { class: "dqx-merge-conflict", hidden: true, data: { dqx: "merge-current" } },
    h("div", { class: "dqx-merge-item" }, picture, facts),
    sides,
  );
  let asked: number | null = null;
  let card: Card | null = null;
  let nearest: { labels: string; found: readonly number[][] } | null = null;
  let shown = "";
  let release = (): void => {};
  signal.addEventListener("abort", () => release(), { once: true });

  /** Ask for the item's card; the sides are filled without it until it comes. */
  const look = async (item: number | null): Promise<void> => {
    asked = item;
    card = null;
    release();
    release = () => {};
    picture.replaceChildren();
    if (item === null) return;
    try {
      const found = await session.card(item);
      if (asked !== item || signal.aborted) return;
      card = found;
      const next = previewOf(found);
      picture.replaceChildren(next.element);
      release = next.release;
      element.classList.toggle("dqx-card-words", /^(text|table|vector)$/.test(found.preview.kind));
      shown = "";
      fill();
    } catch (error) {
      if (asked !== item || signal.aborted) return;
      picture.textContent = error instanceof Error ? error.message : String(error);
    }
  };

  /** Ask for the nearest items that have either side's label, anew where a label changed. */
  const compare = async (item: number, labels: (string | null)[]): Promise<void> => {
    const wanted = JSON.stringify([item, labels]);
    if (nearest?.labels === wanted) return;
    const mine = { labels: wanted, found: [] as readonly number[][] };
    nearest = mine;
    try {
      mine.found = await session.transport.call("nearest", { item, labels, count: NEAREST });
      if (nearest !== mine || signal.aborted) return;
      shown = "";
      fill();
    } catch (error) {
      if (nearest === mine) nearest = null;
      session.report(error);
    }
  };

  const fill = (): void => {
    const { view, current } = merging;
    element.hidden = !view || !current;
    if (!view || !current) return;
    if (current.item !== asked) {
      if (current.item !== null) session.select(current.item);
      void look(current.item);
    }
    if (current.item !== null) void compare(current.item, [current.ours.label, current.theirs.label]);
    const now = JSON.stringify([current, view.into, merging.at, view.conflicts.length, card !== null]);
    if (now === shown) return;
    shown = now;
    element.dataset.item = current.itemId;
    element.dataset.pick = current.pick ?? "";
    const label = outcome(current);
    facts.replaceChildren(
      h(
        "div",
        { class: "dqx-muted dqx-cut", role: "status" },
        `conflict ${merging.at + 1} of ${view.conflicts.length} · `,
        h("span", { text: `item ${shortId(current.itemId)}`, title: current.itemId }),
        card?.name && card.name !== card.id ? ` · ${card.name}` : "",
        current.item === null ? " · not in this dataset" : "",
        current.field === "label" ? "" : ` · field ${current.field}`,
      ),
      h(
        "div",
        { class: "dqx-merge-base" },
        h("span", { class: "dqx-muted", text: "both began with" }),
        namedChip(session, current.base.label),
        h("span", { class: "dqx-muted", text: signature(current.base) }),
      ),
      h(
        "div",
        { class: "dqx-merge-outcome", data: { dqx: "merge-outcome" } },
        current.pick === null
          ? h("span", { class: "dqx-warn", text: "○ open" })
          : h("span", {
              class: "dqx-merge-good",
              text: `✓ ${current.pick === "value" ? "another label" : current.pick}: `,
            }),
        current.pick === null ? null : namedChip(session, label),
      ),
    );
    keepFocus(element, () =>
      sides.replaceChildren(side("ours", view, current), side("theirs", view, current)),
    );
  };

  const side = (name: "ours" | "theirs", view: MergeView, current: MergeConflict): HTMLElement =>
    sideElement(session, {
      side: current[name],
      name,
      branch: name === "ours" ? view.into : view.source,
      pressed: name === "ours" ? "O" : "T",
      picked: current.pick === name,
      nearest: nearest?.found[name === "ours" ? 0 : 1] ?? null,
      take: () => merging.resolve(name),
    });

  merging.on("view", fill, signal);
  onTheme(() => {
    shown = "";
    fill();
  }, signal);
  return element;
}
