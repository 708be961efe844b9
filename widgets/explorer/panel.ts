/**
 * The whole explorer in one cell. The left half says where, the right half what, how sure and why, the strip below
 * what comes next; the pipeline above and the footer below are always there. Nothing is modal.
 */
import "./explorer.css";
import { makeBulkDialog } from "../bulk/dialog";
import { Card } from "../card/panel";
import { Charts } from "../charts/panel";
import { h } from "../core/ui/dom";
import { seeEstimate } from "../core/ui/estimate";
import { frame } from "../core/ui/frame";
import { makeKeyboardHint } from "../core/ui/keyboard";
import { makeMessage } from "../core/ui/message";
import type { Panel } from "../core/ui/panel";
import { History } from "../history/panel";
import { PointsMap } from "../map/panel";
import { handleMerge } from "../merge/panel";
import { Neighbours } from "../neighbours/panel";
import { Pipeline } from "../pipeline/panel";
import { Queue } from "../queue/panel";
import { placeBanner } from "./banner";
import { makeFooter } from "./footer";
import { makeHelp } from "./help";
import { makeNotices } from "./notices";
import { makeTabs } from "./tabs";

export const Explorer: Panel = {
  name: "explorer",
  mount(root, session, signal) {
    frame(root, "explorer", signal);
    seeEstimate(root, session, signal);
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", "Data-quality explorer");
    const showKind = (): void => {
      root.classList.toggle("dqx-words", (session.hello?.dataset.kind ?? "image") !== "image");
    };
    session.on("hello", showKind, signal);
    showKind();
    const place = (panel: Panel): HTMLElement => {
      const element = h("div");
      panel.mount(element, session, signal);
      return element;
    };
    const tabs = makeTabs(
      [
        { title: "Neighbours", panel: Neighbours },
        { title: "Label pairs", panel: Charts },
        { title: "History", panel: History },
      ],
      session,
      signal,
      makeMessage(session, signal),
      makeKeyboardHint(),
    );
    // A merge decides on items, so it takes the place of the card, beside the map that shows where they are.
    const what = h("div", { class: "dqx-what" }, place(Card), ...tabs);
    handleMerge(what, session, signal);
    placeBanner(root, session, signal);
    root.append(
      place(Pipeline),
      h(
        "div",
        { class: "dqx-main" },
        h("div", { class: "dqx-where" }, place(PointsMap)),
        what,
        makeNotices(session, signal),
        makeHelp(root, session, signal),
        makeBulkDialog(root, session, signal),
      ),
      place(Queue),
      makeFooter(session, signal),
    );
  },
};
