/**
 * What went wrong without stopping the rest, where nobody has to look for it: methods that failed, by name with their
 * errors, and an embedding that is not to be trusted.
 */

import type { Failures } from "../core/kernel/schema";
import { Disconnected } from "../core/kernel/transport";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { command } from "../core/ui/keys";

/** Letters of one error; the rest is in the title and in the list of methods. */
const LONG = 120;

export function makeFailed(session: Session, root: HTMLElement, signal: AbortSignal): HTMLElement {
  const words = h("span", { class: "dqx-pipe-failed-words", role: "status" });
  const list = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Details",
    data: { dqx: "failed-methods" },
    on: { click: () => command(failing ? "details-methods" : "details-data", root, session) },
  });
  const dismiss = h("button", {
    class: "dqx-button",
    type: "button",
    text: "✕",
    aria: { label: "Dismiss" },
    data: { dqx: "failed-dismiss" },
    on: {
      click: () => {
        dismissed = words.textContent ?? "";
        element.hidden = true;
      },
    },
  });
  const element = h(
    "div",
    { class: "dqx-pipe-failed", hidden: true, data: { dqx: "failed" } },
    words,
    list,
    dismiss,
  );
  let dismissed = "";
  let turn = 0;
  /** Whether a method has failed; else only the embedding is spoken of. */
  let failing = false;

  const load = async (): Promise<void> => {
    const mine = ++turn;
    try {
      const found = await session.transport.call("failures");
      if (mine !== turn || signal.aborted) return;
      const said = failedWords(found);
      failing = said !== "";
      const text = [said, session.hello?.trust ?? ""].filter(Boolean).join("; ");
      if (words.textContent !== text) words.textContent = text;
      words.title = found.methods.map((each) => `${each.name}: ${each.error}`).join("\n");
      element.hidden = text === "" || text === dismissed;
      // Alone in a cell there are no details to list them in.
      list.hidden = root.closest(".dqx-explorer") === null;
    } catch (error) {
      // Without a kernel nothing runs, and the banner says so.
      if (mine === turn && !(error instanceof Disconnected)) session.report(error);
    }
  };
  session.on(
    "scores",
    (items) => {
      // Scores that follow a click say that they do follow: only what is said can be over.
      if (items === null || words.textContent !== "") void load();
    },
    signal,
  );
  if (session.scores) void load();
  return element;
}

/** "1 method failed: my_method: ValueError: …. The rest go on."; "" where none did. */
export function failedWords({ methods, following }: Failures): string {
  const said: string[] = [];
  if (methods.length > 0) {
    const each = methods.map(({ name, error }) => `${name}: ${short(error)}`);
    said.push(`${methods.length} method${methods.length === 1 ? "" : "s"} failed: ${each.join("; ")}`);
    said.push("the rest go on");
  }
  if (following) said.push(`the scores have not followed the last change: ${short(following)}`);
  return said.join("; ");
}

function short(error: string): string {
  const line = error.replace(/\s+/g, " ").trim();
  return line.length > LONG ? `${line.slice(0, LONG - 1)}…` : line;
}
