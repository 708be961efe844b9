/**
 * The search box: words, an id or a row. What is found narrows the queue as it is typed; an id or a row that is named whole
 * is gone to with Enter, and a label that is named whole narrows the queue to the items that were given it.
 */
import type { FindReply } from "../core/kernel/schema";
import { Disconnected } from "../core/kernel/transport";
import type { Session } from "../core/session/session";
import { count, h, key, svg } from "../core/ui/dom";
import { isFor, printed } from "../core/ui/keys";

/** Whoever types on is not asked about. */
const PAUSE_MS = 200;
/** An answer that takes so long is said to be on its way. */
const PATIENCE_MS = 150;
/** A number alone, or "row 500": a place to go to, and nothing to narrow the queue by. */
const ROW = /^(row\s+)?\d+$/i;

/** Make the box; `root` is its panel. */
export function makeSearch(session: Session, root: HTMLElement, signal: AbortSignal): HTMLElement {
  return new SearchBox(session, root, signal).element;
}

class SearchBox {
  readonly element: HTMLElement;
  private readonly input;
  private readonly clear;
  private readonly said = h("span", {
    class: "dqx-search-said dqx-muted",
    role: "status",
    data: { dqx: "search-said" },
  });
  /** What the newest question was for; null = nobody searches. */
  private asked: string | null = null;
  private reply: FindReply | null = null;
  private question: AbortController | null = null;
  private pause: ReturnType<typeof setTimeout> | undefined;
  private patience: ReturnType<typeof setTimeout> | undefined;
  /** Whether the queue is narrowed by what was found. */
  private narrows = false;
  /** Enter was pressed before the answer was here. */
  private going = false;

  constructor(
    private readonly session: Session,
    private readonly root: HTMLElement,
    signal: AbortSignal,
  ) {
    this.input = h("input", {
      class: "dqx-search-input",
      type: "text",
      placeholder: "find a text, an id, a row…",
      autocomplete: "off",
      spellcheck: false,
      title: "Words in any order, “a phrase” in quotes, an id, a row of your data (“row 500”), or a label",
      data: { dqx: "search" },
      aria: { label: "Find items by words, an id, a row or a label" },
      on: {
        input: () => this.typed(),
        keydown: (event) => this.pressed(event),
      },
    });
    this.clear = h("button", {
      class: "dqx-search-clear",
      type: "button",
      text: "✕",
      title: "Clear the search",
      hidden: true,
      data: { dqx: "search-clear" },
      aria: { label: "Clear the search" },
      on: { click: () => this.forget() },
    });
    const glass = svg(
      "svg",
      { viewBox: "0 0 16 16", width: 13, height: 13, "aria-hidden": "true" },
      svg("circle", { cx: 6.5, cy: 6.5, r: 4.5, fill: "none", stroke: "currentColor", "stroke-width": 1.6 }),
      svg("path", { d: "M10 10l4.5 4.5", stroke: "currentColor", "stroke-width": 1.6 }),
    );
    this.element = h(
      "label",
      { class: "dqx-search" },
      this.input,
      this.said,
      this.clear,
      key(printed("search")),
    );
    this.element.prepend(glass);
    session.on(
      "command",
      (wish) => {
        if (wish.name !== "search" || wish.taken || !isFor(root, wish.from)) return;
        wish.taken = true;
        this.input.focus();
        this.input.select();
      },
      signal,
    );
    // The filter was taken away elsewhere, or the items stand in another order.
    session.on("filter", (filter) => !filter.found && this.narrows && this.fade(), signal);
    session.on(
      "hello",
      () => this.reply && session.labels?.order !== this.reply.order && this.fade(),
      signal,
    );
    signal.addEventListener("abort", () => this.stop(), { once: true });
  }

  private typed(): void {
    this.stop();
    this.going = false;
    this.clear.hidden = this.input.value === "";
    if (this.input.value.trim() === "") this.forget();
    else this.pause = setTimeout(() => void this.ask(), PAUSE_MS);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") {
      if (this.input.value === "") this.leave();
      else this.forget();
      return;
    }
    const text = this.input.value.trim();
    this.going = text !== "";
    if (text !== "" && (text !== this.asked || this.question !== null)) void this.ask();
    else this.go();
  }

  private async ask(): Promise<void> {
    const { session } = this;
    this.stop();
    const text = this.input.value.trim();
    const question = new AbortController();
    this.question = question;
    this.asked = text;
    this.reply = null;
    this.patience = setTimeout(() => this.say("searching…"), PATIENCE_MS);
    try {
      const reply = await session.transport.call("find", { text }, question.signal);
      if (this.question !== question) return;
      this.stop();
      this.take(text, reply);
    } catch (error) {
      if (this.question !== question) return;
      this.stop();
      this.say(error instanceof Disconnected ? "no kernel is connected" : (error as Error).message);
    }
  }

  private take(text: string, reply: FindReply): void {
    const { session } = this;
    if (reply.order !== session.labels?.order) {
      this.say("the dataset has changed: search again");
      return;
    }
    this.reply = reply;
    const goes = reply.exact.length > 0 && ROW.test(text);
    const n = reply.items.length;
    const found = n === 0 ? "nothing found" : `${count(n)} found`;
    this.say(goes ? "↵ goes there" : this.label() < 0 ? found : "↵ all labelled so");
    this.narrows = !goes;
    if (goes) {
      if (session.filter.found) session.setFilter({ found: null });
    } else session.setFilter({ found: { text, items: new Set(reply.items) } });
    if (this.going) this.go();
  }

  /** Enter: to the item that is named whole, or to what was found. */
  private go(): void {
    const [item] = this.reply?.exact ?? [];
    const label = this.reply ? this.label() : -1;
    this.going = false;
    if (item !== undefined) {
      this.forget();
      this.session.select(item);
    } else if (label >= 0) {
      this.forget();
      this.session.setFilter({ label });
    }
    this.leave();
  }

  /** The class that is named whole, or -1; a number is a row. */
  private label(): number {
    const text = (this.asked ?? "").toLowerCase();
    return ROW.test(text) ? -1 : this.session.classes.findIndex((name) => name.toLowerCase() === text);
  }

  private forget(): void {
    const { session } = this;
    this.fade();
    if (session.filter.found) session.setFilter({ found: null });
  }

  /** Show nothing of a search any more. */
  private fade(): void {
    this.stop();
    this.asked = null;
    this.reply = null;
    this.narrows = false;
    this.input.value = "";
    this.clear.hidden = true;
    this.say("");
  }

  private stop(): void {
    clearTimeout(this.pause);
    clearTimeout(this.patience);
    this.question?.abort();
    this.question = null;
  }

  private say(text: string): void {
    if (this.said.textContent !== text) this.said.textContent = text;
  }

  /** Give the keyboard back: what comes next is to decide. */
  private leave(): void {
    (this.root.closest<HTMLElement>(".dqx-explorer") ?? this.root).focus({ preventScroll: true });
  }
}
