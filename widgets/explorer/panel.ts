/**
 * The whole explorer in one cell, from top to bottom: how far the review is; what runs, while something does; the tabs;
 * one page over the whole width, or more where there is room; and the queue. It has the height that its place gives it
 * and does not scroll as a whole. Nothing is modal.
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
import { makeSpoken } from "../core/ui/spoken";
import { Details } from "../details/panel";
import { makeExport } from "../export/dialog";
import { History } from "../history/panel";
import { PointsMap } from "../map/panel";
import { handleMerge } from "../merge/panel";
import { Neighbours } from "../neighbours/panel";
import { makeFailed } from "../pipeline/failures";
import { makeProgress } from "../pipeline/progress";
import { makeEnd } from "../queue/end";
import { Queue } from "../queue/panel";
import { makeAsk } from "./ask";
import { placeBanner } from "./banner";
import { makeDetailsPage } from "./details";
import { makeHead } from "./head";
import { makeHelp } from "./help";
import { makeNotices } from "./notices";
import { followView, makeFullScreen } from "./screen";
import { makeTabs, type Tab } from "./tabs";

const TABS: readonly Tab[] = [
  { title: "Item", name: "item", panel: Card },
  { title: "Map", name: "map", panel: PointsMap },
  { title: "Neighbours", name: "neighbours", panel: Neighbours },
  { title: "Label pairs", name: "charts", panel: Charts },
  { title: "History", name: "history", panel: History },
];

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
    const said = makeMessage(session, signal);
    const tabs = makeTabs(root, TABS, session, signal, said, makeKeyboardHint());
    const main = h("div", { class: "dqx-main" }, ...tabs.pages);
    // A merge decides on items, so it takes the place of the item.
    handleMerge(main, session, signal);
    const queue = h("div");
    const ask = makeAsk(root, session, signal);
    // What the random checks told is said once.
    const end = makeEnd(root, session, signal, () => ask.hasAttribute("data-known"));
    const details = makeDetailsPage(root, Details, [tabs.row, main, queue], session, signal);
    const full = makeFullScreen(root, session, signal, () => tabs.arrange());
    root.append(
      makeHead(root, session, signal, [details.button, full]),
      ask,
      makeProgress(session, signal),
      makeFailed(session, root, signal),
      tabs.row,
      end,
      main,
      queue,
      details.element,
      makeNotices(session, signal),
      makeHelp(root, session, signal),
      makeBulkDialog(root, session, signal),
      makeExport(root, session, signal),
      makeSpoken(root, session, signal, () => !details.element.hidden),
    );
    placeBanner(root, session, signal);
    followView(root, signal);
    tabs.begin();
    Queue.mount(queue, session, signal);
  },
};
