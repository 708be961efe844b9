/**
 * The page behind the Details button: it takes the place of everything below the head until it is closed. The wish
 * "details" opens it, "details-…" at a section of it.
 */

import type { Session } from "../core/session/session";
import { makeDialog } from "../core/ui/dialog";
import { h } from "../core/ui/dom";
import { isFor } from "../core/ui/keys";
import type { Panel } from "../core/ui/panel";

export interface DetailsPage {
  element: HTMLElement;
  /** The button that opens and closes it. */
  button: HTMLElement;
}

/** Make the page over `below`, hidden; its panel is mounted when it is first opened. */
export function makeDetailsPage(
  root: HTMLElement,
  panel: Panel,
  below: readonly HTMLElement[],
  session: Session,
  signal: AbortSignal,
): DetailsPage {
  const place = h("div");
  let mounted = false;
  const { element, opener, close, pane } = makeDialog({
    root,
    session,
    signal,
    class: "dqx-details-page",
    hook: "details-page",
    label: "Details",
    closeHook: "details-close",
    openerHook: "details",
    changed(on) {
      // What decides by key would be about an item that nobody sees.
      if (on) element.dataset.dqxCover = "";
      else delete element.dataset.dqxCover;
      for (const part of below) part.hidden = on;
      if (!on || mounted) return;
      mounted = true;
      element.append(place);
      panel.mount(place, session, signal);
    },
  });
  opener.textContent = "Details";
  opener.title = "What ran and how, the methods, when to stop, how the labels look as a whole";
  element.append(h("div", { class: "dqx-details-head" }, h("strong", { text: "Details" }), close));
  // Something below has to be seen.
  root.addEventListener("dqx-show", () => pane.show(false), { signal });
  session.on(
    "command",
    (wish) => {
      const [name, section] = wish.name.split("-", 2);
      if (name !== "details" || wish.taken || !isFor(root, wish.from)) return;
      wish.taken = true;
      pane.show(true);
      if (section) place.dispatchEvent(new CustomEvent("dqx-section", { detail: section }));
    },
    signal,
  );
  return { element, button: opener };
}
