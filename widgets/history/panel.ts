import { frame } from "../core/frame";
import type { Panel } from "../core/panel";

export const History: Panel = {
  name: "history",
  mount(root, _session, signal) {
    frame(root, "history", signal);
  },
};
