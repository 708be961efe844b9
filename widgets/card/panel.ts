/** The card: one item, what its label is and may be, how sure and why, and the buttons that decide. */
import "./card.css";
import { count, h } from "../core/dom";
import { keepFocus } from "../core/focus";
import { frame } from "../core/frame";
import type { Panel } from "../core/panel";
import type { Session } from "../core/session";
import { onTheme } from "../core/theme";
import { Disconnected } from "../core/transport";
import type { Card as CardData } from "../core/types";
import { comparison } from "./comparison";
import { makeDecisions } from "./decide";
import { badges, evidence, meter, previewOf, standingLine, verdict } from "./facts";

/** The next item's card is asked for ahead, once the reader has settled on this one for so long. */
const AHEAD_MS = 150;

export const Card: Panel = {
  name: "card",
  mount(root, session, signal) {
    frame(root, "card", signal);
    const placeholder = h("p", { class: "dqx-card-empty dqx-muted", role: "status" });
    const preview = h("div", { class: "dqx-card-preview" });
    const facts = h("div", { class: "dqx-card-facts" });
    const pair = h("div", { class: "dqx-card-pairs" });
    const decisions = makeDecisions(session, () => {
      if (root.tabIndex < 0) root.tabIndex = -1;
      root.focus({ preventScroll: true });
    });
    const notice = h("p", { class: "dqx-card-notice", role: "status", hidden: true });
    const body = h(
      "section",
      { class: "dqx-card-body", data: { dqx: "card" }, hidden: true, aria: { label: "Current item" } },
      preview,
      facts,
      pair,
      decisions.element,
    );
    root.append(placeholder, body, notice);

    let shown: CardData | null = null;
    let release = (): void => {};
    let epoch: number | undefined;
    let turn = 0;
    let ahead: ReturnType<typeof setTimeout> | undefined;
    signal.addEventListener("abort", () => {
      clearTimeout(ahead);
      release();
    });

    /** Everything that follows from the card and from the label columns as they are now. */
    const fillFacts = (card: CardData): void => {
      const parts = [
        standingLine(session, card),
        verdict(session, card),
        meter(session, card),
        evidence(session, card),
        badges(card),
      ];
      facts.replaceChildren(...parts.filter((part) => part !== null));
      decisions.fill(card);
    };

    const fill = (card: CardData): void => {
      const moved = shown?.item !== card.item || epoch !== session.hello?.epoch;
      if (moved) {
        const next = previewOf(card);
        preview.replaceChildren(next.element);
        release();
        release = next.release;
      }
      if (moved || !sameItems(shown, card))
        keepFocus(root, () => pair.replaceChildren(comparison(session, card)));
      shown = card;
      epoch = session.hello?.epoch;
      body.dataset.item = String(card.item);
      body.dataset.kind = card.preview.kind;
      fillFacts(card);
      body.hidden = false;
      placeholder.hidden = true;
      settle(true);
    };

    /** Whether what is shown is the current item: until then it is dimmed and its buttons do nothing. */
    const settle = (settled: boolean): void => {
      body.classList.toggle("dqx-card-waiting", !settled);
      body.setAttribute("aria-busy", String(!settled));
      decisions.enable(settled);
    };

    const say = (text: string): void => {
      body.hidden = true;
      shown = null;
      placeholder.hidden = false;
      placeholder.textContent = text;
    };

    const look = async (): Promise<void> => {
      const mine = ++turn;
      clearTimeout(ahead);
      const item = session.current;
      if (item === null || !session.hello) {
        say(nothing(session));
        return;
      }
      if (shown?.item !== item) settle(false);
      if (!shown) say(`Loading the item at position ${count(item)} …`);
      try {
        const card = await session.card(item);
        // The selection has moved on, or a label has changed meanwhile: a newer answer is on its way.
        if (mine !== turn || signal.aborted) return;
        fill(card);
        ahead = setTimeout(() => prepare(session), AHEAD_MS);
      } catch (error) {
        if (mine !== turn || signal.aborted) return;
        say(
          error instanceof Disconnected
            ? "No kernel is connected: run the notebook's cell again."
            : `This item's card could not be made: ${(error as Error).message}`,
        );
      }
    };

    /** Several topics often come in one turn (an edit, then a step): look once, after the last. */
    let soon = false;
    const lookSoon = (): void => {
      if (soon) return;
      soon = true;
      queueMicrotask(() => {
        soon = false;
        if (!signal.aborted) void look();
      });
    };

    session.on(
      "current",
      () => {
        decisions.syncNote();
        settle(shown !== null && shown.item === session.current);
        lookSoon();
      },
      signal,
    );
    session.on(
      "labels",
      (items) => {
        decisions.syncNote();
        if (shown && shown.item === session.current && (!items || items.includes(shown.item)))
          fillFacts(shown);
        lookSoon();
      },
      signal,
    );
    session.on("hello", lookSoon, signal);
    session.on("scores", lookSoon, signal);
    onTheme(() => {
      if (!shown) return;
      const card = shown;
      fillFacts(card);
      pair.replaceChildren(comparison(session, card));
    }, signal);
    session.on(
      "notice",
      (message) => {
        // Inside the explorer its own line says it; alone in a cell, nobody else would.
        if (root.closest(".dqx-explorer")) return;
        notice.hidden = false;
        notice.className = `dqx-card-notice dqx-card-notice-${message.kind}`;
        notice.dataset.dqx = "notice";
        notice.replaceChildren(
          h("span", {
            class: "dqx-card-notice-text",
            text: [message.text, message.remedy].filter(Boolean).join(" "),
          }),
          h("button", {
            class: "dqx-button",
            type: "button",
            text: "Dismiss",
            on: { click: () => keepFocus(root, () => (notice.hidden = true)) },
          }),
        );
      },
      signal,
    );
    void look();
  },
};

function nothing(session: Session): string {
  if (!session.hello) return "Waiting for the review …";
  if (!session.scores) return "Nothing is selected. The queue fills when the items are scored.";
  if (session.queue.length === 0) return "Nothing is selected, and no item passes the filter.";
  return "Nothing is selected. Choose an item from the queue or on the map.";
}

function sameItems(a: CardData | null, b: CardData): boolean {
  const items = (card: CardData) => [card.given, card.suggested, ...card.same, -9, ...card.other].join();
  return a !== null && items(a) === items(b);
}

function prepare(session: Session): void {
  if (session.current === null) return;
  const next = session.queue[session.position(session.current) + 1];
  if (next !== undefined && session.position(session.current) >= 0) session.card(next).catch(() => {});
}
