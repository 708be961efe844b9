/** What mouse and keyboard do in the list of tiles: one item becomes current, or several are picked. */
import { acceptSuggestion } from "../core/session/actions";
import type { Session } from "../core/session/session";
import { columns, type Shape } from "./window";

export interface InputOptions {
  session: Session;
  /** The items as they are shown, in order. */
  shown(): readonly number[];
  /** Place of an item among them, or -1. */
  place(item: number): number;
  shape(): Shape;
  /** The item is to be looked at: it was pressed twice, or Enter was pressed on it in a grid. Whether somebody did that. */
  open(item: number): boolean;
}

/** Listen to the list until the signal ends. */
export function readInput(list: HTMLElement, options: InputOptions, signal: AbortSignal): void {
  const { session, shown, place } = options;

  /** Where a range of picks begins. */
  const from = (): number => {
    const { from: picked } = session.picks;
    const begins = [picked, session.current].map((item) => (item === null ? -1 : place(item)));
    return begins.find((at) => at >= 0) ?? 0;
  };
  const pickTo = (to: number): void => {
    if (to >= 0) session.picks.range(shown(), from(), to);
  };

  list.addEventListener(
    "click",
    (event) => {
      const item = itemAt(event);
      if (item === undefined) return;
      if (event.shiftKey) pickTo(place(item));
      else if (event.ctrlKey || event.metaKey) session.picks.toggle(item);
      else session.select(item);
    },
    { signal },
  );
  // Shift and a press would mark text from here to there.
  list.addEventListener("mousedown", (event) => event.shiftKey && event.preventDefault(), { signal });
  list.addEventListener(
    "dblclick",
    (event) => {
      const item = itemAt(event);
      if (item !== undefined && !event.shiftKey && !event.ctrlKey && !event.metaKey) options.open(item);
    },
    { signal },
  );
  list.addEventListener("pointerover", (event) => session.hover(itemAt(event) ?? null), { signal });
  list.addEventListener("pointerleave", () => session.hover(null), { signal });

  /** The place that a key leads to; undefined for other keys. */
  const leadsTo = (key: string, at: number): number | undefined => {
    const shape = options.shape();
    const last = shown().length - 1;
    const across = columns(shape);
    const page =
      shape.mode === "grid"
        ? across * Math.max(1, Math.floor(shape.height / (shape.tileHeight + shape.gap)) - 1)
        : Math.max(1, Math.floor(shape.width / (shape.tileWidth + shape.gap)) - 1);
    const places: Record<string, number> = {
      Home: 0,
      End: last,
      PageUp: Math.max(0, at - page),
      PageDown: Math.min(last, at + page),
      ...(shape.mode === "grid" ? { ArrowUp: at - across, ArrowDown: at + across } : {}),
    };
    return places[key];
  };
  /** Whether the key meant something here. */
  const press = (event: KeyboardEvent, item: number): boolean => {
    const at = Math.max(0, place(session.current ?? item));
    const to = leadsTo(event.key, at);
    // With Shift the arrows move the map.
    if (to !== undefined && event.shiftKey && event.key.startsWith("Arrow")) return false;
    if (to !== undefined) {
      const next = shown()[to];
      if (next === undefined) return true;
      if (event.shiftKey) pickTo(to);
      session.select(next);
      return true;
    }
    if (event.shiftKey) return false;
    if (event.key === " ") {
      if (!event.repeat) session.picks.toggle(item);
      return true;
    }
    if (event.key !== "Enter") return false;
    // On the current tile Enter decides, as it does everywhere else; on another it selects.
    if (item !== session.current) session.select(item);
    else if (!event.repeat && !options.open(item)) acceptSuggestion(session);
    return true;
  };
  list.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const item = itemAt(event);
      if (item === undefined || !press(event, item)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal },
  );
}

function itemAt(event: Event): number | undefined {
  const tile = event.target instanceof Element ? event.target.closest<HTMLElement>(".dqx-tile") : null;
  return tile ? Number(tile.dataset.item) : undefined;
}
