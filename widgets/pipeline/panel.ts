/** The strip that is always there: what ran, how fast, on what device, how long still, and how far the review is. */
import "./pipeline.css";
import type { Counts, Stage } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";
import { frame } from "../core/ui/frame";
import type { Panel } from "../core/ui/panel";
import { makeFailed } from "./failures";
import { makeHelped } from "./helped";
import { makeRerun } from "./rerun";
import { details, share, stageName, summary } from "./words";

export const Pipeline: Panel = {
  name: "pipeline",
  mount(root, session, signal) {
    frame(root, "pipeline", signal);
    const stages = h("div", { class: "dqx-pipe-stages", role: "list", aria: { label: "Pipeline" } });
    const spoken = h("div", { class: "dqx-visually-hidden", role: "status", aria: { live: "polite" } });
    const cancel = h("button", {
      class: "dqx-button",
      type: "button",
      text: "Cancel",
      title: "Stop the running stage; what is finished stays",
      data: { dqx: "cancel" },
      on: { click: () => session.cancel() },
    });
    const rerun = makeRerun(session, signal);
    const helped = makeHelped(session, root, signal);
    const failed = makeFailed(session, root, signal);
    const reviewed = h("div", { class: "dqx-pipe-counts", data: { dqx: "reviewed" } });
    const trust = h("div", { class: "dqx-pipe-trust", role: "note", data: { dqx: "trust" } });
    root.append(
      h(
        "div",
        { class: "dqx-pipe-row" },
        stages,
        h("div", { class: "dqx-pipe-end" }, reviewed, helped.button, cancel, rerun.element),
      ),
      trust,
      spoken,
      failed,
      helped.element,
    );

    const seen = new Map<string, { element: HTMLElement; state: string }>();
    const showStages = (now: readonly Stage[]): void => {
      const names = now.map((s) => s.name);
      if (names.join() !== [...seen.keys()].join()) {
        seen.clear();
        for (const name of names) seen.set(name, { element: stageElement(name), state: "" });
        stages.replaceChildren(...[...seen.values()].map((s) => s.element));
      }
      const changes: string[] = [];
      let device = "";
      for (const stage of now) {
        const shown = seen.get(stage.name);
        if (!shown) continue;
        showStage(shown.element, stage, device);
        device = stage.device || device;
        if (shown.state && shown.state !== stage.state && stage.state !== "waiting")
          changes.push(`${stageName(stage.name)} ${stage.state}`);
        shown.state = stage.state;
      }
      // Only changes of state are spoken: progress would never stop talking.
      if (changes.length > 0) spoken.textContent = changes.join(", ");
      cancel.hidden = !now.some((s) => s.state === "running");
      rerun.element.hidden = now.length === 0 || !cancel.hidden;
      if (rerun.element.hidden) rerun.close();
    };
    const showTrust = (): void => {
      const text = session.hello?.trust ?? "";
      trust.hidden = text === "";
      trust.textContent = text;
      trust.title = text;
    };

    session.on("stages", showStages, signal);
    const showRest = (): void => {
      showCounts(reviewed, session.counts, session.unsaved);
      showTrust();
    };
    session.on("stages", showStages, signal);
    for (const topic of ["hello", "scores", "counts", "unsaved"] as const)
      session.on(topic, showRest, signal);
    showStages(session.stages);
    showRest();
    if (session.stages.length === 0) stages.append(waiting(session));
  },
};

function waiting(session: Session): HTMLElement {
  const text = session.transport.connected ? "Waiting for the kernel…" : "Not connected to a kernel.";
  return h("span", { class: "dqx-muted", text });
}

function stageElement(name: string): HTMLElement {
  return h(
    "span",
    { class: "dqx-stage", role: "listitem", data: { dqx: "stage", stage: name } },
    h("i", { class: "dqx-dot", aria: { hidden: "true" } }),
    h("span", { class: "dqx-strong", text: stageName(name) }),
    h("span", { class: "dqx-stage-text dqx-muted" }),
  );
}

function showStage(element: HTMLElement, stage: Stage, before: string): void {
  element.dataset.state = stage.state;
  element.title = details(stage);
  const [dot, , text] = element.children as unknown as [HTMLElement, HTMLElement, HTMLElement];
  dot.style.setProperty("--dqx-share", `${Math.round(share(stage) * 100)}%`);
  const words = summary(stage, before);
  if (text.textContent !== words) text.textContent = words;
}

/** What is on disk, and beside it how many decisions are not yet. */
function showCounts(element: HTMLElement, counts: Counts | null, unsaved: number): void {
  if (!counts) {
    element.replaceChildren();
    return;
  }
  element.dataset.reviewed = String(counts.reviewed);
  element.dataset.fixed = String(counts.relabelled);
  element.replaceChildren(
    "reviewed ",
    h("span", { class: "dqx-strong", text: count(counts.reviewed) }),
    unsaved > 0 ? h("span", { class: "dqx-waiting", text: ` +${count(unsaved)} waiting` }) : "",
    " · fixed ",
    h("span", { class: "dqx-strong dqx-good", text: count(counts.relabelled) }),
  );
}
