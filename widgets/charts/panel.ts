import { frame } from "../core/frame";
import type { Panel } from "../core/panel";

export const Charts: Panel = {
  name: "charts",
  mount(root, _session, signal) {
    frame(root, "charts", signal);
  },
};
