/** The bundle's entry: finds the panel that the Python half asks for and mounts it on the review's session. */
import type { AnyWidget, RenderProps } from "@anywidget/types";
import type { Panel } from "./core/panel";
import { sessionOf } from "./core/session";
import { Explorer } from "./explorer/panel";

interface State {
  review: string;
  panel: string;
}

const panels: readonly Panel[] = [Explorer];

const widget: AnyWidget<State> = () => ({
  initialize({ model, signal }) {
    sessionOf(model.get("review")).attach(model, signal);
  },
  render({ model, el, signal }: RenderProps<State>) {
    const name = model.get("panel");
    const panel = panels.find((p) => p.name === name);
    if (!panel) throw new Error(`The bundle has no panel ${name}.`);
    panel.mount(el, sessionOf(model.get("review")), signal);
  },
});

export default widget;
