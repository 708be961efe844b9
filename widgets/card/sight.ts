/** Whether the card's item can be seen: drawn by the browser since the last decision, and in sight on the page. */
import type { Session } from "../core/session/session";
import type { Place, Seen } from "../core/session/sight";

/** The item is in sight where half of it is, or so many pixels of its height. */
const HALF = 0.5;
const ENOUGH_PX = 40;
const STEPS = Array.from({ length: 21 }, (_, i) => i / 20);

/** Tells the session what a card shows. */
export interface View {
  /** The card of an item stands there, with what Enter would make of it. */
  put(item: number, suggested: number): void;
  /** The card of another item is on its way. */
  wait(): void;
  /** No card stands there. */
  none(): void;
}

/** Make a view of a card, `body` at `root`, on which `item` shows the item itself. */
export function makeView(
  root: HTMLElement,
  body: HTMLElement,
  item: HTMLElement,
  session: Session,
  signal: AbortSignal,
): View {
  let state: "shown" | "waiting" | "none" = "none";
  let shown = "";
  let drawn = false;
  let turn = 0;
  let frame = 0;
  let inSight = true;
  /** Whether its page was not open when that was seen: once it is, the browser says so a frame later. */
  let wasHidden = false;

  const draw = async (): Promise<void> => {
    drawn = false;
    delete body.dataset.drawn;
    const mine = ++turn;
    cancelAnimationFrame(frame);
    const picture = item.querySelector("img");
    if (picture?.decode) await picture.decode().catch(() => {});
    if (mine !== turn || signal.aborted) return;
    // The frame that is asked for first has yet to be painted; the second comes after that.
    frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => {
        drawn = true;
        body.dataset.drawn = shown.split(" ")[0];
        // What has waited for it is not drawn in the same frame either.
        frame = requestAnimationFrame(() => session.sight.drawn(place));
      });
    });
  };

  const observer = globalThis.IntersectionObserver
    ? new IntersectionObserver(
        (entries) => {
          const last = entries.at(-1);
          if (!last) return;
          const { isIntersecting, intersectionRatio, intersectionRect } = last;
          inSight = isIntersecting && (intersectionRatio >= HALF || intersectionRect.height >= ENOUGH_PX);
          wasHidden = isHidden(root);
        },
        { threshold: STEPS },
      )
    : null;
  observer?.observe(item);
  signal.addEventListener(
    "abort",
    () => {
      observer?.disconnect();
      cancelAnimationFrame(frame);
    },
    { once: true },
  );

  const place: Place = {
    of(wanted): Seen {
      if (!root.isConnected || state === "none") return "none";
      if (isHidden(root) || isBehind(root) || isCovered(root, item)) return "away";
      if (!inSight) return wasHidden ? "coming" : "away";
      return state === "shown" && drawn && shown.startsWith(`${wanted} `) ? "here" : "coming";
    },
    decided() {
      void draw();
      return true;
    },
    reveal() {
      if (isBehind(root)) return "Leave the full screen to see it.";
      // Behind another tab: the explorer brings it to the front.
      if (isHidden(root)) root.dispatchEvent(new CustomEvent("dqx-show", { bubbles: true }));
      if (isCovered(root, item)) return "Close what lies over its card.";
      root.scrollIntoView?.({ block: "nearest" });
      return "Look at its card, then press the key again.";
    },
  };
  session.sight.add(place, signal);

  return {
    put(now, suggested) {
      const key = `${now} ${suggested}`;
      if (state === "shown" && shown === key) return;
      state = "shown";
      shown = key;
      void draw();
    },
    wait() {
      state = "waiting";
      session.sight.drawn(place);
    },
    none() {
      state = "none";
      session.sight.drawn(place);
    },
  };
}

/** Whether the card stands on a page that is not open. */
function isHidden(root: HTMLElement): boolean {
  return root.closest("[hidden]") !== null;
}

/** Whether something fills the screen that does not hold the card. */
function isBehind(root: HTMLElement): boolean {
  const full = document.fullscreenElement;
  if (!full || full.contains(root)) return false;
  // Of what lies in a shadow tree the document names the host.
  const page = root.getRootNode();
  if (!(page instanceof ShadowRoot) || !full.contains(page.host)) return true;
  return page.fullscreenElement !== null && !page.fullscreenElement.contains(root);
}

/** Whether something of the explorer (the help, what helped) lies over the middle of the item. */
function isCovered(root: HTMLElement, item: HTMLElement): boolean {
  const page = root.getRootNode() as Document | ShadowRoot;
  const explorer = root.closest(".dqx-explorer");
  if (!explorer || !page.elementFromPoint) return false;
  const { left, top, width, height } = item.getBoundingClientRect();
  const there = page.elementFromPoint(left + width / 2, top + height / 2);
  return there !== null && explorer.contains(there) && !there.contains(root) && !root.contains(there);
}
