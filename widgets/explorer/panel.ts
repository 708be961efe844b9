import type { Panel } from "../core/panel";

export const Explorer: Panel = {
  name: "explorer",
  mount(root, session) {
    root.textContent = session.review;
  },
};
