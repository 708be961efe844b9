/** The queue: what comes next, worst first, as a strip or a grid of which only the part in view is in the page. */
import "./queue.css";
import type { Session } from "../core/session/session";
import { setAttribute } from "../core/ui/change";
import { h } from "../core/ui/dom";
import { seeEstimate } from "../core/ui/estimate";
import { keepFocus } from "../core/ui/focus";
import { frame } from "../core/ui/frame";
import { isFor } from "../core/ui/keys";
import type { Panel } from "../core/ui/panel";
import { type Bar, makeBar } from "./bar";
import { type Cover, makeCover, opensPage } from "./cover";
import { whyEmpty } from "./empty";
import { readInput } from "./input";
import { makeLine } from "./line";
import { makeScopeChips } from "./scopes";
import { tileSize } from "./size";
import { makeTile, type Tile } from "./tile";
import { VisibleQueue } from "./visibleQueue";
import { extent, inView, place, type Shape, scrollFor } from "./window";

const GAP = 8;
/** Room above and below the tiles of a strip: the current one's frame. */
const EDGE = 3;
/** From this height of the list on there is room for a second row. */
const GRID_HEIGHT = 240;
/** From this height of the explorer on its tiles have the size that they have elsewhere. */
const ROOMY = 700;
/** Previews of tiles that only rush by are not asked for. */
const SETTLE_MS = 60;

export const Queue: Panel = {
  name: "queue",
  mount(root, session, signal) {
    frame(root, "queue", signal);
    new QueuePanel(root, session, signal);
  },
};

class QueuePanel {
  private readonly area = h("div", { class: "dqx-queue-area", role: "presentation" });
  private readonly list = h(
    "div",
    {
      class: "dqx-queue-list",
      role: "listbox",
      data: { dqx: "queue" },
      aria: { label: "Review queue, worst first", orientation: "horizontal", multiselectable: "true" },
    },
    this.area,
  );
  private readonly empty = h("div", { class: "dqx-queue-empty dqx-muted", hidden: true });
  private readonly line;
  private readonly bar: Bar;
  private readonly cover: Cover;
  private readonly queue;
  private readonly tiles = new Map<number, Tile>();
  private shape: Shape = {
    mode: "strip",
    width: 0,
    height: 0,
    tileWidth: 84,
    tileHeight: 90,
    gap: GAP,
    edge: EDGE,
  };
  private settle: ReturnType<typeof setTimeout> | undefined;
  private frameAsked = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly session: Session,
    private readonly signal: AbortSignal,
  ) {
    this.line = makeLine(session, () => session.left?.stop.cut ?? "");
    this.queue = new VisibleQueue(session);
    this.cover = makeCover(root, signal, () => {
      this.bar.showGrid(this.cover.on);
      this.measure();
    });
    this.bar = makeBar(session, root, signal, {
      onGrid: () => this.cover.set(!this.cover.on),
      pickAll: () => this.pickAll(),
    });
    root.append(makeScopeChips(session, signal), this.bar.element, this.list, this.empty);
    readInput(
      this.list,
      {
        session,
        shown: () => this.queue.items,
        place: (item) => this.queue.place(item),
        shape: () => this.shape,
        open: (item) => this.open(item),
      },
      signal,
    );
    this.list.addEventListener(
      "scroll",
      () => {
        cancelAnimationFrame(this.frameAsked);
        this.frameAsked = requestAnimationFrame(() => this.draw());
      },
      { signal, passive: true },
    );
    this.listen();
    // The line of the stop rule says how many are left below it.
    seeEstimate(root, session, signal);
    const observer = globalThis.ResizeObserver ? new ResizeObserver(() => this.measure()) : null;
    observer?.observe(root);
    signal.addEventListener("abort", () => {
      clearTimeout(this.settle);
      cancelAnimationFrame(this.frameAsked);
      observer?.disconnect();
    });
    this.measure();
    this.fill();
  }

  private listen(): void {
    const { session, signal, queue } = this;
    session.on("current", () => this.showCurrent(), signal);
    session.on("queue", () => this.fill(), signal);
    session.on("picked", () => this.draw(), signal);
    session.on("filter", () => this.showNumbers(), signal);
    session.on(
      "labels",
      (items) => {
        if (items === null) queue.fill();
        else queue.follow(items);
        if (session.filter.hideReviewed || items === null) {
          this.show();
          return;
        }
        this.showNumbers();
        this.draw();
      },
      signal,
    );
    session.on(
      "hello",
      () => {
        // Other items or other class names: no tile can be trusted.
        for (const tile of this.tiles.values()) tile.element.remove();
        this.tiles.clear();
        this.measure();
        this.fill();
      },
      signal,
    );
    // The line of the cut says how many are left below it.
    session.on("left", () => this.line.draw(this.area, queue.items, this.shape), signal);
    // Where only some rows changed, the queue has been told already.
    session.on("scores", (items) => items === null && this.fill(), signal);
    session.on(
      "command",
      (wish) => {
        if (wish.taken || !isFor(this.root, wish.from)) return;
        if (wish.name === "pick-all") wish.taken = this.pickAll();
        else if (wish.name === "escape") wish.taken = this.back();
        else if (opensPage(wish.name)) this.cover.set(false);
      },
      signal,
    );
  }

  /** Pick all that the queue offers, also what is not drawn. */
  private pickAll(): boolean {
    const { queue, drawn, picks } = this.session;
    if (queue.length === 0) return false;
    picks.set(drawn.size === 0 ? queue : queue.filter((item) => this.session.placeAmong(item) !== null));
    return true;
  }

  /** What Escape means here, if anything. */
  private back(): boolean {
    if (this.session.picked.size > 0) this.session.picks.clear();
    else if (this.cover.on) this.cover.set(false);
    else return false;
    return true;
  }

  /** Look at an item: what lies over its card goes. Whether something did. */
  private open(item: number): boolean {
    if (!this.cover.on || this.root.closest(".dqx-explorer") === null) return false;
    this.session.select(item);
    this.cover.set(false);
    return true;
  }

  private get scrolled(): number {
    return this.shape.mode === "strip" ? this.list.scrollLeft : this.list.scrollTop;
  }

  private draw(): void {
    const { session, queue, shape, tiles, area } = this;
    const { items: shown } = queue;
    const { from, to } = inView(shown.length, shape, this.scrolled);
    const wanted = new Set(shown.slice(from, to));
    // The current tile is always in the page: it holds the keyboard's place.
    const current = session.current !== null && queue.place(session.current) >= 0 ? session.current : null;
    if (current !== null) wanted.add(current);
    keepFocus(
      this.root,
      () => {
        for (const [item, tile] of tiles) {
          if (wanted.has(item)) continue;
          tile.element.remove();
          tiles.delete(item);
        }
      },
      () => this.currentTile,
    );
    this.line.draw(area, shown, shape);
    const entry = current ?? shown[from];
    for (const item of wanted) {
      let tile = tiles.get(item);
      if (!tile) {
        tile = makeTile(session, item);
        tiles.set(item, tile);
        area.append(tile.element);
      }
      const position = queue.place(item);
      const { x, y } = place(position, shape);
      const { style } = tile.element;
      const at = `translate(${x}px, ${y}px)`;
      if (style.transform !== at) style.transform = at;
      setAttribute(tile.element, "tabindex", item === entry ? "0" : "-1");
      tile.update(position, shown.length);
    }
    clearTimeout(this.settle);
    this.settle = setTimeout(() => {
      for (const tile of tiles.values()) tile.load();
    }, SETTLE_MS);
  }

  private get currentTile(): HTMLElement | null {
    const { current } = this.session;
    return current === null ? null : (this.tiles.get(current)?.element ?? null);
  }

  private reveal(): void {
    const { session, shape, list } = this;
    const position = session.current === null ? -1 : this.queue.place(session.current);
    if (position < 0 || shape.width === 0) return;
    const target = scrollFor(position, shape, this.scrolled);
    if (shape.mode === "strip") list.scrollLeft = target;
    else list.scrollTop = target;
  }

  /** Another item is current. */
  private showCurrent(): void {
    const page = this.list.getRootNode() as Document | ShadowRoot;
    const focused = this.list.contains(page.activeElement);
    this.queue.follow();
    if (this.session.filter.hideReviewed) this.show();
    else this.bar.update();
    this.reveal();
    this.draw();
    if (focused) this.currentTile?.focus({ preventScroll: true });
  }

  /** Take the queue from the session anew. */
  private fill(): void {
    this.queue.fill();
    this.show();
  }

  private show(): void {
    const none = this.queue.items.length === 0;
    this.empty.hidden = !none;
    this.list.hidden = none;
    if (none) keepFocus(this.root, () => this.empty.replaceChildren(...whyEmpty(this.session, this.signal)));
    this.showNumbers();
    // Measured while it was hidden, the list had no width, and un-hiding it need not resize the panel.
    if (this.list.clientWidth !== this.shape.width) {
      this.measure();
      return;
    }
    this.layOut();
    this.reveal();
    this.draw();
  }

  private showNumbers(): void {
    this.bar.update();
  }

  private layOut(): void {
    const { shape, area } = this;
    const size = extent(this.queue.items.length, shape);
    area.style.width = shape.mode === "strip" ? `${size.width}px` : "100%";
    area.style.height = `${size.height}px`;
  }

  private measure(): void {
    const { root, list, bar, cover } = this;
    const explorer = root.closest(".dqx-explorer");
    const low = explorer !== null && explorer.clientHeight < ROOMY;
    const tile = tileSize(this.session, low && !cover.on);
    bar.fit(root.clientWidth);
    // What the list has for itself, where its host gives the panel a height; in the explorer the list makes it.
    const room = root.clientHeight - bar.element.offsetHeight;
    const tall = cover.on || (explorer === null && room >= GRID_HEIGHT);
    root.classList.toggle("dqx-queue-grid", tall);
    root.classList.toggle("dqx-queue-low", low);
    const strip = tileSize(this.session, low).height + 2 * EDGE;
    root.style.setProperty("--dqx-strip-h", `${strip}px`);
    list.style.setProperty("--dqx-tile-w", `${tile.width}px`);
    list.style.setProperty("--dqx-tile-h", `${tile.height}px`);
    list.style.setProperty("--dqx-tile-picture", `${tile.picture}px`);
    list.setAttribute("aria-orientation", tall ? "vertical" : "horizontal");
    list.classList.toggle("dqx-queue-long", tile.long);
    list.classList.toggle("dqx-queue-words", tile.words);
    this.shape = {
      mode: tall ? "grid" : "strip",
      width: list.clientWidth,
      height: list.clientHeight,
      tileWidth: tile.width,
      tileHeight: tile.height,
      gap: GAP,
      edge: EDGE,
    };
    this.layOut();
    this.reveal();
    this.draw();
  }
}
