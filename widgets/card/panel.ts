import { frame } from "../core/frame";
import type { Panel } from "../core/panel";

export const Card: Panel = {
  name: "card",
  mount(root, _session, signal) {
    frame(root, "card", signal);
  },
};
