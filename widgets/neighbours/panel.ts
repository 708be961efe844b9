/**
 * The current item among its neighbours: as a drawing around it, or as the map of how they relate to it.
 *
 * The drawing: the current item among its nearest neighbours: nearer is more similar, a solid line has the same label, a dashed
 * one another, a thick one weighs more. Lines are SVG; nodes are buttons over it, so that keyboard and screen reader
 * find them.
 */
import "./neighbours.css";
import type { Card, Neighbour } from "../core/kernel/schema";
import { followCard } from "../core/session/currentCard";
import type { Session } from "../core/session/session";
import { h, key as keyCap, svg } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { frame } from "../core/ui/frame";
import { isFor, printed } from "../core/ui/keys";
import { nameElement, withShortNames } from "../core/ui/name";
import type { Panel } from "../core/ui/panel";
import { thumbnail } from "../core/ui/preview";
import { classColour, isDark, onTheme } from "../core/ui/theme";
import { walk } from "./arrowKeys";
import { around, arrange, type Box, capacity } from "./ego";
import { makeRelationMap } from "./relationMap";
import { agreement, summary } from "./words";

/** Letters of a class name inside a sentence. */
const NAME_LENGTH = 24;
/** Side of a neighbour's picture, as in the stylesheet. */
const PICTURE = 30;

export const Neighbours: Panel = {
  name: "neighbours",
  mount(root, session, signal) {
    frame(root, "neighbours", signal);
    const words = h("span", { class: "dqx-ego-words", role: "status" });
    const numbers = h("button", {
      class: "dqx-button",
      type: "button",
      text: "Numbers",
      title: "Show each neighbour's similarity",
      aria: { pressed: "false" },
      on: {
        click: () => {
          const on = root.classList.toggle("dqx-ego-numbers");
          numbers.setAttribute("aria-pressed", String(on));
        },
      },
    });
    const change = h("button", {
      class: "dqx-button",
      type: "button",
      text: "Relation map",
      title: "Every neighbour by how it relates to this item, and how steadily (or back to the drawing)",
      data: { dqx: "relations" },
      aria: { pressed: "false" },
      on: { click: () => turn() },
    });
    change.append(keyCap(printed("neighbours")));
    const stage = h("div", { class: "dqx-ego-stage" });
    const key = h("span", {
      class: "dqx-muted",
      text: "solid: same label · dashed: another · nearer: more similar",
    });
    const relations = makeRelationMap(
      session,
      root,
      (text) => {
        words.textContent = text;
        words.title = text;
      },
      signal,
    );
    const empty = h("p", { class: "dqx-ego-empty dqx-muted", role: "status" });
    const tools = h("span", { class: "dqx-ego-tools" }, numbers, change);
    root.append(h("div", { class: "dqx-ego-head" }, words, tools), stage, empty, key, relations.element);
    key.classList.add("dqx-ego-key");

    let shown: Card | null = null;

    const draw = (): void => {
      const card = shown;
      const width = stage.clientWidth;
      const height = stage.clientHeight;
      if (!card || width === 0 || height === 0) return;
      const box = boxFor(session, width, height);
      const spokes = nearest(session, card, capacity(box));
      const full = summary(
        spokes.map((s) => s.label),
        (code) => session.className(code),
      );
      if (!mapped) {
        words.textContent = withShortNames(full, session.classes, NAME_LENGTH);
        words.title = full;
      }
      keepFocus(root, () => stage.replaceChildren(...graph(session, card, spokes, box)));
      mark();
    };

    /** Show which node is hovered, here or on the map. */
    const mark = (): void => {
      for (const node of stage.querySelectorAll<HTMLElement>(".dqx-ego-node"))
        node.classList.toggle("dqx-ego-hovered", Number(node.dataset.item) === session.hovered);
    };

    const say = (text: string): void => {
      empty.textContent = text;
      lacking = text;
      arrangeParts();
    };

    /** What is on show: the drawing, the relation map, or why there is neither. */
    const arrangeParts = (): void => {
      const drawing = !mapped && lacking === "";
      empty.hidden = mapped || lacking === "";
      for (const part of [stage, key, numbers]) part.hidden = !drawing;
      words.hidden = !drawing && !mapped;
      relations.element.hidden = !mapped;
      change.setAttribute("aria-pressed", String(mapped));
    };

    let mapped = false;
    let lacking = "";
    /** From the drawing to the relation map, or back. */
    const turn = (): void => {
      mapped = !mapped;
      keepFocus(root, arrangeParts);
      relations.show(mapped ? shown : null);
      if (!mapped) draw();
    };
    session.on(
      "command",
      (wish) => {
        if (wish.name !== "neighbours" || wish.taken || !isFor(root, wish.from)) return;
        // Behind another tab the key brings the neighbours to the front.
        if (root.closest("[hidden]") !== null) return;
        wish.taken = true;
        turn();
      },
      signal,
    );

    followCard(
      session,
      {
        show(card) {
          shown = card;
          root.classList.remove("dqx-ego-waiting");
          say(card.neighbours.length ? "" : "This item's neighbours are not known yet.");
          draw();
          if (mapped) relations.show(card);
        },
        wait: () => root.classList.add("dqx-ego-waiting"),
        none(reason) {
          shown = null;
          stage.replaceChildren();
          say(reason);
          relations.none(reason);
        },
      },
      signal,
    );
    session.on("labels", draw, signal);
    session.on("hover", mark, signal);
    // Without drawing anew: JupyterLab hides the whole page for a frame when its theme changes, and nothing has a size.
    onTheme(() => stage.querySelectorAll<HTMLElement>("[data-label]").forEach(frameIn), signal);
    stage.addEventListener("keydown", (event) => walk(event, stage, ".dqx-ego-node"), { signal });
    if (globalThis.ResizeObserver) {
      const observer = new ResizeObserver(draw);
      observer.observe(stage);
      signal.addEventListener("abort", () => observer.disconnect(), { once: true });
    }
  },
};

interface Placed extends Neighbour {
  /** Its label now, which may be newer than the card. */
  label: number;
}

function nearest(session: Session, card: Card, most: number): Placed[] {
  return [...card.neighbours]
    .sort((a, b) => b.similarity - a.similarity || a.item - b.item)
    .slice(0, most)
    .map((n) => ({ ...n, label: session.labels?.current[n.item] ?? n.label }));
}

/** Pictures are small squares; anything else needs a line or two of text. Long labels stand below, short ones beside. */
function boxFor(session: Session, width: number, height: number): Box {
  const picture = session.hello?.dataset.kind === "image";
  const long = session.classes.some((name) => name.length > 2);
  const middle = { middleWidth: picture ? 40 : 96, middleHeight: picture ? 40 : 34 };
  if (!picture) return { width, height, nodeWidth: 96, nodeHeight: 45, ...middle };
  return long
    ? { width, height, nodeWidth: 60, nodeHeight: 46, ...middle }
    : { width, height, nodeWidth: 48, nodeHeight: 32, ...middle };
}

/** Whether captions stand beside the pictures. */
function beside(session: Session, box: Box): boolean {
  return session.hello?.dataset.kind === "image" && box.nodeHeight < 40;
}

/** The lines and the nodes of one neighbourhood. */
function graph(session: Session, card: Card, spokes: readonly Placed[], box: Box): Element[] {
  const points = arrange(spokes, box);
  const centre = { x: box.width / 2, y: box.height / 2 };
  const now = session.labels?.current[card.item] ?? card.current;
  const strongest = Math.max(1e-9, ...spokes.map((s) => Math.abs(s.relation)));
  const lines = svg("svg", {
    width: box.width,
    height: box.height,
    class: "dqx-ego-lines",
    "aria-hidden": "true",
  });
  // The picture, not the caption beside it, is where a line ends.
  const aside = beside(session, box) ? (box.nodeWidth - PICTURE) / 2 : 0;
  spokes.forEach((spoke, i) => {
    const { x, y } = points[i] as { x: number; y: number };
    lines.append(
      svg("line", {
        x1: centre.x,
        y1: centre.y,
        x2: x - aside,
        y2: y,
        class: `dqx-ego-${agreement(now, spoke.label)}`,
        "stroke-width": (0.75 + (1.75 * Math.abs(spoke.relation)) / strongest).toFixed(2),
      }),
    );
  });
  const picture = session.hello?.dataset.kind === "image";
  const middle = h(
    "div",
    {
      class: "dqx-ego-middle",
      title: `this item, labelled ${session.className(now)}`,
      aria: { hidden: "true" },
    },
    thumbnail(session, card.item),
  );
  middle.dataset.label = String(now);
  frameIn(middle);
  put(middle, centre.x, centre.y, box.middleWidth, box.middleHeight);
  const list = h("ul", { class: "dqx-ego-nodes", aria: { label: "Nearest neighbours" } });
  around(spokes).forEach((index, order) => {
    const point = points[index] as { x: number; y: number };
    const made = node(session, spokes[index] as Placed, now, order === 0);
    put(made, point.x, point.y, box.nodeWidth, box.nodeHeight);
    if (!picture) made.classList.add("dqx-ego-text");
    else if (beside(session, box)) made.classList.add("dqx-ego-beside");
    list.append(h("li", {}, made));
  });
  return [lines, middle, list];
}

function node(session: Session, spoke: Placed, now: number, first: boolean): HTMLElement {
  const name = session.className(spoke.label);
  const speaks = { agrees: "same label", conflicts: "another label", unknown: "not comparable" };
  const title = `labelled ${name} (${speaks[agreement(now, spoke.label)]}), similarity ${spoke.similarity.toFixed(3)}`;
  const picture = h("span", { class: "dqx-ego-picture" }, thumbnail(session, spoke.item));
  picture.dataset.label = String(spoke.label);
  frameIn(picture);
  return h(
    "button",
    {
      class: "dqx-ego-node",
      type: "button",
      title,
      tabIndex: first ? 0 : -1,
      data: { dqx: "neighbour-node", item: String(spoke.item), agreement: agreement(now, spoke.label) },
      aria: { label: `${title}: select` },
      on: {
        click: () => session.select(spoke.item),
        pointerenter: () => session.hover(spoke.item),
        pointerleave: () => session.hover(null),
        focus: () => session.hover(spoke.item),
        blur: () => session.hover(null),
      },
    },
    picture,
    h(
      "span",
      { class: "dqx-ego-caption dqx-cut" },
      nameElement(name, session.classes),
      h("span", { class: "dqx-ego-number", text: ` ${spoke.similarity.toFixed(2).replace(/^0/, "")}` }),
    ),
  );
}

/** Frame a picture in the colour of its label, as the theme has it. */
function frameIn(picture: HTMLElement): void {
  picture.style.borderColor = classColour(Number(picture.dataset.label), isDark());
}

function put(element: HTMLElement, x: number, y: number, width: number, height: number): void {
  Object.assign(element.style, {
    left: `${(x - width / 2).toFixed(1)}px`,
    top: `${(y - height / 2).toFixed(1)}px`,
    width: `${width}px`,
    height: `${height}px`,
  });
}
