/** The line at the top while no kernel answers: what happened, what to do, and which decisions are not saved yet. */
import "./banner.css";
import type { Edit } from "../core/kernel/schema";
import { NO_KERNEL } from "../core/kernel/transport";
import { shortId } from "../core/kernel/words";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";

/** So many decisions are listed, and how many more there are is said. */
const LISTED = 6;
/** What decides, wherever it stands: said to be off while no kernel is there. It keeps the keyboard. */
const DECIDES =
  ".dqx-card-decide button, .dqx-card-second, .dqx-scope-ways button, .dqx-bulk-button, [data-dqx='bulk-go'], [data-dqx='export']";

/** Put the banner at the top of a panel; it is hidden while the kernel answers. */
export function placeBanner(root: HTMLElement, session: Session, signal: AbortSignal): void {
  const words = h("div", { class: "dqx-banner-words" });
  const list = h("ul", { class: "dqx-banner-list", data: { dqx: "banner-list" } });
  const element = h("div", { class: "dqx-banner", data: { dqx: "banner" }, hidden: true }, words, list);
  root.prepend(element);

  const fill = (): void => {
    const { edits, lasting } = session.waiting;
    const { link } = session.transport;
    element.hidden = link === "live";
    element.dataset.link = link;
    if (link === "live") {
      words.replaceChildren();
      list.replaceChildren();
      return;
    }
    // An answer will come by itself: that is told in passing.
    element.setAttribute("role", link === "gone" ? "alert" : "status");
    const text = [...(link === "gone" ? GONE : SILENT), link === "gone" ? fate(edits, lasting) : ""].join(
      " ",
    );
    if (words.textContent !== text) words.textContent = text;
    const lines = link === "gone" ? edits.slice(0, LISTED).map((edit) => line(session, edit)) : [];
    const more = edits.length - lines.length;
    list.hidden = lines.length === 0;
    list.replaceChildren(...lines);
    if (lines.length > 0 && more > 0) list.append(h("li", { text: `and ${count(more)} more` }));
  };
  const show = (): void => {
    const { link, gone } = session.transport;
    root.dataset.kernel = link;
    for (const button of root.querySelectorAll(DECIDES))
      if (gone) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    fill();
    // Somebody tried to decide: say why that does nothing where they look.
    if (gone) element.scrollIntoView?.({ block: "nearest" });
  };
  session.on("kernel", show, signal);
  session.on("unsaved", fill, signal);
  session.on("labels", () => session.transport.gone && fill(), signal);
  show();
}

const GONE = [
  ...NO_KERNEL,
  "If that does not help, reload the page.",
  "Until then nothing can be decided here.",
];
const SILENT = [
  "The kernel has not answered for a while: it is busy with another cell, or it has stopped.",
  "You can go on: decisions wait here and are saved when it answers. If it stays so, run this cell again.",
];

function fate(edits: readonly Edit[], lasting: boolean): string {
  const n = edits.length;
  if (n === 0) return "Everything decided so far is saved.";
  const kept = lasting ? "kept in this browser" : "kept in this page, so do not close it";
  return n === 1
    ? `1 decision is not saved yet: it is ${kept}, and sent when the cell runs again.`
    : `${count(n)} decisions are not saved yet: they are ${kept}, and sent when the cell runs again.`;
}

/** "item 1a2b3c4d: cat → dog · not saved". */
function line(session: Session, edit: Edit): HTMLElement {
  const [first] = edit.items;
  const id = edit.ids?.[0];
  const one = edit.items.length === 1;
  const what = one
    ? `item ${id === undefined ? `at position ${first}` : shortId(id)}`
    : `${count(edit.items.length)} items`;
  return h(
    "li",
    {},
    `${what}: `,
    h("strong", { text: decided(session, edit, one ? first : undefined) }),
    h("span", { class: "dqx-muted", text: " · not saved" }),
  );
}

function decided(session: Session, edit: Edit, item: number | undefined): string {
  const { labels } = session;
  // Positions of another order of the items name other items here.
  const known = item !== undefined && labels !== null && edit.order === labels.order;
  const given = known ? session.className(labels.given[item] ?? -1) : "";
  switch (edit.action) {
    case "relabel":
      return `${given} → ${edit.label ?? edit.labels?.[0] ?? ""}`.trim();
    case "keep":
      return `${given} kept`.trim();
    case "mark":
      return `marked ${edit.reason ?? ""}`.trim();
    case "leave_out":
      return `${given} left out`.trim();
    case "clear":
      return "decision taken back";
  }
}
