/** The sections of the details: their names at the side (above where it is narrow), one page in sight, each made once. */

import { freshId } from "../core/kernel/wire";
import { h } from "../core/ui/dom";
import type { Place, Section } from "../core/ui/section";
import { makeHelped } from "../pipeline/helped";
import { makeWork } from "../pipeline/work";
import { makeBlind } from "./blind";
import { makeData } from "./data";
import { makeMethods } from "./methods";
import { makeRaters } from "./raters";
import { makeSlices } from "./slices";
import { makeStore } from "./store";
import { makeSure } from "./sure";

export const SECTIONS = [
  { name: "sure", title: "How sure", make: makeSure },
  { name: "data", title: "The data", make: makeData },
  { name: "slices", title: "Slices", make: makeSlices },
  { name: "raters", title: "Raters", make: makeRaters },
  { name: "blind", title: "Second opinions", make: makeBlind },
  { name: "methods", title: "Methods", make: makeMethods },
  { name: "helped", title: "Did it help?", make: makeHelped },
  { name: "work", title: "Work", make: makeWork },
  { name: "store", title: "Store", make: makeStore },
] as const satisfies readonly { name: string; title: string; make: (place: Place) => Section }[];

export type SectionName = (typeof SECTIONS)[number]["name"];

/** The section of that name; undefined where there is none. */
export function sectionOf(name: string): SectionName | undefined {
  return SECTIONS.find((each) => each.name === name)?.name;
}

export interface Pages {
  element: HTMLElement;
  /** Bring a section to the front; by default the one that was there. */
  show(name?: SectionName): void;
}

export function makePages(place: Place): Pages {
  const id = `dqx-details-${freshId().slice(0, 8)}`;
  let current: SectionName = "sure";
  const made = new Map<SectionName, Section>();
  const buttons = SECTIONS.map(({ name, title }) =>
    h("button", {
      class: "dqx-details-name",
      type: "button",
      role: "tab",
      id: `${id}-${name}`,
      text: title,
      data: { dqx: "details-section", section: name },
      aria: { controls: `${id}-${name}-page` },
      on: { click: () => show(name) },
    }),
  );
  const pages = SECTIONS.map(({ name, title }) =>
    h(
      "div",
      {
        class: "dqx-section",
        role: "tabpanel",
        id: `${id}-${name}-page`,
        data: { dqx: "section", section: name },
        aria: { labelledby: `${id}-${name}` },
        hidden: true,
      },
      h("h3", { text: title }),
    ),
  );
  const show = (name: SectionName = current): void => {
    current = name;
    SECTIONS.forEach((each, i) => {
      const on = each.name === name;
      const [button, page] = [buttons[i] as HTMLElement, pages[i] as HTMLElement];
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
      page.hidden = !on;
      if (!on) return;
      let section = made.get(name);
      if (!section) {
        section = each.make(place);
        made.set(name, section);
        page.append(section.element);
      }
      section.shown();
    });
  };
  const names = h(
    "div",
    { class: "dqx-details-names", role: "tablist", aria: { label: "Details", orientation: "vertical" } },
    ...buttons,
  );
  names.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (at < 0 || step === undefined || event.shiftKey) return;
    // Here the arrows walk the names, not the queue.
    event.preventDefault();
    event.stopPropagation();
    const next = SECTIONS[(at + step + SECTIONS.length) % SECTIONS.length];
    if (!next) return;
    show(next.name);
    buttons[SECTIONS.indexOf(next)]?.focus();
  });
  return { element: h("div", { class: "dqx-details-pages" }, names, ...pages), show };
}
