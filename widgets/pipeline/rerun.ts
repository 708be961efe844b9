/** "Re-run…": a small list of the embedders there are; choosing one starts the pipeline again with it. */

import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { sendsBy } from "../core/ui/entry";

interface Embedder {
  name: string;
  about: string;
  installed: boolean;
}

export interface Rerun {
  element: HTMLElement;
  close(): void;
}

export function makeRerun(session: Session, signal: AbortSignal): Rerun {
  const button = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Re-run…",
    title: "Embed again with another embedder",
    data: { dqx: "rerun" },
    aria: { expanded: "false" },
    on: { click: () => (list.hidden ? void open() : close()) },
  });
  const list = h("div", { class: "dqx-popover dqx-pipe-embedders", role: "dialog", tabIndex: -1 });
  list.setAttribute("aria-label", "Embedders");
  list.hidden = true;
  const element = h("span", { class: "dqx-pipe-rerun" }, button, list);

  const close = (): void => {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
  };
  const open = async (): Promise<void> => {
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    session.emit("opened", list);
    list.focus({ preventScroll: true });
    list.replaceChildren(h("div", { class: "dqx-muted", text: "Asking the kernel…" }));
    try {
      const embedders = await session.transport.call("embedders");
      list.replaceChildren(...embedders.map(row));
      if (embedders.length === 0) list.append(h("div", { class: "dqx-muted", text: "There is no other." }));
      if (list.contains(focused(list))) list.querySelector<HTMLElement>("button:enabled, input")?.focus();
    } catch (error) {
      close();
      session.report(error);
    }
  };
  const row = (embedder: Embedder): HTMLElement =>
    isPattern(embedder.name) && embedder.installed ? patternRow(embedder) : nameRow(embedder);
  /** A family of embedders: its member is typed in. */
  const patternRow = (embedder: Embedder): HTMLElement => {
    const input = h("input", {
      type: "text",
      placeholder: embedder.name.replace(/[<>]/g, ""),
      spellcheck: false,
      data: { embedder: embedder.name },
      aria: { label: embedder.name.replace(/[<>]/g, "") },
    });
    const go = h("button", { class: "dqx-button", text: "Re-run" });
    const family = h(
      "div",
      { class: "dqx-pipe-family" },
      h("div", { class: "dqx-pipe-typed" }, input, go),
      h("div", { class: "dqx-muted", text: embedder.about }),
    );
    sendsBy(family, go, () => {
      const typed = input.value.trim();
      if (!typed) return;
      close();
      session.rerun(fullName(embedder.name, typed));
    });
    return family;
  };
  const nameRow = (embedder: Embedder): HTMLElement => {
    const inUse = embedder.name === session.hello?.embedder;
    return h(
      "button",
      {
        class: "dqx-pipe-embedder",
        type: "button",
        disabled: !embedder.installed,
        data: { embedder: embedder.name },
        on: {
          click: () => {
            close();
            session.rerun(embedder.name);
          },
        },
      },
      h("span", { class: "dqx-strong", text: embedder.name }),
      inUse ? h("span", { class: "dqx-muted", text: " in use" }) : null,
      embedder.installed ? null : h("span", { class: "dqx-muted", text: " not installed" }),
      h("div", { class: "dqx-muted", text: embedder.about }),
    );
  };

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    event.stopPropagation();
    close();
    button.focus();
  });
  // Who goes on with Tab has left it, and so has who opens something else.
  element.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !element.contains(event.relatedTarget)) close();
  });
  session.on(
    "opened",
    (other) => {
      if (other !== list && element.closest(".dqx-explorer")?.contains(other)) close();
    },
    signal,
  );
  // A press anywhere else closes it.
  document.addEventListener(
    "pointerdown",
    (event) => {
      if (!list.hidden && !event.composedPath().includes(element)) close();
    },
    { signal },
  );
  return { element, close };
}

function focused(element: HTMLElement): Element | null {
  return (element.getRootNode() as Document | ShadowRoot).activeElement;
}

/** "<Hugging Face id or folder>" and "timm:" stand for many embedders. */
function isPattern(name: string): boolean {
  return /^<.*>$/.test(name) || name.endsWith(":");
}

/** What to ask for when `typed` was typed for a family: "timm:" may have been left out. */
export function fullName(family: string, typed: string): string {
  return family.endsWith(":") && !typed.startsWith(family) ? family + typed : typed;
}
