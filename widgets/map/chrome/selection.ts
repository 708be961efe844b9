/**
 * The lasso's chip: how many items are chosen, and what can be done to all of them at once.
 *
 * Keys always decide about the current item alone; many items change only through the buttons here, which say how many.
 */
import { keepChosen, relabelChosen } from "../../core/session/actions";
import type { Session } from "../../core/session/session";
import { count, h } from "../../core/ui/dom";

export interface ChosenChip {
  element: HTMLElement;
  fill(): void;
}

/** Make the chip; `leave` takes the focus back to the map when the chip goes. */
export function makeChosenChip(session: Session, leave: () => void): ChosenChip {
  const drop = h("button", {
    class: "dqx-button",
    type: "button",
    data: { dqx: "chosen" },
    on: { click: () => session.choose([]) },
  });
  const open = h("button", {
    class: "dqx-button",
    type: "button",
    data: { dqx: "relabel-chosen" },
    aria: { expanded: "false" },
    on: { click: () => expand(form.hidden === true) },
  });
  const select = h("select", {
    aria: { label: "Label for all chosen items" },
    data: { dqx: "chosen-label" },
  });
  const apply = h("button", {
    class: "dqx-button dqx-primary",
    type: "button",
    data: { dqx: "apply-chosen" },
    on: {
      click: () => {
        if (select.value === "") return;
        relabelChosen(session, session.className(Number(select.value)));
        expand(false);
      },
    },
  });
  const keep = h("button", {
    class: "dqx-button",
    type: "button",
    on: {
      click: () => {
        keepChosen(session);
        expand(false);
      },
    },
  });
  const form = h("div", { class: "dqx-popover dqx-map-bulk", role: "group" }, select, apply, keep);
  form.setAttribute("aria-label", "Decide about all chosen items");
  form.hidden = true;
  const element = h("span", { class: "dqx-map-chosen" }, drop, open, form);

  const expand = (on: boolean): void => {
    form.hidden = !on;
    open.setAttribute("aria-expanded", String(on));
    if (on) select.focus();
  };
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    expand(false);
    open.focus();
  });

  return {
    element,
    fill() {
      const n = session.chosen.length;
      if (n === 0) {
        // Focus inside something hidden would fall back to the page, and keys with it.
        const focused = (element.getRootNode() as Document | ShadowRoot).activeElement;
        if (focused && element.contains(focused)) leave();
        element.hidden = true;
        expand(false);
        return;
      }
      element.hidden = false;
      const many = `${count(n)} ${n === 1 ? "item" : "items"}`;
      drop.textContent = `${count(n)} chosen ✕`;
      drop.title = "Forget the lasso";
      open.textContent = `Relabel ${count(n)}…`;
      apply.textContent = `Relabel ${many}`;
      keep.textContent = `Keep given label of ${many}`;
      const before = select.value;
      select.replaceChildren(
        h("option", { value: "", text: "label…" }),
        ...session.classes.map((name, code) => h("option", { value: String(code), text: name })),
      );
      select.value = before;
    },
  };
}
