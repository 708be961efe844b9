/** The head: how far the review is and how much is left, in one line, and the buttons for what is beside the work. */
import "./head.css";
import type { Session } from "../core/session/session";
import { setAttribute, setChildren, setText } from "../core/ui/change";
import { count, h, key } from "../core/ui/dom";
import { leftWords } from "../core/ui/estimate";
import { command, printed } from "../core/ui/keys";
import { makeSaved } from "./saved";

/** Make the head; `buttons` stand between Export and Keys. */
export function makeHead(
  root: HTMLElement,
  session: Session,
  signal: AbortSignal,
  buttons: readonly HTMLElement[],
): HTMLElement {
  const ask = (name: string) => () => void command(name, root, session);
  const download = h("button", {
    class: "dqx-button",
    type: "button",
    text: "Export…",
    title: "Save the labels as they are now to a file",
    data: { dqx: "export" },
    aria: { haspopup: "dialog" },
    on: { click: ask("export") },
  });
  const keys = h(
    "button",
    {
      class: "dqx-button",
      type: "button",
      title: "Keys and marks",
      data: { dqx: "help-button" },
      aria: { haspopup: "dialog" },
      on: { click: ask("help") },
    },
    h("span", { class: "dqx-head-word", text: "Keys" }),
    key(printed("help")),
  );
  return h(
    "div",
    { class: "dqx-head", data: { dqx: "head" } },
    makeStanding(session, signal),
    makeLeft(session, signal),
    h("span", { class: "dqx-head-saved-by" }, ...makeSaved(session, signal)),
    h("span", { class: "dqx-head-buttons" }, download, ...buttons, keys),
  );
}

/** "60 reviewed · 42 changed"; before anything is reviewed, what there is to do. */
function makeStanding(session: Session, signal: AbortSignal): HTMLElement {
  const element = h("div", { class: "dqx-head-counts", data: { dqx: "reviewed" } });
  const fill = (): void => {
    const { counts, hello, unsaved } = session;
    element.dataset.reviewed = String(counts?.reviewed ?? 0);
    element.dataset.fixed = String(counts?.relabelled ?? 0);
    if (hello && counts && counts.reviewed + unsaved > 0)
      setChildren(element, ...standing(counts.reviewed, counts.relabelled, unsaved));
    else setChildren(element, ...begin(session));
    setAttribute(element, "title", hello?.store.name ?? "");
  };
  for (const topic of ["hello", "scores", "counts", "unsaved", "kernel"] as const)
    session.on(topic, fill, signal);
  fill();
  return element;
}

/** What is on disk, and beside it how many decisions are not yet. */
function standing(reviewed: number, changed: number, unsaved: number): Node[] {
  const parts: (Node | string)[] = [strong(count(reviewed)), " reviewed"];
  if (unsaved > 0) parts.push(h("span", { class: "dqx-waiting", text: ` +${count(unsaved)} waiting` }));
  parts.push(" · ", strong(count(changed)), " changed");
  return parts.map((part) => (typeof part === "string" ? document.createTextNode(part) : part));
}

/** What this is, in one sentence. */
function begin(session: Session): Node[] {
  const { hello, scores, suspects } = session;
  const text = (words: string): Node => document.createTextNode(words);
  if (!hello)
    return [text(session.transport.connected ? "Waiting for the kernel…" : "Not connected to a kernel.")];
  const n = count(hello.dataset.n);
  if (!scores) return [text(`Looking for labels that are probably wrong among ${n} …`)];
  return [text("Check the labels that are probably wrong: "), strong(count(suspects)), text(` of ${n}`)];
}

function strong(words: string): HTMLElement {
  return h("strong", { text: words });
}

/** "about 230 wrong labels left (165 to 1,090)"; away until something is reviewed: first one number is enough. */
function makeLeft(session: Session, signal: AbortSignal): HTMLElement {
  const text = h("strong");
  const range = h("span", { class: "dqx-muted dqx-head-range" });
  const element = h("div", { class: "dqx-head-left", data: { dqx: "head-left" } }, text, range);
  const fill = (): void => {
    const words = session.leftError ? null : leftWords(session.left);
    element.hidden = !words || (session.counts?.reviewed ?? 0) === 0;
    setText(text, words?.text ?? "");
    setText(range, words?.range ? ` (${words.range})` : "");
    setAttribute(element, "title", session.left?.sentence ?? "");
  };
  session.on("left", fill, signal);
  session.on("counts", fill, signal);
  session.on("hello", fill, signal);
  fill();
  return element;
}
