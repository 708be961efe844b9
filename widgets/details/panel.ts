/**
 * Details: everything that one asks for now and then, and that stands in nobody's way. In the explorer a page behind a
 * button, which says by the event "dqx-section" at which section it is to open; alone in a cell a panel like all others.
 */
import "./details.css";
import { frame } from "../core/ui/frame";
import { command } from "../core/ui/keys";
import type { Panel } from "../core/ui/panel";
import { makePages, sectionOf } from "./pages";

export const Details: Panel = {
  name: "details",
  mount(root, session, signal) {
    frame(root, "details", signal);
    const pages = makePages({
      root,
      session,
      signal,
      // To see the item closes what lies over it.
      leave: () => command("item", root, session),
    });
    root.append(pages.element);
    root.addEventListener(
      "dqx-section",
      (event) => pages.show(sectionOf((event as CustomEvent<string>).detail)),
      { signal },
    );
    // What was in sight may be of before by now.
    session.on("opened", (pane) => pane.contains(root) && pages.show(), signal);
    pages.show();
  },
};
