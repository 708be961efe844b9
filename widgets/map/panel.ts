/** The map of all items: says where the suspects are, and lets items be looked at, taken and chosen. */
import "./map.css";
import type { Card } from "../core/kernel/schema";
import { followCard } from "../core/session/currentCard";
import type { Session } from "../core/session/session";
import type { PanelCommand } from "../core/state/topics";
import { count, h } from "../core/ui/dom";
import { frame } from "../core/ui/frame";
import { isFor } from "../core/ui/keys";
import { shortName } from "../core/ui/name";
import type { Panel } from "../core/ui/panel";
import { afterPause, type Pause } from "../core/ui/pause";
import { classColour, isDark, onTheme, PALETTE_LENGTH } from "../core/ui/theme";
import { MapChart } from "./chart";
import { makeLegend } from "./chrome/legend";
import { makeList } from "./chrome/list";
import { makeToolbar } from "./chrome/toolbar";
import { makeTooltip } from "./chrome/tooltip";
import { medians } from "./geometry/medians";
import { edgesOf } from "./layers/edges";
import {
  colourIndex,
  colourIndices,
  emphasis,
  levelOf,
  levels,
  markedItems,
  type Shown,
  shownOf,
} from "./layers/marks";
import { LEVEL } from "./renderers/renderer";

const PAN = 80;
const ZOOM = 1.5;
/** Other labels or another filter for all dots: a run of them is drawn once. */
const SETTLE = 120;
/**
 * Dots of some items have changed. Their marks lie over them and follow soon; the dots themselves are drawn when nothing
 * has changed for so long and the page is idle, since regl-scatterplot takes all points anew: 60 ms of the page for
 * 200,000, which must not fall on a key.
 */
const REST = 3000;
const REST_MOST = 60_000;
/** A decision brings another item, its label, its scores and its edges, one after the other: they are drawn once. */
const SOON = 150;
const SOON_MOST = 500;
/** Letters of a class name that stand on the map. */
const NAME_LENGTH = 22;

export const PointsMap: Panel = {
  name: "map",
  mount(root, session, signal) {
    frame(root, "map", signal);
    new MapPanel(root, session, signal);
  },
};

class MapPanel {
  private readonly view: MapChart;
  private readonly holder = h("div", {
    class: "dqx-map-holder",
    tabIndex: 0,
    role: "application",
    data: { dqx: "map" },
  });
  private readonly foot = h("div", { class: "dqx-map-foot" });
  private readonly hint = h("div", { class: "dqx-map-hint dqx-muted", text: "The map appears here." });
  private readonly tooltip;
  private readonly toolbar;
  private readonly legend;
  private readonly list;
  private conflictsOnly = false;
  /** The current item's card, once it is here: the edges come with it. */
  private card: Card | null = null;
  /** The hovered item if the map itself hovers it: other panels' hovers get a ring and no preview. */
  private pointed: number | null = null;
  /** The item whose place `data-current-at` holds. */
  private told: number | null = null;
  private styling = 0;
  /** Whether scores are shown. */
  private scored = false;
  private readonly dots: Pause;
  private readonly marks: Pause;
  private colours: Uint8Array = new Uint8Array();
  private levels: Uint8Array = new Uint8Array();
  private listing = 0;
  private readonly shown: Shown;

  constructor(
    private readonly root: HTMLElement,
    private readonly session: Session,
    private readonly signal: AbortSignal,
  ) {
    this.dots = afterPause(() => this.showStyle(), REST, REST_MOST, signal, { idle: true });
    this.marks = afterPause(() => this.follow(), SOON, SOON_MOST, signal);
    this.tooltip = makeTooltip(session);
    this.list = makeList(session, signal);
    this.shown = shownOf(session);
    this.legend = makeLegend(session);
    this.toolbar = makeToolbar(session, signal, {
      lasso: () => this.setLasso(!this.view.lassoing),
      conflicts: () => {
        this.conflictsOnly = !this.conflictsOnly;
        this.showTools();
        this.showEdges();
      },
      fit: () => this.view.fit(),
      fullScreen: () => this.toggleFullScreen(),
      leave: () => this.holder.focus({ preventScroll: true }),
    });
    this.root.append(this.holder);
    this.view = new MapChart(
      this.holder,
      {
        hover: (item) => {
          this.pointed = item;
          session.hover(item);
          if (item === null) this.showTooltip();
        },
        click: (item) => {
          this.holder.focus({ preventScroll: true });
          session.select(item);
          this.marks.now();
        },
        lasso: (items) => {
          this.showTools();
          this.holder.focus({ preventScroll: true });
          session.choose(items);
        },
        seen: () => this.seen(),
        insets: () => ({ top: 56, right: 28, bottom: 24 + this.foot.offsetHeight, left: 28 }),
        drawn: (layout, n) => this.drawn(layout, n),
      },
      signal,
    );
    this.foot.append(this.legend.element, this.legend.encodings);
    this.holder.append(this.hint, this.toolbar.element, this.list.element, this.foot, this.tooltip.element);
    this.listen();
    this.showAll();
  }

  private listen(): void {
    const { session, signal } = this;
    session.on("hello", () => this.showAll(), signal);
    session.on("layout", () => this.showLayout(), signal);
    session.on("scores", (items) => (items === null ? this.showScores() : this.restyle(items)), signal);
    session.on("labels", (items) => this.showLabels(items), signal);
    const filtered = (): void => {
      this.legend.press();
      this.showTools();
      this.showStyleSoon();
      this.showEdges();
    };
    session.on("filter", filtered, signal);
    session.on("highlight", filtered, signal);
    session.on("queue", () => this.marks.ask(), signal);
    session.on("chosen", () => this.showTools(), signal);
    session.on("picked", () => this.view.redraw(), signal);
    session.on("current", () => this.marks.ask(), signal);
    const cardOf = (card: Card | null): void => {
      this.card = card;
      this.marks.ask();
    };
    followCard(session, { show: cardOf, wait: () => cardOf(null), none: () => cardOf(null) }, signal);
    session.on(
      "hover",
      (item) => {
        this.view.scene.hovered = this.known(item);
        this.view.redraw();
        this.showTooltip();
      },
      signal,
    );
    session.on("command", (wish) => this.obey(wish), signal);
    onTheme(() => {
      this.view.restyle();
      this.showAll();
    }, signal);
    document.addEventListener("fullscreenchange", () => this.showTools(), { signal });
    signal.addEventListener("abort", () => {
      clearTimeout(this.styling);
      clearTimeout(this.listing);
    });
  }

  /** Keys that only a map can obey. */
  private obey(wish: PanelCommand): void {
    if (!isFor(this.root, wish.from)) return;
    const { view } = this;
    const acts: Record<string, () => void> = {
      lasso: () => this.setLasso(!view.lassoing),
      fit: () => view.fit(),
      "zoom-in": () => view.zoomBy(ZOOM),
      "zoom-out": () => view.zoomBy(1 / ZOOM),
      "pan-left": () => view.panBy(PAN, 0),
      "pan-right": () => view.panBy(-PAN, 0),
      "pan-up": () => view.panBy(0, PAN),
      "pan-down": () => view.panBy(0, -PAN),
    };
    if (!this.root.closest(".dqx-explorer")) acts["full-screen"] = () => this.toggleFullScreen();
    if (view.lassoing) acts.escape = () => this.setLasso(false);
    const act = acts[wish.name];
    if (!act) return;
    act();
    wish.taken = true;
  }

  private showAll(): void {
    this.scored = this.session.scores !== null;
    this.legend.fill();
    this.showTools();
    this.showStyle();
    this.showLayout();
    this.view.scene.current = this.known(this.session.current);
    this.view.scene.picked = this.session.picked;
    this.showEdges();
  }

  /** All scores are new: at once where there were none, else the dots wait as they do for those of some items. */
  private showScores(): void {
    if (!this.scored) {
      this.showAll();
      return;
    }
    this.legend.fill();
    this.showTools();
    this.dots.ask();
    this.marks.ask();
  }

  private showLayout(): void {
    const { layout, labels } = this.session;
    if (!layout || !labels || layout.xy.length !== 2 * labels.given.length) return;
    this.hint.hidden = true;
    const places = medians(layout.xy, labels.current, this.session.classes.length);
    const { classes } = this.session;
    this.view.scene.names = places.map((place) => ({
      ...place,
      name: shortName(this.session.className(place.code), NAME_LENGTH, classes),
    }));
    this.view.setLayout(layout.name, layout.xy);
  }

  /** Labels of these items have changed; null = of all. */
  private showLabels(items: readonly number[] | null): void {
    if (items === null) {
      this.showStyleSoon();
      return;
    }
    this.restyle(items);
    this.marks.ask();
  }

  /** Show the current item, its edges and the marks as they are now. */
  private follow(): void {
    const { current } = this.session;
    const { scene } = this.view;
    const moved = scene.current !== this.known(current);
    scene.current = this.known(current);
    if (this.card?.item !== current) this.card = null;
    if (moved && current !== null) this.view.reveal(current);
    if (moved) this.tellWhere();
    this.showMarks();
    this.showEdges();
  }

  private showStyleSoon(): void {
    clearTimeout(this.styling);
    this.styling = setTimeout(() => this.showStyle(), SETTLE) as unknown as number;
    this.showMarks();
  }

  /** Colours and presence of all dots. */
  private showStyle(): void {
    const { labels, scores } = this.session;
    if (!labels) return;
    this.levels = levels(labels, scores, this.shown);
    this.colours = colourIndices(labels.current, this.levels);
    this.drawStyle();
    this.showMarks();
  }

  /** Colours and presence of the dots of some items; they are drawn later. */
  private restyle(items: readonly number[] | Int32Array): void {
    const { labels, scores } = this.session;
    if (!labels || this.levels.length !== labels.given.length) return;
    for (const item of items) {
      const level = levelOf(item, labels, scores, this.shown);
      this.levels[item] = level;
      this.colours[item] = level === LEVEL.dim ? PALETTE_LENGTH : colourIndex(labels.current[item] as number);
    }
    this.dots.ask();
  }

  private drawStyle(): void {
    clearTimeout(this.styling);
    const dark = isDark();
    const palette = Array.from({ length: PALETTE_LENGTH }, (_, code) => classColour(code, dark));
    palette.push(classColour(-1, dark));
    this.view.setStyle(this.colours, palette, this.levels);
  }

  /** The ringed marks above the dots. */
  private showMarks(): void {
    const { scores, labels, hello, queue } = this.session;
    const { scene } = this.view;
    if (!scores || !labels) return;
    const marked = markedItems(queue, labels, scores, this.shown);
    const calibrated = hello?.calibrated ?? false;
    scene.marked = marked;
    scene.markOf = (item, place) => ({
      fill: labels.current[item] as number,
      ring: scores.suggested[item] as number,
      emphasis: emphasis(item, place, marked.length, scores, calibrated),
      faded: this.session.isReviewed(item) && !this.session.isWaiting(item),
      waiting: this.session.isWaiting(item),
    });
    this.view.redraw();
  }

  /** The current item's edges; those to its neighbours come with its card. */
  private showEdges(): void {
    const edges = edgesOf(this.session, this.card, this.conflictsOnly);
    this.view.scene.edges = edges.filter((edge) => this.known(edge.item) !== null);
    this.view.redraw();
  }

  private showTools(): void {
    this.toolbar.fill({
      lassoing: this.view.lassoing,
      conflictsOnly: this.conflictsOnly,
      fullScreen: document.fullscreenElement === this.root,
    });
  }

  private showTooltip(): void {
    const { hovered } = this.session;
    const fromHere = hovered !== null && (hovered === this.pointed || this.list.element.matches(":focus"));
    const item = fromHere ? this.known(hovered) : null;
    this.tooltip.show(
      item,
      item === null ? null : this.view.whereIs(item),
      this.holder.clientWidth,
      this.holder.clientHeight,
    );
  }

  private setLasso(on: boolean): void {
    this.view.lassoing = on;
    this.showTools();
  }

  private toggleFullScreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    else this.root.requestFullscreen().catch((error: unknown) => this.session.report(error));
  }

  /** What is in sight changed: a quiet moment later the list beside the canvas follows. */
  private seen(): void {
    if (this.session.current !== this.told) this.tellWhere();
    if (!this.tooltip.element.hidden) this.showTooltip();
    clearTimeout(this.listing);
    this.listing = setTimeout(() => {
      this.tellWhere();
      this.list.fill(this.view.inSight);
      const n = this.session.labels?.given.length ?? 0;
      this.holder.setAttribute(
        "aria-label",
        `Map of ${count(n)} items, ${count(this.view.scene.marked.length)} marked. Shift and arrows move it, plus and minus zoom.`,
      );
    }, 300) as unknown as number;
  }

  /** Say on the element where the current item lies: for tests, and for anything that wants to point at it. */
  private tellWhere(): void {
    this.told = this.session.current;
    const at = this.told === null ? null : this.view.whereIs(this.told);
    this.holder.dataset.currentItem = String(this.told);
    if (at) this.holder.dataset.currentAt = `${Math.round(at[0])},${Math.round(at[1])}`;
  }

  private drawn(layout: string, n: number): void {
    this.tellWhere();
    this.holder.dataset.drawn = layout;
    this.holder.dispatchEvent(new CustomEvent("dqx:drawn", { bubbles: true, detail: { layout, n } }));
  }

  /** The item if the layout on screen has it, else null. */
  private known(item: number | null): number | null {
    const n = (this.session.layout?.xy.length ?? 0) / 2;
    return item !== null && item < n ? item : null;
  }
}
