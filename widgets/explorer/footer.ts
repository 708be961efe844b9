/** The last line: which branch, how many corrections, saved when, by whom, and the keys that matter most. */

import { nextConflict } from "../core/session/actions";
import type { Session } from "../core/session/session";
import { count, h, key } from "../core/ui/dom";
import { command, printed } from "../core/ui/keys";

const HINTS: readonly (readonly [string, string])[] = [
  ["next", "next"],
  ["accept", "accept"],
  ["keep", "keep"],
  ["label", "label"],
  ["ambiguous", "ambiguous"],
  ["undo", "undo"],
];

export function makeFooter(session: Session, signal: AbortSignal): HTMLElement {
  const where = h("span", { class: "dqx-muted", data: { dqx: "branch" } });
  const conflicts = h("button", {
    class: "dqx-link dqx-warn",
    type: "button",
    title: "Somebody else decided on an item while you did: go to it",
    hidden: true,
    data: { dqx: "conflicts" },
    on: { click: () => void nextConflict(session) },
  });
  const saved = h("span", { class: "dqx-muted", data: { dqx: "saved" } });
  const unsaved = h("span", { class: "dqx-warn", role: "status", data: { dqx: "unsaved" } });
  const element = h(
    "div",
    { class: "dqx-foot" },
    where,
    saved,
    makeRater(session, signal),
    unsaved,
    h("span", { role: "status" }, conflicts),
    h("span", { class: "dqx-spring" }),
    h(
      "span",
      { class: "dqx-foot-keys dqx-muted" },
      ...HINTS.map(([name, text]) => h("span", { text }, key(printed(name)))),
      h(
        "button",
        {
          class: "dqx-link",
          type: "button",
          title: "Keys and marks",
          on: { click: () => void command("help", element, session) },
        },
        "help",
        key(printed("help")),
      ),
    ),
  );

  let waiting = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tick = (): void => {
    clearTimeout(timer);
    const age = session.saved ? (Date.now() - Date.parse(session.saved)) / 1000 : Number.NaN;
    saved.hidden = Number.isNaN(age);
    saved.textContent = `saved ${ago(age)}`;
    if (session.saved) saved.title = new Date(session.saved).toLocaleString();
    saved.dataset.time = session.saved ?? "";
    unsaved.hidden = waiting === 0;
    const doing = session.transport.gone ? "not saved:" : "saving…";
    unsaved.textContent = waiting === 0 ? "" : `${doing} ${count(waiting)} waiting`;
    unsaved.dataset.count = String(waiting);
    // The text changes every second at first, then every minute.
    if (!saved.hidden && !signal.aborted) timer = setTimeout(tick, age < 60 ? 1000 : 30_000);
  };
  const fill = (): void => {
    const { hello, counts } = session;
    where.replaceChildren();
    if (hello) {
      const fixed = counts?.relabelled ?? 0;
      // Whoever works beside the main branch must not forget it.
      const aside = hello.store.branch !== "main";
      where.dataset.branch = hello.store.branch;
      where.append(
        "branch ",
        h("span", { class: aside ? "dqx-foot-branch" : "dqx-strong", text: hello.store.branch }),
      );
      where.append(` · ${count(fixed)} ${fixed === 1 ? "correction" : "corrections"}`);
      where.title = hello.store.name;
    }
    tick();
  };
  const fillConflicts = (): void => {
    const n = session.conflicts.items.length;
    conflicts.hidden = n === 0;
    conflicts.replaceChildren(n === 1 ? "1 conflict" : `${count(n)} conflicts`, key(printed("conflict")));
  };
  session.on("kernel", tick, signal);
  session.on("conflicts", fillConflicts, signal);
  session.on("hello", fill, signal);
  session.on("counts", fill, signal);
  session.on(
    "unsaved",
    (n) => {
      waiting = n;
      tick();
    },
    signal,
  );
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  fill();
  return element;
}

/** How long ago, in words that do not flicker: "just now", "12 s ago", "5 min ago", "3 h ago", "2 days ago". */
export function ago(seconds: number): string {
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? "yesterday" : `${days} days ago`;
}

/** The rater's name; a click turns it into a text field. */
function makeRater(session: Session, signal: AbortSignal): HTMLElement {
  const name = h("button", {
    class: "dqx-link",
    type: "button",
    title: "Change who the corrections are stored under",
    data: { dqx: "rater" },
    on: { click: () => edit(true) },
  });
  const input = h("input", {
    class: "dqx-foot-input",
    type: "text",
    aria: { label: "Rater" },
    on: {
      blur: () => edit(false),
      keydown: (event) => {
        if (event.key === "Enter") {
          const wanted = input.value.trim();
          if (wanted && wanted !== session.hello?.rater) void session.setRater(wanted);
        } else if (event.key !== "Escape") return;
        event.stopPropagation();
        // The name takes the focus next, and the same Enter would press it and open the field again.
        event.preventDefault();
        edit(false);
        name.focus();
      },
    },
  });
  const element = h("span", { class: "dqx-muted" }, "rater ", name, input);
  const edit = (on: boolean): void => {
    name.hidden = on;
    input.hidden = !on;
    if (!on) return;
    input.value = session.hello?.rater ?? "";
    input.focus();
    input.select();
  };
  const fill = (): void => {
    element.hidden = !session.hello;
    name.textContent = session.hello?.rater ?? "";
  };
  session.on("hello", fill, signal);
  edit(false);
  fill();
  return element;
}
