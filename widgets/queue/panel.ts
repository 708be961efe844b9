import { frame } from "../core/frame";
import type { Panel } from "../core/panel";

export const Queue: Panel = {
  name: "queue",
  mount(root, _session, signal) {
    frame(root, "queue", signal);
  },
};
