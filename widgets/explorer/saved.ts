/** Where decisions go: what waits and conflicts, the branch where it is not the main one, when was last saved, and who decides. */

import { nextConflict } from "../core/session/actions";
import type { Session } from "../core/session/session";
import { setAttribute, setText } from "../core/ui/change";
import { count, h, key } from "../core/ui/dom";
import { printed } from "../core/ui/keys";

/** Make the parts; what a narrow head has no room for goes by itself. */
export function makeSaved(session: Session, signal: AbortSignal): HTMLElement[] {
  return [
    h("span", { role: "status" }, makeConflicts(session, signal)),
    ...makeTimes(session, signal),
    makeRater(session, signal),
  ];
}

/** The open conflicts: a click goes to the next. */
function makeConflicts(session: Session, signal: AbortSignal): HTMLElement {
  const conflicts = h("button", {
    class: "dqx-button dqx-warn",
    type: "button",
    title: "Somebody else decided on an item while you did: go to it",
    hidden: true,
    data: { dqx: "conflicts" },
    on: { click: () => void nextConflict(session) },
  });
  session.on(
    "conflicts",
    () => {
      const n = session.conflicts.items.length;
      conflicts.hidden = n === 0;
      conflicts.replaceChildren(n === 1 ? "1 conflict" : `${count(n)} conflicts`, key(printed("conflict")));
    },
    signal,
  );
  return conflicts;
}

/** What waits, the branch, and when was last saved. */
function makeTimes(session: Session, signal: AbortSignal): HTMLElement[] {
  const branch = h("span", { class: "dqx-head-branch", hidden: true, data: { dqx: "branch" } });
  const saved = h("span", { class: "dqx-muted dqx-head-saved", data: { dqx: "saved" } });
  const unsaved = h("span", { class: "dqx-warn", data: { dqx: "unsaved" } });
  let waiting = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tick = (): void => {
    clearTimeout(timer);
    const age = session.saved ? (Date.now() - Date.parse(session.saved)) / 1000 : Number.NaN;
    saved.hidden = Number.isNaN(age);
    setText(saved, `saved ${ago(age)}`);
    if (session.saved) setAttribute(saved, "title", new Date(session.saved).toLocaleString());
    saved.dataset.time = session.saved ?? "";
    unsaved.hidden = waiting === 0;
    const doing = session.transport.gone ? "not saved:" : "saving…";
    setText(unsaved, waiting === 0 ? "" : `${doing} ${count(waiting)} waiting`);
    unsaved.dataset.count = String(waiting);
    // Every minute at most: each text that changes is a frame that the browser has to draw.
    if (!saved.hidden && !signal.aborted) timer = setTimeout(tick, 60_000);
  };
  const fill = (): void => {
    const { hello } = session;
    const name = hello?.store.branch ?? "main";
    branch.dataset.branch = hello ? name : "";
    branch.textContent = `branch ${name}`;
    branch.title = hello ? `Decisions go to the branch ${name} of ${hello.store.name}` : "";
    // Whoever works beside the main branch must not forget it.
    branch.hidden = !hello || name === "main";
    tick();
  };
  session.on("kernel", tick, signal);
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
  return [unsaved, branch, saved];
}

/** How long ago, in words that change once a minute at most: "just now", "5 min ago", "3 h ago", "2 days ago". */
export function ago(seconds: number): string {
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? "yesterday" : `${days} days ago`;
}

/** The rater's name; a click turns it into a text field. */
export function makeRater(session: Session, signal: AbortSignal): HTMLElement {
  const name = h("button", {
    class: "dqx-link",
    type: "button",
    title: "Change who the decisions are stored under",
    data: { dqx: "rater" },
    on: { click: () => edit(true) },
  });
  const input = h("input", {
    class: "dqx-head-input",
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
  const element = h("span", { class: "dqx-muted dqx-head-rater" }, "rater ", name, input);
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
    name.setAttribute("aria-label", `rater ${name.textContent}: change`);
  };
  session.on("hello", fill, signal);
  edit(false);
  fill();
  return element;
}
