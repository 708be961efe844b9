/** The line that is there while work runs, and only then: what runs, how far it is, how fast, how long still, and Cancel. */
import "./progress.css";
import type { Stage } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { h } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { share, stageName, summary } from "./words";

/** What each stage does, in plain words. */
const DOES: Record<string, string> = {
  embed: "Reading the items",
  graph: "Finding neighbours",
  probe: "Learning the labels",
  score: "Ranking the labels",
  layout: "Drawing the map",
};

export function makeProgress(session: Session, signal: AbortSignal): HTMLElement {
  const words = h("span", { class: "dqx-progress-words" });
  const bar = h("progress", { max: 1, aria: { label: "Progress" } });
  const far = h("span", { class: "dqx-progress-far dqx-muted" });
  const cancel = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Cancel",
    title: "Stop what runs; what is finished stays",
    data: { dqx: "cancel" },
    on: { click: () => session.cancel() },
  });
  const spoken = h("div", { class: "dqx-visually-hidden", role: "status", aria: { live: "polite" } });
  const line = h(
    "div",
    { class: "dqx-progress", hidden: true, data: { dqx: "progress" } },
    words,
    bar,
    far,
    cancel,
  );
  const element = h("div", { class: "dqx-progress-place" }, line, spoken);
  let before = "";
  const show = (stages: readonly Stage[]): void => {
    const now = stages.find((stage) => stage.state === "running");
    const failed = stages.find((stage) => stage.state === "failed");
    keepFocus(element.parentElement ?? element, () => {
      line.hidden = !now && !failed;
      cancel.hidden = !now;
    });
    const stage = now ?? failed;
    line.dataset.stage = stage?.name ?? "";
    line.dataset.state = stage?.state ?? "";
    bar.hidden = !now;
    if (now) {
      // A bar without a value says that it is not known how far it is.
      if (now.total > 0) bar.value = share(now);
      else bar.removeAttribute("value");
    }
    const what = stage ? said(stage) : "";
    if (words.textContent !== what) words.textContent = what;
    far.textContent = now ? summary(now) : "";
    // What is done is said once; progress would never stop talking.
    const key = stage ? `${stage.name} ${stage.state}` : "";
    if (key === before) return;
    spoken.textContent = stage ? what : before === "" ? "" : "Ready.";
    before = key;
  };
  session.on("stages", show, signal);
  show(session.stages);
  return element;
}

/** "Learning the labels", or what failed and why. */
function said(stage: Stage): string {
  if (stage.state === "failed")
    return `${stageName(stage.name)} failed: ${stage.note || "no reason was given"}`;
  return DOES[stage.name] ?? stageName(stage.name);
}
