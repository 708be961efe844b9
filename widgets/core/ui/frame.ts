/** The ground every panel stands on: tokens and theme. */
import "./tokens.css";
import type { Session } from "../session/session";
import { h, svg } from "./dom";
import { nameElement } from "./name";
import { classColour, classShape, isDark, onTheme } from "./theme";

/** Prepare a panel's root element; returns whether the theme is dark now. */
export function frame(root: HTMLElement, name: string, signal: AbortSignal): void {
  root.classList.add("dqx", `dqx-${name}`);
  root.classList.toggle("dqx-dark", isDark());
  onTheme((dark) => root.classList.toggle("dqx-dark", dark), signal);
}

/** A label with its colour and shape: colour alone never carries it. */
export function labelChip(session: Session, code: number): HTMLElement {
  const name = session.className(code);
  return h("span", { class: "dqx-chip", title: name }, swatch(code), nameElement(name, session.classes));
}

/** The small coloured shape of a class. */
export function swatch(code: number): SVGSVGElement {
  const colour = classColour(code, isDark());
  const mark = svg("svg", { width: 10, height: 10, viewBox: "-5 -5 10 10", "aria-hidden": "true" });
  const shape = classShape(code);
  if (shape === "circle") mark.append(svg("circle", { r: 4.5, fill: colour }));
  else if (shape === "square") mark.append(svg("rect", { x: -4, y: -4, width: 8, height: 8, fill: colour }));
  else if (shape === "triangle") mark.append(svg("path", { d: "M0-4.5 4.5 4-4.5 4Z", fill: colour }));
  else mark.append(svg("path", { d: "M0-5 5 0 0 5-5 0Z", fill: colour }));
  return mark;
}
