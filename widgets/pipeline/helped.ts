/**
 * "Did it help?": a model taught on the given labels against one taught on the labels as they are now. The kernel
 * compares them on a thread of its own; this shows how far it is, what came out, and takes the wish to cancel.
 */
import "./helped.css";
import type { Helped, HelpedState } from "../core/kernel/schema";
import { CallError, Disconnected, LOST } from "../core/kernel/transport";
import { h } from "../core/ui/dom";
import { command } from "../core/ui/keys";
import type { Place, Section } from "../core/ui/section";
import { makeTable } from "../core/ui/table";
import { asOf } from "../methods/words";
import { accuracy, figure, flips, howFar, signed } from "./helpedWords";
import { share } from "./words";

const WHAT =
  "A small model is taught twice, on the given labels and on the labels as they are now. Each item is judged by a " +
  "model that was not taught it.";

/** With fewer items of a class than this the interval spans nearly everything. */
const FEWEST = 10;
const TOO_FEW = `Fewer than ${FEWEST} items of this class were judged: their accuracy says nothing yet`;

export function makeHelped({ root, session, signal }: Place): Section {
  const bar = h("progress", { max: 1, aria: { label: "Did it help: progress" } });
  const far = h("span", { class: "dqx-helped-far", data: { dqx: "helped-progress" } });
  const cancel = act("Cancel", "helped-cancel", () => void ask("helped_cancel"));
  const running = h("div", { class: "dqx-helped-running" }, bar, far, cancel);
  const said = h("div", { role: "status", data: { dqx: "helped-said" } });
  const again = act("Ask again", "helped-again", () => void ask("helped_start"));
  const lost = act("Show those right only before", "helped-lost", () => {
    const items = state?.result?.lost_items ?? [];
    if (items.length > 0) session.present(items);
  });
  lost.hidden = true;
  const more = h("div", { class: "dqx-helped-more" });
  const element = h(
    "div",
    { class: "dqx-helped", tabIndex: -1, data: { dqx: "helped-panel" } },
    running,
    said,
    h("div", { class: "dqx-helped-acts" }, again, lost),
    more,
  );
  let state: HelpedState | null = null;
  let turn = 0;
  const inSight = (): boolean => element.isConnected && element.closest("[hidden]") === null;

  const ask = async (call: "helped" | "helped_start" | "helped_cancel"): Promise<void> => {
    const mine = ++turn;
    try {
      const answer = await session.transport.call(call);
      if (mine === turn && !signal.aborted) take(answer);
    } catch (error) {
      if (mine !== turn || signal.aborted) return;
      const message = error instanceof Disconnected ? LOST : (error as Error).message;
      const remedy = error instanceof CallError ? error.detail.remedy : "";
      take({
        state: "failed",
        stage: null,
        result: state?.result ?? null,
        error: { message, remedy },
        since: 0,
      });
    }
  };

  const take = (next: HelpedState): void => {
    const before = state;
    state = next;
    draw();
    if (!inSight() && before?.state === "running" && next.state === "done" && next.result)
      session.emit("notice", {
        kind: "info",
        text: `Did it help? ${next.result.verdict}. ${accuracy(next.result)}`,
        act: { text: "Show", run: () => command("details-helped", root, session) },
      });
  };

  const draw = (): void => {
    const now = state?.state ?? "none";
    const busy = now === "running";
    if (!inSight()) return;
    const kept = focused(element);
    running.hidden = !busy;
    bar.value = state?.stage ? share(state.stage) : 0;
    far.textContent = howFar(state?.stage ?? null);
    // The same labels, decided on as they are, would give the same answer.
    again.hidden = busy || (now === "done" && state?.since === 0);
    again.textContent = now === "done" ? "Ask again" : now === "none" ? "Compare" : "Try again";
    const result = busy ? null : (state?.result ?? null);
    lost.hidden = (result?.lost_items.length ?? 0) === 0;
    say(busy ? [] : sentences(state));
    more.replaceChildren(...(result ? details(result) : [h("p", { class: "dqx-muted", text: WHAT })]));
    // The button that had the keyboard may be gone.
    if (kept?.closest("[hidden]")) element.focus({ preventScroll: true });
  };

  /** Only what is new is put there, and so spoken. */
  const say = (lines: readonly { text: string; class: string }[]): void => {
    if (lines.map((line) => line.text).join() === [...said.children].map((each) => each.textContent).join())
      return;
    said.replaceChildren(...lines.map((line) => h("p", line)));
  };

  session.on("helped", take, signal);
  session.on(
    "counts",
    () => {
      draw();
      // The result may be of other labels now.
      if (inSight() && state?.state === "done") void ask("helped");
    },
    signal,
  );
  draw();
  return {
    element,
    shown() {
      draw();
      void ask("helped").then(() => {
        // Whoever looks for the first time wants the answer, not another button.
        if (state?.state === "none" && (session.counts?.relabelled ?? 0) > 0) void ask("helped_start");
      });
    },
  };
}

function act(text: string, hook: string, run: () => void): HTMLButtonElement {
  return h("button", {
    class: "dqx-button",
    type: "button",
    text,
    data: { dqx: hook },
    on: { click: run },
  });
}

function focused(element: HTMLElement): Element | null {
  const { activeElement } = element.getRootNode() as Document | ShadowRoot;
  return element.contains(activeElement) ? activeElement : null;
}

/** What came out, or why nothing did, a sentence each. */
function sentences(state: HelpedState | null): { text: string; class: string }[] {
  if (!state || state.state === "none") return [];
  const lines: { text: string; class: string }[] = [];
  if (state.state === "failed" && state.error) {
    const { message, remedy } = state.error;
    lines.push({ text: `It could not be told: ${message} ${remedy}`.trim(), class: "dqx-helped-bad" });
  }
  if (state.state === "cancelled") lines.push({ text: "Cancelled; nothing was changed.", class: "" });
  const { result } = state;
  if (!result) return lines;
  lines.push({ text: `${result.verdict}.`, class: "dqx-strong" });
  if (accuracy(result))
    lines.push({ text: `${accuracy(result)}.${result.few ? " These are few." : ""}`, class: "" });
  if (flips(result)) lines.push({ text: `Of these ${flips(result)}.`, class: "" });
  if (state.since > 0 || state.state !== "done")
    lines.push({ text: `This is ${asOf(result.time, state.since)}.`, class: "dqx-muted" });
  return lines;
}

/** What to bear in mind, and the table by class. */
function details(found: Helped): HTMLElement[] {
  const parts: HTMLElement[] = [h("p", { class: "dqx-muted", text: found.note || WHAT })];
  if (found.changed > 0 && found.classes.length > 0) parts.push(table(found));
  if (found.omitted > 0)
    parts.push(
      h("p", { class: "dqx-muted", text: `${found.omitted} more classes are in review.helped().per_class.` }),
    );
  return parts;
}

function table(found: Helped): HTMLElement {
  return makeTable(
    "By class",
    ["class", "items", "before", "after", "difference", "95 % range"],
    found.classes.map((each) => [
      each.name,
      String(each.judged),
      ...(each.judged < FEWEST
        ? [h("span", { class: "dqx-muted", text: "too few to tell", title: TOO_FEW }), "", "", ""]
        : [
            figure(each.before),
            figure(each.after),
            signed(each.difference),
            `${signed(each.low)} to ${signed(each.high)}`,
          ]),
    ]),
    "helped-classes",
  );
}
