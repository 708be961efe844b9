/** The bundle's entry: finds the panel that the Python half asks for and mounts it on the review's session. */
import type { AnyWidget, RenderProps } from "@anywidget/types";
import { makeBulkDialog } from "./bulk/dialog";
import { Card } from "./card/panel";
import { Charts } from "./charts/panel";
import { hearAtOnce } from "./core/kernel/late";
import { sessionOf } from "./core/session/page";
import { bindKeys } from "./core/ui/handler";
import { makeMessage } from "./core/ui/message";
import { placeNotice } from "./core/ui/notice";
import type { Panel } from "./core/ui/panel";
import { hideSnapshot } from "./core/ui/snapshot";
import { Details } from "./details/panel";
import { placeBanner } from "./explorer/banner";
import { Explorer } from "./explorer/panel";
import { makeExport } from "./export/dialog";
import { History } from "./history/panel";
import { PointsMap } from "./map/panel";
import { handleMerge, Merge } from "./merge/panel";
import { Neighbours } from "./neighbours/panel";
import { Pipeline } from "./pipeline/panel";
import { makeEnd } from "./queue/end";
import { Queue } from "./queue/panel";

interface State {
  review: string;
  panel: string;
  /** The widget's own id in its host. */
  line: string;
}

const panels: readonly Panel[] = [
  Explorer,
  PointsMap,
  Card,
  Queue,
  Neighbours,
  History,
  Merge,
  Charts,
  Details,
  Pipeline,
];

/** Those that decide: alone in a cell they say what was done, and ask before many labels change. */
const DECIDING: readonly Panel[] = [PointsMap, Card, Queue];

const widget: AnyWidget<State> = () => ({
  initialize({ model, signal }) {
    sessionOf(model.get("review")).attach(model, signal);
    void hearAtOnce(model, model.get("line"));
  },
  render({ model, el, signal }: RenderProps<State>) {
    const name = model.get("panel");
    const panel = panels.find((p) => p.name === name);
    if (!panel) throw new Error(`The bundle has no panel ${name}.`);
    const session = sessionOf(model.get("review"));
    panel.mount(el, session, signal);
    if (panel !== Explorer) placeBanner(el, session, signal);
    if (panel !== Explorer && panel !== Card) placeNotice(el, session, signal);
    // Where no panel has a better place for it, the merge view lies over the one that asked.
    handleMerge(el, session, signal);
    if (panel === Queue) {
      el.prepend(makeEnd(el, session, signal));
      el.append(makeExport(el, session, signal));
    }
    if (DECIDING.includes(panel))
      el.append(makeMessage(session, signal), makeBulkDialog(el, session, signal));
    bindKeys(el, session, signal);
    hideSnapshot(el, session, signal);
  },
});

export default widget;
