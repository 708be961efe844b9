/** The card: one item, what its label is and may be, how sure and why, and the buttons that decide. */
import "./card.css";
import "./facts.css";
import "./decisions.css";
import "./conflict.css";
import type { Card as CardData } from "../core/kernel/schema";
import { followCard } from "../core/session/currentCard";
import { h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { frame } from "../core/ui/frame";
import { isFor } from "../core/ui/keys";
import { placeNotice } from "../core/ui/notice";
import type { Panel } from "../core/ui/panel";
import { onTheme } from "../core/ui/theme";
import { makeMethodPage } from "../methods/page";
import { comparison } from "./comparison";
import { makeDecisions } from "./decisions";
import { badges, evidence, LINES, meter, standingLine, verdict } from "./facts";
import { NextPreviews } from "./previews";
import { fillScope, loadScope } from "./scopeSlot";
import { makeView } from "./sight";

/**
 * What is tried in turn until it fits whole: fewer lines of evidence, then fewer texts in the comparison (`tight`; pictures
 * stay). Whoever asks for every line scrolls.
 */
const FITS = [
  { lines: LINES, tight: false },
  { lines: 2, tight: false },
  { lines: 2, tight: true },
  { lines: 1, tight: true },
  { lines: 0, tight: true },
];
const EVERY = { lines: Number.POSITIVE_INFINITY, tight: false };

export const Card: Panel = {
  name: "card",
  mount(root, session, signal) {
    frame(root, "card", signal);
    const placeholder = h("p", { class: "dqx-card-empty dqx-muted", role: "status" });
    const preview = h("div", { class: "dqx-card-preview" });
    const facts = h("div", { class: "dqx-card-facts" });
    const pairs = h("div", { class: "dqx-card-pairs" });
    const scope = h("div", { class: "dqx-card-scope" });
    const decisions = makeDecisions(
      session,
      () => {
        if (root.tabIndex < 0) root.tabIndex = -1;
        root.focus({ preventScroll: true });
      },
      signal,
    );
    const read = h("div", { class: "dqx-card-read" }, preview, facts);
    const page = makeMethodPage(session, {
      shown(open) {
        read.hidden = open;
        pairs.hidden = open;
        scope.hidden = open;
        // What decides by key would be about an item whose card nobody sees.
        if (open) page.element.dataset.dqxCover = "";
        else delete page.element.dataset.dqxCover;
        // It may be long, and the buttons are about an item that is not in sight.
        decisions.element.hidden = open;
        root.classList.toggle("dqx-card-reading", open);
        if (open) session.emit("opened", page.element);
      },
      // The line that was pressed may have been drawn anew since.
      back: (name) => facts.querySelector<HTMLElement>(`[data-method="${CSS.escape(name)}"]`) ?? root,
    });
    facts.addEventListener(
      "click",
      (event) => {
        const line =
          event.target instanceof Element ? event.target.closest<HTMLElement>("[data-method]") : null;
        if (line?.dataset.method) void page.open(line.dataset.method);
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
    // Whether it is a random item follows from the queue.
    session.on("queue", () => shown?.item === session.current && shown && fillFacts(shown), signal);
    session.on(
      "command",
      (wish) => {
        if (wish.taken || page.element.hidden || !isFor(root, wish.from)) return;
        // The relation map is to be seen where the page lies: it goes, and the key does what it is for.
        if (wish.name === "escape") wish.taken = true;
        else if (wish.name !== "relations") return;
        page.close();
      },
      signal,
    );
    const body = h(
      "section",
      { class: "dqx-card-body", data: { dqx: "card" }, hidden: true, aria: { label: "Current item" } },
      // In the explorer this part scrolls if it must: what is below it stays where it is, and whole.
      read,
      pairs,
      scope,
      page.element,
      decisions.element,
    );
    root.append(placeholder, body);

    let shown: CardData | null = null;
    let allLines = false;
    /** Width and height that the lines were fitted to. */
    let fitted = "";
    let refitting = 0;
    let epoch: number | undefined;
    let release = (): void => {};
    const previews = new NextPreviews();
    const view = makeView(root, body, preview, session, signal);
    signal.addEventListener(
      "abort",
      () => {
        release();
        previews.clear();
      },
      { once: true },
    );

    /** The method whose line has the focus, so that it has it still when the lines are drawn anew. */
    const focusedMethod = (): string => {
      const now = (root.getRootNode() as Document | ShadowRoot).activeElement;
      return facts.contains(now) ? ((now as HTMLElement).dataset.method ?? "") : "";
    };

    const factsOf = (card: CardData, lines: number): HTMLElement[] => {
      const more = (): void => {
        allLines = !allLines;
        fillFacts(card);
        facts.querySelector<HTMLElement>('[data-dqx="more-lines"]')?.focus({ preventScroll: true });
      };
      const parts = [
        standingLine(session, card),
        verdict(session, card),
        meter(session, card),
        evidence(session, card, lines, more),
        badges(card),
      ];
      return parts.filter((part) => part !== null);
    };

    /** Everything that follows from the card and from the label columns as they are now. */
    const fillFacts = (card: CardData): void => {
      decisions.fill(card);
      keepFocus(root, () => {
        scope.replaceChildren();
        fillScope(scope, session, card);
      });
      const method = focusedMethod();
      body.classList.remove("dqx-card-scrolls");
      const overflows = (): boolean => read.scrollHeight > read.clientHeight;
      keepFocus(
        root,
        () => {
          for (const { lines, tight } of allLines ? [EVERY] : FITS) {
            body.classList.toggle("dqx-card-tight", tight);
            facts.replaceChildren(...factsOf(card, lines));
            if (!overflows()) break;
          }
        },
        () =>
          method === "" ? null : facts.querySelector<HTMLElement>(`[data-method="${CSS.escape(method)}"]`),
      );
      body.classList.toggle("dqx-card-scrolls", overflows());
      fitted = sizeOfRead();
      // What fills in this turn is measured with the next frame: an observer misses what is as it was by then.
      cancelAnimationFrame(refitting);
      refitting = requestAnimationFrame(refit);
    };
    const sizeOfRead = (): string => `${read.clientWidth} ${read.clientHeight}`;
    const refit = (): void => {
      if (shown && !read.hidden && !signal.aborted && fitted !== sizeOfRead()) fillFacts(shown);
    };
    const observer = globalThis.ResizeObserver ? new ResizeObserver(refit) : null;
    observer?.observe(read);
    signal.addEventListener(
      "abort",
      () => {
        observer?.disconnect();
        cancelAnimationFrame(refitting);
      },
      { once: true },
    );

    /** Whether what is shown is the current item: until then it is dimmed and its buttons do nothing. */
    const settle = (settled: boolean): void => {
      body.classList.toggle("dqx-card-waiting", !settled);
      body.setAttribute("aria-busy", String(!settled));
      decisions.enable(settled);
    };

    followCard(
      session,
      {
        show(card) {
          const moved = shown?.item !== card.item || epoch !== session.hello?.epoch;
          if (moved) {
            const next = previews.take(card);
            preview.replaceChildren(next.element);
            release();
            release = next.release;
          }
          if (moved || !sameItems(shown, card))
            keepFocus(root, () => pairs.replaceChildren(comparison(session, card)));
          shown = card;
          epoch = session.hello?.epoch;
          body.dataset.item = String(card.item);
          body.dataset.kind = card.preview.kind;
          body.classList.toggle("dqx-card-words", /^(text|table|vector)$/.test(card.preview.kind));
          // Seen before it is filled: how many lines fit is measured.
          body.hidden = false;
          placeholder.hidden = true;
          fillFacts(card);
          settle(true);
          view.put(card.item, card.suggested);
        },
        ahead(card) {
          previews.make(card);
          loadScope(session, card);
        },
        wait() {
          settle(false);
          view.wait();
          if (!shown) placeholder.textContent = "Loading the item …";
        },
        none(reason) {
          shown = null;
          view.none();
          body.hidden = true;
          placeholder.hidden = false;
          placeholder.textContent = reason;
        },
      },
      signal,
    );

    session.on("current", () => decisions.syncNote(), signal);
    session.on(
      "labels",
      (items) => {
        decisions.syncNote();
        // Shown at once from the columns; the card's own words follow with its next answer.
        if (shown && shown.item === session.current && (!items || items.includes(shown.item)))
          fillFacts(shown);
      },
      signal,
    );
    onTheme(() => {
      const card = shown;
      if (!card) return;
      fillFacts(card);
      keepFocus(root, () => pairs.replaceChildren(comparison(session, card)));
    }, signal);
    placeNotice(root, session, signal);
  },
};

/** Whether two cards compare the same items under the same labels. */
function sameItems(a: CardData | null, b: CardData): boolean {
  const key = (card: CardData) => JSON.stringify([card.given, card.suggested, card.same, card.other]);
  return a !== null && key(a) === key(b);
}
