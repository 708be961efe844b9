/**
 * The relation map of the current item: every stored neighbour by how it relates to the item on average while the
 * model was trained (across), and by how much that changed (upwards). Marks are buttons over the axes, so that keyboard
 * and screen reader find them.
 */
import "./relations.css";
import type { Card, Relations } from "../core/kernel/schema";
import { Disconnected, LOST } from "../core/kernel/transport";
import type { Session } from "../core/session/session";
import { h, svg } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { nameElement } from "../core/ui/name";
import { thumbnail } from "../core/ui/preview";
import { onTheme } from "../core/ui/theme";
import { walk } from "./arrowKeys";
import { across, ceiling, marks, type Room, relationSummary } from "./scatter";
import { agreement } from "./words";

/** What the axes do not say; one line, since the card above needs the room. */
const READ = "A wrong label: most at the left. An outlier: most in the middle.";
/** All of it, for the title. */
const READ_ALL =
  "Left: contradicts the label, as most do around a wrong one. Right: confirms it. High: the model wavered. " +
  "Middle: hardly related, as all are to an outlier.";
/** Where the axis is shorter than this, it has no room for all of its words. */
const ROOMY = 400;

export interface RelationMapView {
  element: HTMLElement;
  /** Show an item's relations, or stop. */
  show(card: Card | null): void;
  none(reason: string): void;
}

export function makeRelationMap(
  session: Session,
  root: HTMLElement,
  summarise: (text: string) => void,
  signal: AbortSignal,
): RelationMapView {
  const stage = h("div", { class: "dqx-relations-stage" });
  const detail = h("div", { class: "dqx-relations-detail", hidden: true, aria: { hidden: "true" } });
  const read = h("p", { class: "dqx-relations-read dqx-muted", text: READ, title: READ_ALL });
  const empty = h("p", {
    class: "dqx-ego-empty dqx-muted",
    role: "status",
    hidden: true,
    data: { dqx: "no-relations" },
  });
  const element = h(
    "div",
    { class: "dqx-relations", hidden: true, data: { dqx: "relation-map" } },
    stage,
    empty,
    read,
  );
  let item: number | null = null;
  let found: Relations | null = null;
  let turn = 0;

  const say = (reason: string): void => {
    empty.textContent = reason;
    keepFocus(root, () => {
      empty.hidden = reason === "";
      for (const part of [stage, read]) part.hidden = reason !== "";
    });
    if (reason !== "") summarise("");
  };

  const draw = (): void => {
    const { clientWidth: width, clientHeight: height } = stage;
    if (!found || found.why || element.hidden || width === 0 || height === 0) return;
    const relations = found;
    const room = { width, height, left: 10, right: 10, top: 8, bottom: 26 };
    summarise(relationSummary(relations));
    detail.hidden = true;
    const list = h("ul", {
      class: "dqx-ego-nodes",
      aria: { label: "Neighbours by relation, nearest first" },
    });
    const drawn = marks(relations, room);
    // Read nearest first; where marks lie upon each other the strongest lies on top.
    const byNearness = [...drawn].sort((a, b) => a.index - b.index);
    byNearness.forEach((mark, order) => {
      const made = button(relations, mark.index, order === 0);
      Object.assign(made.style, {
        left: `${(mark.x - mark.radius).toFixed(1)}px`,
        top: `${(mark.y - mark.radius).toFixed(1)}px`,
        width: `${(2 * mark.radius).toFixed(1)}px`,
        height: `${(2 * mark.radius).toFixed(1)}px`,
        zIndex: String(1 + drawn.indexOf(mark)),
      });
      list.append(h("li", {}, made));
    });
    keepFocus(
      root,
      () => stage.replaceChildren(axes(room, relations), list, detail),
      () => list.querySelector<HTMLElement>("button"),
    );
    hovered();
  };

  const button = (relations: Relations, index: number, first: boolean): HTMLElement => {
    const neighbour = relations.neighbours[index] as number;
    const now = item === null ? -1 : (session.labels?.current[item] ?? -1);
    const label = labelOf(relations, index);
    const kind = agreement(now, label);
    const name = session.className(label);
    const title = `labelled ${name} (${KINDS[kind]}), ${numbers(relations, index)}`;
    const element = h("button", {
      class: `dqx-relation dqx-relation-${kind}`,
      type: "button",
      tabIndex: first ? 0 : -1,
      data: { dqx: "relation", item: String(neighbour), index: String(index), agreement: kind },
      aria: { label: `${title}: select` },
      on: {
        click: () => session.select(neighbour),
        pointerenter: () => session.hover(neighbour),
        pointerleave: () => session.hover(null),
        focus: () => session.hover(neighbour),
        blur: () => session.hover(null),
      },
    });
    // Presence follows the relation at the end of the training.
    element.style.setProperty(
      "--dqx-last",
      Math.min(1, Math.abs(relations.last[index] as number)).toFixed(3),
    );
    return element;
  };

  const labelOf = (relations: Relations, index: number): number =>
    session.labels?.current[relations.neighbours[index] as number] ?? (relations.labels[index] as number);

  /** Show which neighbour is hovered, here or on the map. */
  const hovered = (): void => {
    let at: HTMLElement | null = null;
    for (const each of stage.querySelectorAll<HTMLElement>(".dqx-relation")) {
      const on = Number(each.dataset.item) === session.hovered;
      each.classList.toggle("dqx-relation-hovered", on);
      if (on) at = each;
    }
    detail.hidden = at === null;
    if (at === null || !found) return;
    const index = Number(at.dataset.index);
    const label = labelOf(found, index);
    detail.replaceChildren(
      h("span", { class: "dqx-relations-picture" }, thumbnail(session, found.neighbours[index] as number)),
      h(
        "span",
        {},
        h("strong", {}, nameElement(session.className(label), session.classes)),
        h("br"),
        numbers(found, index),
      ),
    );
    const x = Number.parseFloat(at.style.left);
    // Beside the mark, on the side that has the room.
    const right = x < stage.clientWidth / 2;
    Object.assign(detail.style, {
      left: right ? `${x + 20}px` : "auto",
      right: right ? "auto" : `${stage.clientWidth - x + 6}px`,
    });
  };

  const load = async (): Promise<void> => {
    const mine = ++turn;
    const asked = item;
    if (asked === null) return;
    if (!found) say("Loading the relations …");
    try {
      const answer = await session.transport.call("relations", { item: asked });
      if (mine !== turn || signal.aborted) return;
      found = answer;
      say(answer.why);
      draw();
    } catch (error) {
      if (mine !== turn || signal.aborted) return;
      found = null;
      say(
        error instanceof Disconnected
          ? LOST
          : `The relations could not be shown: ${(error as Error).message}`,
      );
    }
  };

  session.on("hover", hovered, signal);
  onTheme(draw, signal);
  stage.addEventListener("keydown", (event) => walk(event, stage, ".dqx-relation"), { signal });
  if (globalThis.ResizeObserver) {
    const observer = new ResizeObserver(draw);
    observer.observe(stage);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }

  return {
    element,
    show(card) {
      if (card === null) {
        turn++;
        return;
      }
      if (card.item !== item) found = null;
      item = card.item;
      void load();
    },
    none(reason) {
      turn++;
      item = null;
      found = null;
      stage.replaceChildren();
      say(reason);
    },
  };
}

const KINDS = { agrees: "same label", conflicts: "another label", unknown: "not comparable" };

function numbers(relations: Relations, index: number): string {
  const signed = (n: number): string => (n < 0 ? `−${Math.abs(n).toFixed(2)}` : n.toFixed(2));
  const [mean, variance, last, similarity] = [
    relations.mean,
    relations.variance,
    relations.last,
    relations.similarity,
  ].map((column) => column[index] as number) as [number, number, number, number];
  return `mean ${signed(mean)}, variance ${variance.toFixed(3)}, last ${signed(last)}, similarity ${similarity.toFixed(2)}`;
}

/** Frame, the line of no relation, and the axes in words. */
function axes(room: Room, relations: Relations): SVGSVGElement {
  const { width, height } = room;
  const floor = height - room.bottom;
  const zero = across(0, room);
  const top = ceiling(relations.variance);
  const line = (x1: number, y1: number, x2: number, y2: number, dashed = false) =>
    svg("line", { x1, y1, x2, y2, class: dashed ? "dqx-relations-zero" : "dqx-relations-axis" });
  const text = (x: number, y: number, anchor: string, words: string) =>
    svg("text", { x, y, "text-anchor": anchor }, words);
  const over = width < ROOMY ? "" : ` over ${relations.checkpoints} checkpoints`;
  return svg(
    "svg",
    { width, height, class: "dqx-relations-axes", "aria-hidden": "true" },
    line(room.left, floor, width - room.right, floor),
    line(zero, room.top, zero, floor, true),
    text(room.left, height - 5, "start", "← −1 contradicts"),
    text(zero, height - 5, "middle", `mean relation${over}`),
    text(width - room.right, height - 5, "end", "confirms 1 →"),
    text(room.left, room.top + 6, "start", `↑ variance ${top}: wavered`),
  );
}
