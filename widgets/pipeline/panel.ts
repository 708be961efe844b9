/** The pipeline alone in a cell: its stages, how to run again, how far the review is, and whether it helped. */
import "./pipeline.css";
import { countsWords } from "../core/ui/counts";
import { h } from "../core/ui/dom";
import { frame } from "../core/ui/frame";
import type { Panel } from "../core/ui/panel";
import { makeFailed } from "./failures";
import { makeHelped } from "./helped";
import { makeWork } from "./work";

export const Pipeline: Panel = {
  name: "pipeline",
  mount(root, session, signal) {
    frame(root, "pipeline", signal);
    const place = { root, session, signal, leave(): void {} };
    const work = makeWork(place);
    const helped = makeHelped(place);
    const reviewed = h("p", { data: { dqx: "reviewed" } });
    const fold = h(
      "details",
      { data: { dqx: "helped" }, on: { toggle: () => fold.open && helped.shown() } },
      h("summary", { text: "Did it help?" }),
      helped.element,
    );
    const fill = (): void => {
      reviewed.textContent = session.counts ? countsWords(session.counts) : "";
    };
    session.on("counts", fill, signal);
    session.on("hello", fill, signal);
    fill();
    root.append(reviewed, makeFailed(session, root, signal), work.element, fold);
    work.shown();
  },
};
