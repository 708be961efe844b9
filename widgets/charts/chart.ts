/** One plotly figure in its place: asked for when it can be seen, drawn again with the theme, gone with the panel. */

import type { Figure } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { isDark, onTheme } from "../core/ui/theme";
import { plotly } from "./plotly";
import { safe } from "./sanitizer";

const CONFIG = {
  displayModeBar: false,
  // MathJax on the page would typeset labels like "$x$".
  typesetMath: false,
  showTips: false,
  doubleClick: false,
};

export interface Chart {
  element: HTMLElement;
  /** The figure's data changed: ask for it anew if it can be seen, else when it can. */
  refresh(): void;
}

/** Make a chart of the kernel's figure `name`. */
export function makeChart(session: Session, name: string, title: string, signal: AbortSignal): Chart {
  const holder = h("div", { class: "dqx-chart-holder" });
  const word = h("p", { class: "dqx-muted dqx-chart-word", role: "status" });
  const element = h(
    "figure",
    { class: "dqx-chart", data: { dqx: "chart", chart: name } },
    h("figcaption", { text: title }),
    word,
    holder,
  );
  // The drawing says nothing to a screen reader that the lists beside it do not say better.
  holder.setAttribute("aria-hidden", "true");
  let stale = true;
  let turn = 0;
  let figure: Figure | null = null;
  // What the figure was drawn for. One that came while nobody could see it was not drawn, and is when the page is back.
  let width = 0;
  let height = 0;

  const canBeSeen = (): boolean => holder.clientWidth > 0 && holder.clientHeight > 0;

  const load = async (): Promise<void> => {
    if (!stale || !session.scores || !canBeSeen()) return;
    stale = false;
    const mine = ++turn;
    if (!figure) word.textContent = "Loading …";
    try {
      const [made] = await Promise.all([
        session.transport.call("figure", { name, dark: isDark() }),
        plotly(session),
      ]);
      if (mine !== turn || signal.aborted) return;
      figure = { ...made, data: safe(made.data), layout: safe(made.layout) };
      await draw();
      if (mine === turn) word.textContent = "";
    } catch (error) {
      if (mine !== turn || signal.aborted) return;
      word.textContent = `This chart could not be drawn: ${(error as Error).message}`;
    }
  };

  const draw = async (): Promise<void> => {
    if (!figure || !canBeSeen()) return;
    const drawing = await plotly(session);
    if (signal.aborted || !canBeSeen()) return;
    width = holder.clientWidth;
    height = holder.clientHeight;
    const fixed = { width, height, autosize: false, dragmode: false };
    await drawing.react(holder, figure.data, { ...figure.layout, ...fixed }, CONFIG);
    if (signal.aborted) {
      drawing.purge(holder);
      return;
    }
    holder.dataset.drawn = name;
  };

  const refresh = (): void => {
    stale = true;
    void load();
  };

  onTheme(() => {
    // A plot keeps the text colours it was made with; so it is made anew.
    if (holder.dataset.drawn) void plotly(session).then((drawing) => drawing.purge(holder));
    refresh();
  }, signal);
  const observer = globalThis.ResizeObserver
    ? new ResizeObserver(() => {
        if (stale) void load();
        else if (holder.clientWidth !== width || holder.clientHeight !== height) void draw();
      })
    : null;
  observer?.observe(holder);
  signal.addEventListener(
    "abort",
    () => {
      observer?.disconnect();
      if (holder.dataset.drawn) void plotly(session).then((drawing) => drawing.purge(holder));
    },
    { once: true },
  );
  return { element, refresh };
}
