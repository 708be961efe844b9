/** The queue: what comes next, worst first, as a strip or a grid of which only the part in view is in the page. */
import "./queue.css";
import { acceptSuggestion } from "../core/session/actions";
import { AUDIT } from "../core/session/randomCheck";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { frame } from "../core/ui/frame";
import type { Panel } from "../core/ui/panel";
import { makeBar } from "./bar";
import { makeLine } from "./dial";
import { makeStop } from "./stop";
import { makeTile, type Tile } from "./tile";
import { VisibleQueue } from "./visibleQueue";
import { columns, extent, inView, place, type Shape, scrollFor } from "./window";

const GAP = 8;
/** From this height of the list on there is room for a second row. */
const GRID_HEIGHT = 190;
/** Previews of tiles that only rush by are not asked for. */
const SETTLE_MS = 60;

export const Queue: Panel = {
  name: "queue",
  mount(root, session, signal) {
    frame(root, "queue", signal);
    const area = h("div", { class: "dqx-queue-area", role: "presentation" });
    const list = h(
      "div",
      {
        class: "dqx-queue-list",
        role: "listbox",
        data: { dqx: "queue" },
        aria: { label: "Review queue, worst first", orientation: "horizontal" },
      },
      area,
    );
    const empty = h("div", { class: "dqx-queue-empty dqx-muted", role: "status", hidden: true });
    const stop = makeStop(session);
    const line = makeLine(session, () => session.left?.stop.cut ?? "");
    const bar = makeBar(session, root, signal, (grid) => {
      root.classList.toggle("dqx-queue-tall", grid);
      measure();
    });
    root.append(bar.element, bar.left, stop.line, list, empty);

    const queue = new VisibleQueue(session);
    const tiles = new Map<number, Tile>();
    let shape: Shape = { mode: "strip", width: 0, height: 0, tileWidth: 62, tileHeight: 84, gap: GAP };
    let settle: ReturnType<typeof setTimeout> | undefined;
    let frameAsked = 0;
    signal.addEventListener("abort", () => {
      clearTimeout(settle);
      cancelAnimationFrame(frameAsked);
      observer?.disconnect();
    });

    const scroll = (): number => (shape.mode === "strip" ? list.scrollLeft : list.scrollTop);

    const draw = (): void => {
      const { items: shown } = queue;
      const { from, to } = inView(shown.length, shape, scroll());
      const wanted = new Set(shown.slice(from, to));
      // The current tile is always in the page: it holds the keyboard's place.
      const current = session.current !== null && queue.place(session.current) >= 0 ? session.current : null;
      if (current !== null) wanted.add(current);
      keepFocus(
        root,
        () => {
          for (const [item, tile] of tiles) {
            if (wanted.has(item)) continue;
            tile.element.remove();
            tiles.delete(item);
          }
        },
        () => currentTile(),
      );
      line.draw(area, shown, shape);
      stop.draw(area, shown, shape);
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
        tile.element.style.transform = `translate(${x}px, ${y}px)`;
        tile.element.tabIndex = item === entry ? 0 : -1;
        tile.update(item === session.current, position, shown.length);
      }
      clearTimeout(settle);
      settle = setTimeout(() => {
        for (const tile of tiles.values()) tile.load();
      }, SETTLE_MS);
    };

    const currentTile = (): HTMLElement | null =>
      session.current === null ? null : (tiles.get(session.current)?.element ?? null);

    const reveal = (): void => {
      const position = session.current === null ? -1 : queue.place(session.current);
      if (position < 0 || shape.width === 0) return;
      const target = scrollFor(position, shape, scroll());
      if (shape.mode === "strip") list.scrollLeft = target;
      else list.scrollTop = target;
    };

    /** Take the queue from the session anew. */
    const fill = (): void => {
      queue.fill();
      show();
    };

    const show = (): void => {
      const none = queue.items.length === 0;
      empty.hidden = !none;
      list.hidden = none;
      if (none) keepFocus(root, () => empty.replaceChildren(...whyEmpty(session, bar.audit)));
      bar.update();
      stop.update();
      // Measured while it was hidden, the list had no width, and un-hiding it need not resize the panel.
      if (list.clientWidth !== shape.width) {
        measure();
        return;
      }
      layOut();
      reveal();
      draw();
    };

    const layOut = (): void => {
      const size = extent(queue.items.length, shape);
      const end = stop.room(shape);
      area.style.width = shape.mode === "strip" ? `${size.width + end.width}px` : "100%";
      area.style.height = `${size.height + end.height}px`;
    };

    const measure = (): void => {
      const tile = tileSize(session);
      // What the list has for itself, where its host gives the panel a height; in the explorer the list makes it.
      const room =
        root.clientHeight - bar.element.offsetHeight - bar.left.offsetHeight - stop.line.offsetHeight;
      const hosted = root.closest(".dqx-explorer") === null;
      const tall = root.classList.contains("dqx-queue-tall") || (hosted && room >= GRID_HEIGHT);
      root.classList.toggle("dqx-queue-grid", tall);
      list.style.setProperty("--dqx-tile-w", `${tile.width}px`);
      list.style.setProperty("--dqx-tile-h", `${tile.height}px`);
      list.style.setProperty("--dqx-tile-picture", `${tile.picture}px`);
      list.setAttribute("aria-orientation", tall ? "vertical" : "horizontal");
      list.classList.toggle("dqx-queue-long", tile.long);
      shape = {
        mode: tall ? "grid" : "strip",
        width: list.clientWidth,
        height: list.clientHeight,
        tileWidth: tile.width,
        tileHeight: tile.height,
        gap: GAP,
      };
      layOut();
      reveal();
      draw();
    };

    const select = (item: number | undefined): void => {
      if (item !== undefined) session.select(item);
    };

    list.addEventListener(
      "scroll",
      () => {
        cancelAnimationFrame(frameAsked);
        frameAsked = requestAnimationFrame(draw);
      },
      { signal, passive: true },
    );
    const itemAt = (event: Event): number | undefined => {
      const tile = event.target instanceof Element ? event.target.closest<HTMLElement>(".dqx-tile") : null;
      return tile ? Number(tile.dataset.item) : undefined;
    };
    list.addEventListener("click", (event) => select(itemAt(event)), { signal });
    list.addEventListener("pointerover", (event) => session.hover(itemAt(event) ?? null), { signal });
    list.addEventListener("pointerleave", () => session.hover(null), { signal });
    list.addEventListener(
      "keydown",
      (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
        const item = itemAt(event);
        if (item === undefined) return;
        const { items: shown } = queue;
        const at = Math.max(0, queue.place(session.current ?? item));
        const page = Math.max(1, Math.floor(shape.width / (shape.tileWidth + GAP)) - 1);
        const row = shape.mode === "grid" ? columns(shape) : 0;
        const moves: Record<string, number> = {
          Home: 0,
          End: shown.length - 1,
          PageUp: Math.max(0, at - page),
          PageDown: Math.min(shown.length - 1, at + page),
          ...(row ? { ArrowUp: at - row, ArrowDown: at + row } : {}),
        };
        const move = moves[event.key];
        if (move !== undefined) select(shown[move]);
        else if (event.key === "Enter" || event.key === " ") {
          // On the current tile Enter decides, as it does everywhere else; on another it selects.
          if (item !== session.current) select(item);
          else if (event.key === "Enter" && !event.repeat) acceptSuggestion(session);
        } else return;
        event.preventDefault();
        event.stopPropagation();
      },
      { signal },
    );

    session.on(
      "current",
      () => {
        const page = list.getRootNode() as Document | ShadowRoot;
        const focused = list.contains(page.activeElement);
        queue.follow();
        if (session.filter.hideReviewed) show();
        else bar.update();
        stop.update();
        reveal();
        draw();
        if (focused) currentTile()?.focus({ preventScroll: true });
      },
      signal,
    );
    session.on("queue", fill, signal);
    session.on(
      "left",
      () => {
        stop.update();
        layOut();
        draw();
      },
      signal,
    );
    session.on(
      "filter",
      () => {
        bar.update();
        stop.update();
      },
      signal,
    );
    session.on(
      "labels",
      (items) => {
        if (items === null) queue.fill();
        else queue.follow(items);
        if (session.filter.hideReviewed || items === null) {
          show();
          return;
        }
        bar.update();
        stop.update();
        draw();
      },
      signal,
    );
    session.on(
      "hello",
      () => {
        // Other items or other class names: no tile can be trusted.
        for (const tile of tiles.values()) tile.element.remove();
        tiles.clear();
        measure();
        fill();
      },
      signal,
    );
    // Where only some rows changed, the queue has been told already.
    session.on("scores", (items) => items === null && fill(), signal);

    const observer = globalThis.ResizeObserver ? new ResizeObserver(() => measure()) : null;
    observer?.observe(root);
    measure();
    fill();
  },
};

/** Room for a tile: pictures with short labels are narrow, long labels take two lines, texts need width. */
function tileSize(session: Session): { width: number; height: number; picture: number; long: boolean } {
  const dataset = session.hello?.dataset;
  const longest = Math.max(0, ...(dataset?.classes ?? []).slice(0, 500).map((name) => name.length));
  const long = longest > 3 || (dataset?.unlabelled ?? 0) > 0;
  const width = dataset && dataset.kind !== "image" ? 136 : long ? 84 : 62;
  const picture = width === 136 ? 62 : width;
  return { width, picture, height: picture + 8 + (long ? 30 : 16), long };
}

function whyEmpty(session: Session, audit: () => Promise<void>): Node[] {
  if (!session.scores) return [h("span", { text: "The queue fills when the items are scored." })];
  const { suspects, cut, pair, items, hideReviewed } = session.filter;
  if (!suspects && cut === null && !pair && !items && !hideReviewed)
    return [h("span", { text: "There is nothing to review." })];
  if (suspects && !pair && !items && session.passing === 0)
    return [
      h("span", { text: "No suspects. To be sure, look at a random sample. " }),
      act(`Audit ${AUDIT} at random`, "audit-none", () => void audit()),
    ];
  return [
    h("span", { text: hideReviewed ? "Nothing is left to review here. " : "No item passes the filter. " }),
    act("Show all", "show-all", () => {
      if (session.chosen.length) session.choose([]);
      session.setFilter({ suspects: false, pair: null, items: null, hideReviewed: false });
    }),
  ];
}

function act(text: string, hook: string, click: () => void): HTMLElement {
  return h("button", { class: "dqx-button", type: "button", text, data: { dqx: hook }, on: { click } });
}
