/** The card: one item, what its label is and may be, how sure and why, and the buttons that decide. */
import "./card.css";
import "./item.css";
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
import { makeSpoken } from "../core/ui/spoken";
import { onTheme } from "../core/ui/theme";
import { comparison, FEW } from "./comparison";
import { makeDecisions } from "./decisions";
import { contentOf, isWords, itemView } from "./item";
import { makeCardPage } from "./page";
import { NextPreviews } from "./previews";
import { raterRows } from "./raters";
import { fillScope, loadScope } from "./scopeSlot";
import { makeView } from "./sight";
import { followSize } from "./size";
import type { TableWish } from "./table";
import { verdict } from "./verdict";
import type { ItemView } from "./view";
import { reasonList, whyLine } from "./why";

/** What lies between the line of why and the buttons, on demand: it stays open from item to item. */
type Open = "" | "reasons" | "nearest";

export const Card: Panel = {
  name: "card",
  mount(root, session, signal) {
    frame(root, "card", signal);
    const placeholder = h("p", { class: "dqx-card-empty dqx-muted" });
    const item = h("div", { class: "dqx-card-item dqx-card-preview" });
    const head = h("div", { class: "dqx-card-head" });
    const line = h("div", { class: "dqx-card-lines" });
    const pairs = h("div", { class: "dqx-card-pairs" });
    const scope = h("div", { class: "dqx-card-scope" });
    /** Where all keys work: the explorer, or the card that stands alone. */
    const around = (): HTMLElement => root.closest<HTMLElement>(".dqx-explorer") ?? root;
    const decisions = makeDecisions(
      session,
      () => {
        if (root.tabIndex < 0) root.tabIndex = -1;
        around().focus({ preventScroll: true });
      },
      signal,
    );
    const body = h(
      "section",
      { class: "dqx-card-body", data: { dqx: "card" }, hidden: true, aria: { label: "Current item" } },
      head,
      item,
      h("div", { class: "dqx-card-rest" }, scope, line, pairs),
      decisions.element,
    );
    root.append(placeholder, body);
    const page = makeCardPage(session, root, body, signal);
    const view = makeView(root, body, item, session, signal);

    let shown: CardData | null = null;
    let own: ItemView | null = null;
    let content = "";
    let compared = "";
    /** What showed the item when the card was filled last. */
    let filled: ItemView | null = null;
    let due = false;
    let open: Open = "";
    let epoch: number | undefined;
    const wish: TableWish = { all: false };
    const previews = new NextPreviews((card) => itemView(session, card, wish));
    signal.addEventListener(
      "abort",
      () => {
        own?.release();
        previews.clear();
      },
      { once: true },
    );

    const toggle = (wanted: Open): void => {
      open = open === wanted ? "" : wanted;
      if (!shown) return;
      fill(shown);
      const hook = wanted === "reasons" ? "more-lines" : "nearest";
      line.querySelector<HTMLElement>(`[data-dqx="${hook}"]`)?.focus({ preventScroll: true });
    };
    head.addEventListener(
      "click",
      (event) => {
        if (event.target instanceof Element && event.target.closest('[data-dqx="p-error"]'))
          toggle("reasons");
      },
      { signal },
    );
    const nearestDoor = (card: CardData): HTMLElement =>
      h(
        "button",
        {
          class: "dqx-link",
          type: "button",
          data: { dqx: "nearest" },
          aria: { expanded: String(open === "nearest") },
          on: { click: () => toggle("nearest") },
        },
        ...(open === "nearest" ? ["close the nearest"] : nearestWords(card)),
      );

    /**
     * Put what is made of `parts` into a place, unless the same stands there for the same item: what is put anew is laid
     * out anew. It is made of copies first, since the parts leave the place that they stand in.
     */
    const put = (
      place: HTMLElement,
      parts: HTMLElement[],
      make: (parts: HTMLElement[]) => HTMLElement,
    ): void => {
      const copy = make(parts.map((part) => part.cloneNode(true) as HTMLElement));
      if (filled === own && place.firstChild?.isEqualNode(copy)) return;
      place.replaceChildren(make(parts));
    };

    /** Everything that follows from the card and from the label columns as they are now. */
    const fill = (card: CardData): void => {
      due = false;
      keepFocus(around(), () => decisions.fill(card));
      const method = focusedMethod();
      const hook = focusedHook();
      const words = isWords(card);
      keepFocus(
        root,
        () => {
          put(head, [decisions.second], ([second]) => verdict(session, card, second as HTMLElement));
          const nearest = words && card.same.length + card.other.length > 0 ? [nearestDoor(card)] : [];
          const doors = [...(own?.doors ?? []), ...nearest];
          put(line, doors, (doors) =>
            whyLine(session, card, doors, open === "reasons", () => toggle("reasons")),
          );
          compare(card, words);
          if (scope.firstChild) scope.replaceChildren();
          fillScope(scope, session, card);
        },
        () => {
          if (method) return body.querySelector<HTMLElement>(`[data-method="${CSS.escape(method)}"]`);
          return hook ? body.querySelector<HTMLElement>(`[data-dqx="${CSS.escape(hook)}"]`) : null;
        },
      );
      filled = own;
      own?.fit();
    };

    /** Fill the card once more at the end of this turn, unless that is done by then: several topics come in one turn. */
    const fillSoon = (): void => {
      if (due) return;
      due = true;
      queueMicrotask(() => {
        if (due && shown && shown.item === session.current) fill(shown);
        due = false;
      });
    };

    /** The reasons where they are asked for; else pictures like it, and texts or rows on demand. */
    const compare = (card: CardData, words: boolean): void => {
      const { given, suggested, same, other } = card;
      const want = open === "nearest" || !words ? "nearest" : "";
      const what = open === "reasons" ? "reasons" : want;
      const key = JSON.stringify([what, words, given, suggested, same, other]);
      pairs.dataset.open = what;
      if (what === "reasons")
        pairs.replaceChildren(...raterRows(session, card.raters), reasonList(session, card));
      else if (what === "") pairs.replaceChildren();
      // Thumbnails that stand there already stay: those drawn anew are empty for a moment.
      else if (key !== compared) pairs.replaceChildren(comparison(session, card, words ? FEW : undefined));
      compared = what === "nearest" ? key : "";
    };

    const focused = (): HTMLElement | null => {
      const now = (root.getRootNode() as Document | ShadowRoot).activeElement;
      return now instanceof HTMLElement && body.contains(now) ? now : null;
    };
    const focusedMethod = (): string => focused()?.dataset.method ?? "";
    const focusedHook = (): string => focused()?.dataset.dqx ?? "";

    /** Whether what is shown is the current item: until then it is dimmed and its buttons do nothing. */
    const settle = (settled: boolean): void => {
      body.classList.toggle("dqx-card-waiting", !settled);
      body.setAttribute("aria-busy", String(!settled));
      decisions.enable(settled);
    };

    const show = (card: CardData): void => {
      const moved = shown?.item !== card.item || epoch !== session.hello?.epoch;
      const now = contentOf(card);
      if (moved || now !== content) {
        const next = previews.take(card);
        keepFocus(root, () => item.replaceChildren(next.element));
        own?.release();
        own = next;
        content = now;
      }
      shown = card;
      epoch = session.hello?.epoch;
      body.dataset.item = String(card.item);
      body.dataset.kind = card.preview.kind;
      body.classList.toggle("dqx-card-words", isWords(card));
      // Seen before it is filled: how much fits is measured.
      body.hidden = false;
      placeholder.hidden = true;
      fill(card);
      settle(true);
      view.put(card.item, card.suggested);
    };

    followCard(
      session,
      {
        show,
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
    followSize(item, session, signal, {
      fit: () => own?.fit(),
      show: (card) => {
        if (shown?.item === card.item && session.current === card.item) show(card);
      },
    });

    // Whether it is a random item follows from the queue.
    session.on("queue", () => shown?.item === session.current && fillSoon(), signal);
    session.on("current", () => decisions.syncNote(), signal);
    session.on(
      "labels",
      (items) => {
        decisions.syncNote();
        // Shown at once from the columns; the card's own words follow with its next answer.
        if (shown && shown.item === session.current && (!items || items.includes(shown.item))) fillSoon();
      },
      signal,
    );
    session.on(
      "command",
      (wish) => {
        if (wish.taken || !isFor(root, wish.from) || body.hidden || page.open) return;
        if (wish.name === "page-next" || wish.name === "page-back") {
          own?.turn?.(wish.name === "page-next" ? 1 : -1);
          // Where the text has no other page the key must not scroll the notebook either.
          wish.taken = true;
        }
      },
      signal,
    );
    onTheme(() => {
      const card = shown;
      if (!card) return;
      compared = "";
      const next = itemView(session, card, wish);
      item.replaceChildren(next.element);
      own?.release();
      own = next;
      fill(card);
    }, signal);
    placeNotice(root, session, signal);
    // In the explorer that speaks, whichever page is open.
    if (!root.closest(".dqx-explorer")) root.append(makeSpoken(root, session, signal));
  },
};

/** What the door to the nearest items says; the end of it goes where there is little room. */
function nearestWords(card: CardData): (string | HTMLElement)[] {
  const thing = card.preview.kind === "text" ? "texts" : card.preview.kind === "table" ? "rows" : "items";
  const n = Math.min(FEW, Math.max(card.same.length, card.other.length));
  const pair = card.suggested >= 0 && card.suggested !== card.given && card.given >= 0;
  const rest = h("span", { class: "dqx-card-of-either", text: " of either label" });
  return [`${n} nearest ${thing}`, ...(pair ? [rest] : [])];
}
