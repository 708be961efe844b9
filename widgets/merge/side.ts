/** One side of a conflict: its label, who gave it, when and why, and the nearest items that have it. */

import type { Side } from "../core/kernel/schema";
import type { Session } from "../core/session/session";
import { h, key } from "../core/ui/dom";
import { labelChip } from "../core/ui/frame";
import { thumbnail } from "../core/ui/preview";
import { deed, saw, signature } from "./words";

export interface SideProps {
  side: Side;
  /** "ours" or "theirs", and the branch that it is on. */
  name: "ours" | "theirs";
  branch: string;
  pressed: string;
  picked: boolean;
  /** The items nearest to it that have this label; null until the kernel has said. */
  nearest: readonly number[] | null;
  take: () => void;
}

export function sideElement(session: Session, props: SideProps): HTMLElement {
  const { side, name, branch } = props;
  const what = deed(side);
  const seen = saw(side, session.hello?.calibrated ?? false);
  return h(
    "section",
    { class: "dqx-merge-side", data: { side: name }, aria: { label: `${name}, ${branch}` } },
    h(
      "div",
      { class: "dqx-merge-side-head" },
      h("span", { class: "dqx-merge-branch dqx-cut", title: branch, text: branch }),
      h(
        "button",
        {
          class: "dqx-button dqx-merge-take",
          type: "button",
          data: { dqx: `merge-${name}` },
          aria: { pressed: String(props.picked) },
          on: { click: props.take },
        },
        h("span", { class: "dqx-cut", text: `Take ${name}` }),
        key(props.pressed),
      ),
    ),
    h(
      "div",
      { class: "dqx-merge-side-label" },
      h("strong", {}, namedChip(session, side.label)),
      what ? h("span", { class: "dqx-muted", text: what }) : null,
    ),
    h(
      "div",
      { class: "dqx-merge-side-who", title: [side.time ?? "", side.why].filter(Boolean).join("\n") },
      h("span", { text: signature(side) }),
      seen ? h("span", { class: "dqx-muted", text: seen }) : null,
      side.why ? h("div", { class: "dqx-merge-side-why", text: `“${side.why}”` }) : null,
    ),
    nearestElement(session, props.nearest, side.label),
  );
}

/** A label by its name; one that is no class any more has no colour. */
export function namedChip(session: Session, label: string | null): HTMLElement {
  const code = label === null ? -1 : session.classes.indexOf(label);
  if (label === null || code >= 0) return labelChip(session, code);
  return h("span", { class: "dqx-chip", text: label, title: `${label} (no class now)` });
}

function nearestElement(
  session: Session,
  items: readonly number[] | null,
  label: string | null,
): HTMLElement {
  const name = label ?? "unlabelled";
  const none = items === null ? "" : label === null ? "no label" : "no other item has this label";
  return h(
    "div",
    { class: "dqx-merge-nearest" },
    h("div", { class: "dqx-muted", text: items?.length ? "nearest with this label" : none }),
    h(
      "div",
      { class: "dqx-merge-thumbs", role: "group", aria: { label: `nearest labelled ${name}` } },
      ...(items ?? []).map((item) =>
        h(
          "span",
          {
            class: "dqx-merge-thumb",
            title: `labelled ${name}`,
            data: { item: String(item) },
            on: {
              pointerenter: () => session.hover(item),
              pointerleave: () => session.hover(null),
            },
          },
          thumbnail(session, item),
        ),
      ),
    ),
  );
}
