/** The map's buttons: which items, the lasso, edges, fit, full screen, and a chip for each filter that is on. */

import type { Session } from "../../core/session/session";
import { count, h, key, svg } from "../../core/ui/dom";
import { printed } from "../../core/ui/keys";
import { makeMessage } from "../../core/ui/message";
import { makeChosenChip } from "./selection";

export interface ToolbarState {
  lassoing: boolean;
  conflictsOnly: boolean;
  fullScreen: boolean;
}

export interface ToolbarEvents {
  lasso(): void;
  conflicts(): void;
  fit(): void;
  fullScreen(): void;
  /** The focus goes back to the map. */
  leave(): void;
}

export interface Toolbar {
  element: HTMLElement;
  fill(state: ToolbarState): void;
}

export function makeToolbar(session: Session, signal: AbortSignal, events: ToolbarEvents): Toolbar {
  const suspects = toggle("Suspects", "suspects", "Show the suspects, the rest in the background", () =>
    session.setFilter({ scope: "label" }),
  );
  const all = toggle("All", "all", "Show and queue every item", () => session.setFilter({ scope: "all" }));
  const lasso = toggle(
    "Lasso",
    "lasso",
    "Draw around items to choose them; or drag with Shift",
    events.lasso,
  );
  lasso.append(key(printed("lasso")));
  const conflicts = toggle(
    "Edges to other labels",
    "conflict-edges",
    "Of the edges of the current item, show only those to neighbours with another label",
    events.conflicts,
  );
  const pair = chip("pair-filter", "Show all label pairs again", () => session.setFilter({ pair: null }));
  const only = chip("class-filter", "Show all classes again", () => session.setFilter({ label: null }));
  const highlighted = chip("highlight", "Show all alike again", () => session.highlight([]));
  const chosen = makeChosenChip(session, events.leave);
  const fit = icon("fit", `Show the whole map (${printed("fit")})`, "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4");
  fit.addEventListener("click", events.fit);
  const full = icon("full-screen", "Full screen", "M9 7l5-5M10 2h4v4M7 9l-5 5M2 10v4h4");
  full.addEventListener("click", events.fullScreen);

  // In full screen nothing else says what was done.
  const said = makeMessage(session, signal);
  said.dataset.dqx = "map-said";

  const element = h(
    "div",
    { class: "dqx-map-tools", role: "toolbar", aria: { label: "Map" } },
    suspects,
    all,
    lasso,
    conflicts,
    pair,
    only,
    highlighted,
    chosen.element,
    h("span", { class: "dqx-map-said" }, said),
    h("span", { class: "dqx-map-corner" }, fit, full),
  );

  return {
    element,
    fill(state) {
      const { filter } = session;
      press(suspects, filter.scope === "label" && filter.cut === null);
      press(all, filter.scope === "all");
      press(lasso, state.lassoing);
      press(conflicts, state.conflictsOnly);
      pair.hidden = filter.pair === null;
      if (filter.pair)
        pair.textContent = `${session.className(filter.pair[0])} → ${session.className(filter.pair[1])} only ✕`;
      only.hidden = filter.label === null;
      if (filter.label !== null) only.textContent = `only ${session.className(filter.label)} ✕`;
      const { size } = session.highlighted;
      highlighted.hidden = size === 0;
      highlighted.textContent = `${count(size)} highlighted ✕`;
      press(full, state.fullScreen);
      // The explorer has scopes of its own beside the map, and fills the screen as a whole.
      const inside = element.closest(".dqx-explorer") !== null;
      suspects.hidden = inside;
      all.hidden = inside;
      full.hidden = !document.fullscreenEnabled || inside;
      chosen.fill();
    },
  };
}

function toggle(text: string, name: string, title: string, click: () => void): HTMLButtonElement {
  return h("button", {
    class: "dqx-button",
    type: "button",
    text,
    title,
    data: { dqx: name },
    on: { click },
  });
}

function press(button: HTMLElement, on: boolean): void {
  button.setAttribute("aria-pressed", String(on));
}

function chip(name: string, title: string, click: () => void): HTMLButtonElement {
  const button = toggle("", name, title, click);
  button.classList.add("dqx-map-filter");
  button.hidden = true;
  return button;
}

function icon(name: string, title: string, path: string): HTMLButtonElement {
  const button = toggle("", name, title, () => {});
  button.classList.add("dqx-icon");
  button.setAttribute("aria-label", title);
  const drawing = svg("svg", { width: 14, height: 14, viewBox: "0 0 16 16", "aria-hidden": "true" });
  drawing.append(svg("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.6 }));
  button.append(drawing);
  return button;
}
