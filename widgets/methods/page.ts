/**
 * A method's own page, as its author wrote it: what a high score means, the formula, when to trust it, where it comes
 * from. It takes the place of what is read beside it and waits for nobody; Escape or its button closes it.
 */
import "./methods.css";
import type { MethodPage } from "../core/kernel/schema";
import { CallError } from "../core/kernel/transport";
import { freshId } from "../core/kernel/wire";
import type { Session } from "../core/session/session";
import { h, key } from "../core/ui/dom";
import { standingWords } from "./words";

/** A source line longer than this was ended for want of room. */
const FULL_LINE = 95;

export interface MethodPageView {
  element: HTMLElement;
  /** Show a method's page and give it the keyboard. */
  open(name: string): Promise<void>;
  /** Put the page away; the keyboard goes back if the page had it. */
  close(): void;
}

export interface MethodPageEvents {
  shown(open: boolean): void;
  /** What its button says: where it leads; "Close" if nothing else. */
  closing?: string;
  /** Where the keyboard goes when a method's page is closed. */
  back(name: string): HTMLElement;
}

export function makeMethodPage(session: Session, events: MethodPageEvents): MethodPageView {
  const heading = h("h3", { class: "dqx-method-title" });
  heading.id = `dqx-method-${freshId().slice(0, 8)}`;
  const close = h("button", {
    class: "dqx-button",
    type: "button",
    text: events.closing ?? "Close",
    data: { dqx: "method-close" },
    on: { click: () => put(false) },
  });
  close.append(key("Esc"));
  const text = h("div", { class: "dqx-method-text" });
  const element = h(
    "section",
    {
      class: "dqx-method",
      role: "dialog",
      tabIndex: -1,
      hidden: true,
      data: { dqx: "method" },
      aria: { labelledby: heading.id },
    },
    h("div", { class: "dqx-method-head" }, heading, close),
    text,
  );
  let name = "";
  let turn = 0;

  const hasFocus = (): boolean =>
    element.contains((element.getRootNode() as Document | ShadowRoot).activeElement);

  const put = (open: boolean): void => {
    if (element.hidden !== open) return;
    const mine = hasFocus();
    element.hidden = !open;
    events.shown(open);
    if (open) return;
    turn++;
    if (!mine) return;
    const place = events.back(name);
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  };

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    put(false);
  });

  return {
    element,
    close: () => put(false),
    async open(wanted) {
      name = wanted;
      const mine = ++turn;
      element.dataset.method = wanted;
      heading.textContent = wanted.replaceAll("_", " ");
      text.replaceChildren(h("p", { class: "dqx-muted", text: "Loading the page …" }));
      put(true);
      element.scrollTop = 0;
      element.focus({ preventScroll: true });
      try {
        const page = await session.transport.call("method", { name: wanted });
        if (mine !== turn) return;
        heading.textContent = page.title;
        text.replaceChildren(...content(page));
      } catch (error) {
        if (mine !== turn) return;
        const remedy = error instanceof CallError ? ` ${error.detail.remedy}` : "";
        const words = `The page could not be shown: ${(error as Error).message}${remedy}`;
        text.replaceChildren(h("p", { role: "status", text: words }));
      }
    },
  };
}

/** A formula's own lines: one that only ends because the source's lines do goes on with the next. */
export function unwrapped(text: string): string {
  const lines: string[] = [];
  let full = false;
  for (const line of text.split("\n")) {
    if (full && /^\S/.test(line)) lines.push(`${lines.pop()} ${line}`);
    else lines.push(line);
    full = line.length > FULL_LINE && !/[;:]$/.test(line);
  }
  return lines.join("\n");
}

/** The page as elements. A formula keeps its lines and its letters' width; prose flows. */
function content(page: MethodPage): HTMLElement[] {
  const parts = [h("p", { class: "dqx-muted", text: standingWords(page) })];
  if (page.sections.length === 0) parts.push(h("p", { text: "Nothing is written about this method." }));
  for (const section of page.sections) {
    const inside =
      section.heading === "Formula"
        ? [h("pre", { class: "dqx-method-formula", data: { dqx: "formula" }, text: unwrapped(section.text) })]
        : section.text
            .split(/\n\s*\n/)
            .filter((paragraph) => paragraph.trim())
            .map((paragraph) => h("p", { text: paragraph.replace(/\s+/g, " ").trim() }));
    parts.push(
      h(
        "div",
        { class: "dqx-method-part" },
        section.heading ? h("h4", { text: section.heading }) : null,
        ...inside,
      ),
    );
  }
  return parts;
}
