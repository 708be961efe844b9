import { frame } from "../core/frame";
import type { Panel } from "../core/panel";

export const Neighbours: Panel = {
  name: "neighbours",
  mount(root, _session, signal) {
    frame(root, "neighbours", signal);
  },
};
