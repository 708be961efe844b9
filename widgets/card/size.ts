/** Follows the size of the item's place: what is measured is measured anew, and pictures are asked for as large as they are shown. */
import type { Card } from "../core/kernel/schema";
import type { Session } from "../core/session/session";

/** Pixels a side that are asked for; a few steps, so that not every resizing asks anew. */
const STEPS = [320, 480, 640, 960, 1280];

export function followSize(
  place: HTMLElement,
  session: Session,
  signal: AbortSignal,
  told: { fit(): void; show(card: Card): void },
): void {
  let before = "";
  let asking = 0;
  const sized = (): void => {
    const now = `${place.clientWidth} ${place.clientHeight}`;
    if (now === before || signal.aborted) return;
    before = now;
    told.fit();
    const side = Math.min(place.clientWidth, place.clientHeight) * (globalThis.devicePixelRatio || 1);
    const wanted = STEPS.find((step) => step >= side) ?? (STEPS.at(-1) as number);
    if (!session.wantPictures(wanted)) return;
    const { current } = session;
    if (current === null) return;
    const mine = ++asking;
    session.card(current).then(
      (card) => {
        if (mine === asking && !signal.aborted) told.show(card);
      },
      // Said where the card is asked for next.
      () => {},
    );
  };
  const observer = globalThis.ResizeObserver ? new ResizeObserver(sized) : null;
  observer?.observe(place);
  signal.addEventListener("abort", () => observer?.disconnect(), { once: true });
}
