/** Label pairs: which labels are taken for which, and how the ranking's numbers are spread. Press a pair to see its items. */
import "./charts.css";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { frame, labelChip } from "../core/ui/frame";
import { command } from "../core/ui/keys";
import type { Panel } from "../core/ui/panel";
import { onTheme } from "../core/ui/theme";
import { makeChart } from "./chart";
import { matrix } from "./matrix";
import { labelPairs, type Pair } from "./pairs";

const SHOWN = 12;
/** Label changes come in bursts; the figures may follow a little later. */
const SOON_MS = 400;
/** The figures are the kernel's, made of all items: they follow when nobody has decided for so long. */
const FIGURES_MS = 2000;

export const Charts: Panel = {
  name: "charts",
  mount(root, session, signal) {
    frame(root, "charts", signal);
    const press = (pair: readonly [number, number]): void => {
      if (togglePair(session, pair)) command("item", root, session);
    };
    const place = h("div", { class: "dqx-matrix" });
    const spread = makeChart(session, "p_error", "How suspicious the labels are", signal);
    const rows = h("ol", { class: "dqx-pairs-rows" });
    const word = h("p", { class: "dqx-muted dqx-chart-word", role: "status" });
    const more = h("button", {
      class: "dqx-button",
      type: "button",
      hidden: true,
      on: {
        click: () => {
          all = !all;
          fill();
        },
      },
    });
    const list = h(
      "section",
      { class: "dqx-pairs", aria: { label: "Label pairs" } },
      h("h4", { class: "dqx-pairs-title", text: "Most frequent pairs" }),
      word,
      rows,
      more,
    );
    root.append(place, list, spread.element);

    let all = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let figures: ReturnType<typeof setTimeout> | undefined;
    /** The list is of before: nobody could see it since. */
    let stale = false;
    const observer = globalThis.ResizeObserver ? new ResizeObserver(() => stale && fill()) : null;
    observer?.observe(root);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        clearTimeout(figures);
        observer?.disconnect();
      },
      { once: true },
    );

    /** Count the pairs of all items: 2 ms for 200,000, so only where they can be seen. */
    const fill = (): void => {
      stale = observer !== null && root.closest("[hidden]") !== null;
      if (stale) return;
      const { labels, scores, filter } = session;
      if (!labels || !scores) {
        word.textContent = session.hello
          ? "The pairs are known once the items are scored."
          : "Waiting for the review …";
        return;
      }
      const pairs = labelPairs(
        labels,
        scores,
        true,
        (item) => session.isReviewed(item) && !session.isWaiting(item),
      );
      word.textContent = pairs.length ? "" : "No label error has a suggested label.";
      more.hidden = pairs.length <= SHOWN;
      more.textContent = all ? "Show fewer" : `Show all ${count(pairs.length)}`;
      const shown = all ? pairs : pairs.slice(0, SHOWN);
      const active = filter.pair;
      // The pair that filters stays in sight even if it is rare.
      const rare = active && pairs.find((p) => p.given === active[0] && p.suggested === active[1]);
      if (rare && !shown.includes(rare)) shown.push(rare);
      const focused = focusedPair(rows);
      keepFocus(
        root,
        () => {
          place.replaceChildren(...(pairs.length > 0 ? [matrix(session, pairs, press)] : []));
          rows.replaceChildren(...shown.map((pair) => h("li", {}, cell(session, pair, press))));
        },
        () => (focused ? rows.querySelector<HTMLElement>(focused) : null),
      );
    };

    const fillSoon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(fill, SOON_MS);
    };

    const refresh = (): void => {
      fill();
      spread.refresh();
    };
    session.on("hello", refresh, signal);
    session.on(
      "scores",
      (items) => {
        clearTimeout(figures);
        if (items === null) {
          refresh();
          return;
        }
        fillSoon();
        figures = setTimeout(() => {
          spread.refresh();
        }, FIGURES_MS);
      },
      signal,
    );
    session.on("filter", fill, signal);
    session.on("labels", fillSoon, signal);
    onTheme(fill, signal);
    refresh();
  },
};

function cell(session: Session, pair: Pair, press: (pair: readonly [number, number]) => void): HTMLElement {
  const { given, suggested } = pair;
  const active = session.filter.pair;
  const on = active !== null && active[0] === given && active[1] === suggested;
  const title = `${session.className(given)} → ${session.className(suggested)}: ${count(pair.count)}, ${count(pair.reviewed)} reviewed`;
  return h(
    "button",
    {
      class: "dqx-button dqx-pairs-cell",
      type: "button",
      title: `${title}. ${on ? "Press to show all pairs again" : "Press to show only these"}`,
      data: { dqx: "pairs-cell", given: String(given), suggested: String(suggested) },
      aria: { pressed: String(on) },
      on: { click: () => press([given, suggested]) },
    },
    labelChip(session, given),
    " → ",
    labelChip(session, suggested),
    ` · ${count(pair.count)}`,
  );
}

/** Filter by a pair, or stop if that is the filter already; whether it is the filter now. */
function togglePair(session: Session, pair: readonly [number, number]): boolean {
  const active = session.filter.pair;
  const same = active !== null && active[0] === pair[0] && active[1] === pair[1];
  if (same) session.setFilter({ pair: null });
  else session.setFilter({ scope: "label", pair });
  return !same;
}

function focusedPair(rows: HTMLElement): string | null {
  const focused = (rows.getRootNode() as Document | ShadowRoot).activeElement;
  if (!(focused instanceof HTMLElement) || !rows.contains(focused)) return null;
  return `[data-given="${focused.dataset.given}"][data-suggested="${focused.dataset.suggested}"]`;
}
