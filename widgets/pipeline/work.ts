/** Work: every stage with what it did, where and how long, what went wrong, and how to run again. */
import "./pipeline.css";
import type { Stage } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { count, h } from "../core/ui/dom";
import type { Place, Section } from "../core/ui/section";
import { makeRerun } from "./rerun";
import { details, duration, rate, share, stageName, summary } from "./words";

export function makeWork({ session, signal }: Place): Section {
  const stages = h("div", { class: "dqx-pipe-stages", role: "list", aria: { label: "Stages" } });
  const together = h("p", { class: "dqx-muted", data: { dqx: "stages-together" } });
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
  const trust = h("p", { class: "dqx-pipe-trust", role: "note", data: { dqx: "trust" } });
  const element = h(
    "div",
    { class: "dqx-work" },
    stages,
    together,
    h("div", { class: "dqx-pipe-end" }, cancel, rerun.element),
    trust,
    spoken,
  );

  const seen = new Map<string, { element: HTMLElement; state: string }>();
  const showStages = (now: readonly Stage[]): void => {
    if (now.length === 0) {
      stages.replaceChildren(waiting(session));
      seen.clear();
    } else if (now.map((each) => each.name).join() !== [...seen.keys()].join()) {
      seen.clear();
      for (const { name } of now) seen.set(name, { element: stageElement(name), state: "" });
      stages.replaceChildren(...[...seen.values()].map((each) => each.element));
    }
    const changes: string[] = [];
    for (const stage of now) {
      const shown = seen.get(stage.name);
      if (!shown) continue;
      showStage(shown.element, stage);
      if (shown.state && shown.state !== stage.state && stage.state !== "waiting")
        changes.push(`${stageName(stage.name)} ${stage.state}`);
      shown.state = stage.state;
    }
    // Only changes of state are spoken: progress would never stop talking.
    if (changes.length > 0) spoken.textContent = changes.join(", ");
    together.textContent = togetherWords(now);
    cancel.hidden = !now.some((each) => each.state === "running");
    rerun.element.hidden = now.length === 0 || !cancel.hidden;
    if (rerun.element.hidden) rerun.close();
  };
  const showTrust = (): void => {
    const text = session.hello?.trust ?? "";
    trust.hidden = text === "";
    trust.textContent = text;
  };
  session.on("stages", showStages, signal);
  session.on("hello", showTrust, signal);
  session.on("scores", showTrust, signal);
  showStages(session.stages);
  showTrust();
  return { element, shown() {} };
}

/** "Together 36 s"; "" while nothing has ended. */
export function togetherWords(stages: readonly Stage[]): string {
  const seconds = stages.reduce((sum, each) => sum + each.seconds, 0);
  return seconds > 0 ? `Together ${duration(seconds)}` : "";
}

/** What a stage does, or has done, at length: "1,797 items, 12,400/s · pixels: chosen since … · cpu". */
export function workWords(stage: Stage): string {
  if (stage.state !== "done") return summary(stage);
  const fast = stage.rate > 0 ? `, ${rate(stage.rate)}` : "";
  const amount = stage.total > 0 && stage.unit === "items" ? `${count(stage.total)} items${fast}` : "";
  return [amount, stage.note, stage.device].filter(Boolean).join(" · ");
}

function waiting(session: Session): HTMLElement {
  const text = session.transport.connected ? "Waiting for the kernel…" : "Not connected to a kernel.";
  return h("span", { class: "dqx-muted", text });
}

function stageElement(name: string): HTMLElement {
  return h(
    "div",
    { class: "dqx-stage", role: "listitem", data: { dqx: "stage", stage: name } },
    h("i", { class: "dqx-dot", aria: { hidden: "true" } }),
    h("span", { class: "dqx-strong", text: stageName(name) }),
    h("span", { class: "dqx-stage-time" }),
    h("span", { class: "dqx-stage-text dqx-muted" }),
  );
}

function showStage(element: HTMLElement, stage: Stage): void {
  element.dataset.state = stage.state;
  element.title = details(stage);
  const [dot, , time, text] = [...element.children] as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
  dot.style.setProperty("--dqx-share", `${Math.round(share(stage) * 100)}%`);
  const took = stage.seconds > 0 ? duration(stage.seconds) : "";
  if (time.textContent !== took) time.textContent = took;
  const words = workWords(stage);
  if (text.textContent !== words) text.textContent = words;
}
