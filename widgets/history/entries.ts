/** The decisions of one commit, below its row: the first came with it, the rest are asked for by page. */

import type { CommitRow, Entry } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { entriesOf } from "../core/session/versions";
import { count, h } from "../core/ui/dom";
import { makeEntry } from "./entryRow";
import { complaint, moment, shortCommit, whyOf } from "./words";

const PAGE = 50;
/** More lines than this are never in the page at once: the oldest shown give way. */
const MOST = 200;

export function makeEntries(session: Session, row: CommitRow, filtered: boolean): HTMLElement {
  const list = h("ul", { class: "dqx-history-entries", aria: { label: "Decisions in this commit" } });
  const more = h("button", {
    class: "dqx-button dqx-history-more",
    type: "button",
    on: { click: () => void load() },
  });
  const word = h("div", { class: "dqx-history-wrong", role: "alert", hidden: true });
  const said = whyOf(row);
  let next = row.entries.length;
  let total = row.count;
  /** Only what passes the filter is here; the button then leads to the whole commit. */
  let part = filtered && row.kind !== "edit";
  const add = (entries: readonly Entry[]): void => {
    list.append(...entries.map((entry) => h("li", {}, makeEntry(session, entry, said))));
    while (list.children.length > MOST) list.firstElementChild?.remove();
    more.hidden = !part && next >= total;
    more.textContent = part ? "Show the whole commit" : `Show more (${count(total - next)})`;
  };
  const load = async (): Promise<void> => {
    more.disabled = true;
    word.hidden = true;
    try {
      const page = await entriesOf(session, row.commit, part ? 0 : next, PAGE);
      if (part) {
        list.replaceChildren();
        next = 0;
        part = false;
      }
      next += page.entries.length;
      total = page.entries.length > 0 ? page.total : next;
      add(page.entries);
    } catch (error) {
      word.hidden = false;
      word.textContent = complaint(error);
    } finally {
      more.disabled = false;
    }
  };
  add(row.entries);
  const facts = [
    `commit ${shortCommit(row.commit)}`,
    moment(row.time),
    `${row.rater}${row.raterKind && row.raterKind !== "person" ? ` (${row.raterKind})` : ""}`,
    row.branch && `on ${row.branch}`,
    said,
    // What a person said in it is there already.
    said && row.message.includes(said.slice(1, -1)) ? "" : row.message,
  ];
  return h(
    "div",
    { class: "dqx-history-details" },
    h("div", {
      class: "dqx-history-facts dqx-muted",
      title: row.commit,
      text: facts.filter(Boolean).join(" · "),
    }),
    list,
    more,
    word,
  );
}
