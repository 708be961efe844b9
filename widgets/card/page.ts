/** A method's page on the card: it takes the place of all that is read there, and of the buttons. */
import type { Session } from "../core/session/session";
import { isFor } from "../core/ui/keys";
import { type MethodPageView, makeMethodPage } from "../methods/page";

export interface CardPage {
  /** Whether a page lies there. */
  readonly open: boolean;
}

/** Add the page to the card's body, and open it from whatever there has a `data-method`. */
export function makeCardPage(
  session: Session,
  root: HTMLElement,
  body: HTMLElement,
  signal: AbortSignal,
): CardPage {
  const page: MethodPageView = makeMethodPage(session, {
    shown(open) {
      // What decides by key would be about an item whose card nobody sees.
      if (open) page.element.dataset.dqxCover = "";
      else delete page.element.dataset.dqxCover;
      for (const part of body.children)
        if (part instanceof HTMLElement && part !== page.element) part.hidden = open;
      root.classList.toggle("dqx-card-reading", open);
      if (open) session.emit("opened", page.element);
    },
    // The line that was pressed may have been drawn anew since.
    back: (name) => body.querySelector<HTMLElement>(`[data-method="${CSS.escape(name)}"]`) ?? root,
  });
  body.append(page.element);
  body.addEventListener(
    "click",
    (event) => {
      const line =
        event.target instanceof Element ? event.target.closest<HTMLElement>("[data-method]") : null;
      if (line?.dataset.method && line !== page.element) void page.open(line.dataset.method);
    },
    { signal },
  );
  session.on("current", () => page.close(), signal);
  session.on(
    "opened",
    (other) => {
      if (other !== page.element && root.closest(".dqx-explorer")?.contains(other)) page.close();
    },
    signal,
  );
  session.on(
    "command",
    (wish) => {
      if (wish.taken || page.element.hidden || !isFor(root, wish.from)) return;
      // The relation map is to be seen where the page lies: it goes, and the key does what it is for.
      if (wish.name === "escape") wish.taken = true;
      else if (wish.name !== "neighbours") return;
      page.close();
    },
    signal,
  );
  return {
    get open() {
      return !page.element.hidden;
    },
  };
}
