/** A text on the card: whole where it fits, else page by page; the words that told are underlined. */
import type { Card, TextPreview } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";
import type { ItemView } from "./view";

/** Sizes of letters, the largest first, and the height of their lines, in pixels: a text has the largest that it fits in. */
const SIZES = [
  { letters: 20, line: 28 },
  { letters: 18, line: 25 },
  { letters: 16, line: 22 },
  { letters: 15, line: 21 },
  { letters: 14, line: 20 },
  { letters: 13, line: 18 },
] as const;
const SMALLEST = SIZES[5];
/** The size of a text that fits in none of them. */
const PAGED = SIZES[3];
/** Height of the line below a text, in pixels. */
const FOOT = 28;

export function textView(session: Session, card: Card, preview: TextPreview): ItemView {
  const marks = card.marks ?? [];
  const words = h("div", { class: "dqx-text-words" }, ...marked(preview.text, marks));
  const sheet = h(
    "div",
    { class: "dqx-text-sheet", tabIndex: 0, role: "group", aria: { label: "text of the item" } },
    words,
  );
  const place = h("span", { class: "dqx-text-place", role: "status", data: { dqx: "text-page" } });
  const back = turner("‹", "Page before (Shift and Space)", "text-back", () => turn(-1));
  const on = turner("›", "Next page (Space)", "text-next", () => turn(1));
  const pager = h("span", { class: "dqx-text-pager" }, back, place, on);
  const cut = preview.left_out
    ? h("span", {
        text: `${count(preview.left_out)} more characters are not shown`,
        data: { dqx: "text-left-out" },
      })
    : null;
  const legend = legendOf(session, card);
  const foot = h("div", { class: "dqx-text-foot" }, pager, cut, legend);
  const element = h("div", { class: "dqx-text", data: { dqx: "text" } }, sheet, foot);
  let page = 0;
  let pages = 1;
  let step = 0;

  const put = (): void => {
    sheet.scrollTop = page * step;
    place.textContent = `page ${page + 1} of ${pages}`;
    back.disabled = page === 0;
    on.disabled = page === pages - 1;
  };
  const turn = (by: 1 | -1): boolean => {
    const next = page + by;
    if (next < 0 || next >= pages) return false;
    page = next;
    put();
    return true;
  };
  const size = ({ letters, line }: (typeof SIZES)[number]): void => {
    words.style.fontSize = `${letters}px`;
    words.style.lineHeight = `${line}px`;
  };
  const fits = (tried: (typeof SIZES)[number]): boolean => {
    size(tried);
    return words.offsetHeight <= sheet.clientHeight;
  };

  return {
    element,
    release() {},
    turn,
    fit() {
      sheet.style.height = "";
      words.style.minHeight = "";
      pager.hidden = true;
      legend.hidden = true;
      foot.hidden = cut === null;
      // A long text is laid out once to know that it fits in none.
      if (fits(SMALLEST)) {
        SIZES.find(fits);
        [page, pages, step] = [0, 1, 0];
        legend.hidden = marks.length === 0 || sheet.clientHeight - words.offsetHeight < FOOT;
        foot.hidden = cut === null && legend.hidden;
        return;
      }
      size(PAGED);
      foot.hidden = false;
      pager.hidden = false;
      legend.hidden = marks.length === 0;
      const lines = Math.round(words.offsetHeight / PAGED.line);
      const each = Math.max(1, Math.floor(sheet.clientHeight / PAGED.line));
      const read = page * step;
      step = each * PAGED.line;
      pages = Math.ceil(lines / each);
      // Another height: the page that holds what was on top.
      page = Math.min(pages - 1, Math.floor(read / step));
      sheet.style.height = `${step}px`;
      words.style.minHeight = `${pages * step}px`;
      put();
    },
  };
}

/** The text in pieces, those of `marks` underlined. */
export function marked(
  text: string,
  marks: readonly (readonly [number, number])[],
): (HTMLElement | string)[] {
  const parts: (HTMLElement | string)[] = [];
  let at = 0;
  for (const [start, end] of marks) {
    if (start < at || end > text.length) continue;
    if (start > at) parts.push(text.slice(at, start));
    parts.push(h("mark", { class: "dqx-text-mark", text: text.slice(start, end) }));
    at = end;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

/** What is underlined, in a few words, and whole as its title. */
function legendOf(session: Session, card: Card): HTMLElement {
  const suggested = session.className(card.suggested);
  const given = session.className(card.given);
  return h("span", {
    class: "dqx-text-legend dqx-cut",
    text: `underlined: words that ${suggested} has more often than ${given}`,
    title:
      `Words of this text that are in more of the texts labelled ${suggested} than of those labelled ${given}, ` +
      "by the labels as they are now and without this text (log-odds with a prior, Monroe and others 2008). " +
      "They are no part of the percentage.",
    data: { dqx: "text-legend" },
  });
}

function turner(text: string, title: string, hook: string, click: () => void): HTMLButtonElement {
  return h("button", {
    class: "dqx-button dqx-text-turn",
    type: "button",
    text,
    title,
    data: { dqx: hook },
    aria: { label: title },
    on: { click },
  });
}
