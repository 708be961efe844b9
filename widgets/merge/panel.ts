/** The merge as a panel of its own: choose the branch that comes in. Elsewhere the history opens the merge view. */

import type { Branch } from "../core/kernel/schema";
import { Disconnected } from "../core/kernel/transport";
import type { Session } from "../core/session/session";
import { timeline } from "../core/session/versions";
import { count, h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { frame } from "../core/ui/frame";
import type { Panel } from "../core/ui/panel";
import { openMerge } from "./view";

const SOON_MS = 120;

export const Merge: Panel = {
  name: "merge",
  mount(root, session, signal) {
    frame(root, "merging-choice", signal);
    const words = h("p", { class: "dqx-merge-choose-words", role: "status" });
    const said = h("p", {
      class: "dqx-merge-good",
      role: "status",
      hidden: true,
      data: { dqx: "merge-said" },
    });
    const list = h("div", { class: "dqx-merge-choose" });
    root.append(said, words, list);

    let turn = 0;
    const load = async (): Promise<void> => {
      const mine = ++turn;
      if (!session.hello) {
        words.textContent = "Waiting for the review …";
        return;
      }
      try {
        const { branch, branches } = await timeline(session, 1, {});
        if (mine !== turn || signal.aborted) return;
        const others = branches.filter((each) => each.name !== branch);
        words.textContent = others.length
          ? `Merge into ${branch}:`
          : `There is no branch but ${branch}. Make one in the history, or with review.labels.branch("name").`;
        keepFocus(root, () => list.replaceChildren(...others.map((each) => choice(each))));
      } catch (error) {
        if (mine !== turn || signal.aborted || error instanceof Disconnected) return;
        words.textContent = `The branches could not be read: ${(error as Error).message}`;
      }
    };
    const choice = (branch: Branch): HTMLElement =>
      h("button", {
        class: "dqx-button",
        type: "button",
        text: `${branch.name} · ${ahead(branch.ahead)}`,
        data: { dqx: "merge-open", branch: branch.name },
        on: { click: () => requestMerge(list, branch.name) },
      });

    let timer: ReturnType<typeof setTimeout> | undefined;
    const soon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => void load(), SOON_MS);
    };
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    session.on("hello", soon, signal);
    session.on("labels", soon, signal);
    session.on("versions", soon, signal);
    handleMerge(
      root,
      session,
      signal,
      (text) => {
        said.textContent = text;
        said.hidden = text === "";
        soon();
      },
      root,
    );
    void load();
  },
};

function ahead(commits: number): string {
  if (commits === 0) return "nothing new";
  return commits === 1 ? "1 commit ahead" : `${count(commits)} commits ahead`;
}

/** Ask whoever holds this element to open the merge of a branch. */
export function requestMerge(from: HTMLElement, source: string): void {
  from.dispatchEvent(new CustomEvent("dqx-merge", { bubbles: true, composed: true, detail: { source } }));
}

/** Open the merge view over `over` when something inside `root` asks for it. */
export function handleMerge(
  root: HTMLElement,
  session: Session,
  signal: AbortSignal,
  closed: (said: string) => void = () => {},
  over: HTMLElement = root,
): void {
  root.addEventListener(
    "dqx-merge",
    (event) => {
      const source: unknown = (event as CustomEvent<{ source?: unknown }>).detail?.source;
      if (typeof source !== "string") return;
      // Taken: no widget around this one opens it a second time.
      event.stopImmediatePropagation();
      openMerge(over, session, source, signal, closed);
    },
    { signal },
  );
}
