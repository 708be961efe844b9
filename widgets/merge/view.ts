/**
 * The merge view: lies over a panel until it is closed. Each conflict is resolved by one key; what is resolved is kept
 * at once, and nothing else is written before the merge.
 */
import "../card/card.css";
import "../card/decisions.css";
import "./merge.css";
import { CallError } from "../core/kernel/transport";
import { classOfKey } from "../core/session/actions";
import type { Session } from "../core/session/session";
import type { Notice } from "../core/state/topics";
import { h, isTyping, key } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { frame } from "../core/ui/frame";
import { command, panelKey, printedIn } from "../core/ui/keys";
import { makePicker } from "../core/ui/picker";
import { makeConflict } from "./conflict";
import { MergeDraft } from "./draft";
import { makeList } from "./list";
import { done, headline, nextStep } from "./words";

/** Labels change in bursts: ask once for all. */
const SOON_MS = 150;

/**
 * Open the merge of a branch over a panel's root; returns what closes it. A merge that is open there already gives
 * way. `closed` is called when it is over, with the sentence that says what was merged, or "".
 */
export function openMerge(
  root: HTMLElement,
  session: Session,
  source: string,
  signal: AbortSignal,
  closed: (said: string) => void = () => {},
): () => void {
  root.querySelector(":scope > .dqx-merge")?.dispatchEvent(new Event("dqx-merge-close"));
  const end = new AbortController();
  const page = root.getRootNode() as Document | ShadowRoot;
  const before = page.activeElement;
  const merging = new MergeDraft(session, source);

  const section = h("section", { tabIndex: -1, data: { dqx: "merge", dqxCover: "" } });
  section.setAttribute("aria-label", `Merge ${source}`);
  frame(section, "merge", end.signal);
  const toSelf = (): void => section.focus({ preventScroll: true });

  let over = false;
  const close = (said = ""): void => {
    if (over) return;
    over = true;
    merging.close();
    const inside = section.contains(page.activeElement);
    end.abort();
    section.remove();
    root.classList.remove("dqx-merging");
    if (inside) {
      const back = before instanceof HTMLElement && before.isConnected ? before : root;
      if (back === root && root.tabIndex < 0) root.tabIndex = -1;
      back.focus({ preventScroll: true });
    }
    closed(said);
  };
  signal.addEventListener("abort", () => close(), { once: true, signal: end.signal });
  section.addEventListener("dqx-merge-close", () => close(), { signal: end.signal });

  const head = h("div", {
    class: "dqx-merge-words dqx-strong",
    role: "status",
    data: { dqx: "merge-words" },
  });
  head.textContent = `Merge ${source} …`;
  const commit = h(
    "button",
    {
      class: "dqx-button dqx-primary",
      type: "button",
      data: { dqx: "merge-commit" },
      on: { click: () => void merge() },
    },
    "Merge",
    key(printedIn("Merge", "merge")),
  );
  const leave = h(
    "button",
    { class: "dqx-button", type: "button", data: { dqx: "merge-close" }, on: { click: () => close() } },
    "Close",
    key("Esc"),
  );
  const step = h("p", { class: "dqx-merge-step dqx-muted" });
  const notes = h("ul", { class: "dqx-merge-notes dqx-warn", hidden: true });
  const wrong = h("p", {
    class: "dqx-merge-wrong",
    role: "alert",
    hidden: true,
    data: { dqx: "merge-error" },
  });
  /** What takes the words away again: the next view, the last choice, or only that somebody goes on. */
  let until: "view" | "settled" | "act" = "act";
  const say = (text: string, goes: typeof until = "act"): void => {
    until = goes;
    // Said twice in a row, it is not read out twice.
    if (wrong.textContent !== text) wrong.textContent = text;
    wrong.hidden = text === "";
  };

  const picker = makePicker(
    () => session.classes,
    (name, isNew) => {
      if (isNew) say(`There is no class “${name}”. Add it on an item's card first, then choose it here.`);
      else merging.resolve("value", name);
    },
    toSelf,
  );
  picker.input.dataset.dqx = "merge-label";
  const why = h("input", {
    class: "dqx-card-note",
    type: "text",
    placeholder: "why (optional)",
    data: { dqx: "merge-why" },
    aria: { label: "Why: goes with the next choice, and with the merge when all is chosen" },
    on: {
      input: () => {
        merging.why = why.value;
      },
    },
  });
  const back = button("Take back", "U", "merge-unresolve", () => merging.unresolve());
  const drop = makeDrop(merging);
  const foot = h(
    "div",
    { class: "dqx-merge-foot dqx-card" },
    h(
      "div",
      { class: "dqx-card-actions" },
      button("", "←", "merge-previous", () => merging.step(-1), "Previous conflict"),
      button("", "→", "merge-next", () => merging.step(1), "Next conflict"),
      picker.element,
      back,
      drop.element,
      why,
    ),
    picker.list,
  );

  section.append(
    h("div", { class: "dqx-merge-head" }, head, h("span", { class: "dqx-merge-do" }, commit, leave)),
    step,
    notes,
    wrong,
    makeList(session, merging, end.signal),
    makeConflict(session, merging, end.signal),
    foot,
  );

  const fill = (): void => {
    const { view, current } = merging;
    if (!view) return;
    head.textContent = view.upToDate
      ? `Merge ${view.source} into ${view.into}: nothing to merge`
      : headline(view);
    step.textContent = nextStep(view);
    step.hidden = step.textContent === "";
    notes.hidden = view.notes.length === 0;
    notes.replaceChildren(...view.notes.map((text) => h("li", { text })));
    const ready = !view.upToDate && view.open === 0 && !merging.busy;
    keepFocus(
      section,
      () => {
        commit.hidden = view.upToDate;
        commit.disabled = !ready;
        back.disabled = !current || current.pick === null;
        foot.hidden = view.conflicts.length === 0;
        drop.fill();
      },
      () => section,
    );
    commit.title = view.open > 0 ? "Choose for each conflict first" : `Write the merge into ${view.into}`;
    picker.element.hidden = current?.field !== "label";
    if (why.value !== merging.why) why.value = merging.why;
    section.dataset.open = String(view.open);
  };

  const merge = async (): Promise<void> => {
    const { view } = merging;
    if (!merging.ready() || !view) return;
    if (view.upToDate) {
      close();
      return;
    }
    if (view.open > 0) {
      say(`${view.open === 1 ? "One conflict is" : `${view.open} conflicts are`} still open.`, "settled");
      return;
    }
    say("");
    const reply = await merging.commit(merging.why.trim());
    if (!reply) return;
    // Said also to somebody who closed the view before the answer came.
    const said = done(view, reply.merged);
    session.emit("notice", { kind: "info", text: said });
    session.emit("merged", said);
    close(said);
  };

  merging.on(
    "view",
    () => {
      if (until === "view" || (until === "settled" && merging.view?.open === 0)) say("");
      fill();
    },
    end.signal,
  );
  merging.on("said", (text) => say(text, "view"), end.signal);
  merging.on("error", ({ what, error }) => {
    if (!over) say(complaint(error), what === "look" ? "view" : "act");
    // The view is gone: whoever closed it believes that all of it was kept.
    else if (what !== "look") session.emit("notice", notice(source, what, error));
  });

  // Somebody decides, merges or switches branches meanwhile: what is to be merged may be another.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const reload = (): void => {
    clearTimeout(timer);
    if (merging.busy) return;
    if (session.hello?.store.branch === source) {
      session.emit("notice", {
        kind: "info",
        text: `The merge of ${source} was closed: ${source} is the current branch now.`,
      });
      close();
      return;
    }
    timer = setTimeout(() => {
      if (!merging.busy && !over) void merging.load();
    }, SOON_MS);
  };
  end.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  for (const topic of ["labels", "hello", "versions"] as const) session.on(topic, reload, end.signal);

  section.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      // None of these keys is the card's, the map's or the notebook's while this has the focus.
      event.stopPropagation();
      if (isTyping(event)) {
        if (event.target === why && !event.isComposing && /^(Enter|Escape)$/.test(event.key)) {
          event.preventDefault();
          toSelf();
        }
        return;
      }
      const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const onButton = event.target instanceof Element && event.target.closest("button") !== null;
      if (onButton && (pressed === "Enter" || pressed === " ")) return;
      if (act(pressed, event.repeat)) event.preventDefault();
    },
    { signal: end.signal },
  );
  // As everywhere: a button clicked with the mouse gives the keyboard back.
  section.addEventListener(
    "click",
    (event) => {
      const target = event.target instanceof Element ? event.target.closest("button") : null;
      if (event.detail > 0 && (!target || target === page.activeElement) && !isTyping(event)) toSelf();
    },
    { signal: end.signal },
  );

  /** Do what a key stands for; whether it stands for anything. A held key only walks. */
  const act = (pressed: string, held: boolean): boolean => {
    if (pressed === "?") {
      if (!held) command("help", section, session);
      return true;
    }
    const name = panelKey("Merge", pressed);
    if (name === "walk") merging.step(/Left|Up/.test(pressed) ? -1 : 1);
    else if (held) return true;
    else if (name === "ours" || name === "theirs") merging.resolve(name);
    else if (name === "unresolve") merging.unresolve();
    else if (name === "merge") void merge();
    else if (name === "close") close();
    else if (name === "find-label") picker.input.focus();
    else if (name === "label") {
      const { current } = merging;
      const code = !current || current.field === "label" ? classOfKey(session.classes, pressed) : -1;
      if (code < 0) return false;
      merging.resolve("value", session.className(code));
    } else return false;
    return true;
  };

  root.classList.add("dqx-merging");
  root.append(section);
  toSelf();
  void merging.load();
  return () => close();
}

/** Forgets every resolution; asks once, in place. */
function makeDrop(merging: MergeDraft): { element: HTMLElement; fill(): void } {
  let asking = false;
  const element = h("button", {
    class: "dqx-button",
    type: "button",
    hidden: true,
    data: { dqx: "merge-abort" },
    on: {
      click: () => {
        if (asking) void merging.drop();
        asking = !asking;
        fill();
      },
      blur: () => {
        asking = false;
        fill();
      },
    },
  });
  const fill = (): void => {
    const n = merging.view?.conflicts.filter((each) => each.pick !== null).length ?? 0;
    element.hidden = n < 2;
    element.textContent = asking ? `Really take all ${n} back?` : "Take all back";
  };
  return { element, fill };
}

function button(
  text: string,
  pressed: string,
  hook: string,
  click: () => void,
  name = "",
): HTMLButtonElement {
  const element = h(
    "button",
    {
      class: "dqx-button dqx-merge-key",
      type: "button",
      title: name || text,
      data: { dqx: hook },
      on: { click },
    },
    text,
    key(pressed),
  );
  if (name) element.setAttribute("aria-label", name);
  return element;
}

/** Of a merge that nobody sees any more: what was not done, and why. */
function notice(source: string, what: "merge" | "choice", error: unknown): Notice {
  const lost =
    what === "merge" ? `${source} was not merged.` : `A choice in the merge of ${source} was not kept.`;
  const text = error instanceof Error ? error.message : String(error);
  return {
    kind: "error",
    text: `${lost} ${text}`,
    remedy: error instanceof CallError ? error.detail.remedy : "",
  };
}

function complaint(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof CallError ? error.detail.remedy : "";
  return [text, remedy].filter(Boolean).join(" ");
}
