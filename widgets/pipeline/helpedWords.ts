/** "Did it help?" in words and figures. */

import type { Helped, Stage } from "../core/kernel/schema";
import { count } from "../core/ui/dom";
import { duration, rate, share } from "./words";

/** A share as a figure: ".871", "1.000"; "–" where there is none. */
export function figure(value: number | null): string {
  return value === null ? "–" : value.toFixed(3).replace(/^0/, "");
}

/** A difference with its sign, which no line parts from it: "+ .031", "− .012", "± .000". */
export function signed(value: number | null): string {
  if (value === null) return "–";
  const size = figure(Math.abs(value));
  const sign = size === ".000" ? "±" : value < 0 ? "−" : "+";
  return `${sign}\u00a0${size}`;
}

/** "Accuracy on 143 reviewed items: .871 → .902, + .031 (95 %: + .008 to + .054)"; "" where nothing is judged. */
export function accuracy(found: Helped): string {
  if (found.judged === 0) return "";
  const items = `${count(found.judged)} ${found.reviewed ? "reviewed " : ""}${found.judged === 1 ? "item" : "items"}`;
  const on = found.reviewed ? items : `${items}, none of them reviewed`;
  if (found.changed === 0) return `Accuracy on ${on}: ${figure(found.after)}`;
  const between = `95 %: ${signed(found.low)} to ${signed(found.high)}`;
  return `Accuracy on ${on}: ${figure(found.before)} → ${figure(found.after)}, ${signed(found.difference)} (${between})`;
}

/** "12 items are right only now, 3 were right only before"; "" where none is either. */
export function flips(found: Helped): string {
  if (found.gained === 0 && found.lost === 0) return "";
  const are = (n: number, now: string): string => `${count(n)} ${n === 1 ? now : now.replace("is", "are")}`;
  const lost = `${count(found.lost)} ${found.lost === 1 ? "was" : "were"} right only before`;
  return `${are(found.gained, "is right only now")}, ${lost}`;
}

/** How far it is: "Taught on the given labels · 34 % · 12 s left · 2.1 epochs/s on cpu". */
export function howFar(stage: Stage | null): string {
  if (!stage || stage.total === 0) return "Begins …";
  const parts = [
    stage.note.charAt(0).toUpperCase() + stage.note.slice(1),
    `${Math.floor(share(stage) * 100)} %`,
  ];
  if (stage.left !== null && stage.left >= 0.5) parts.push(`${duration(stage.left)} left`);
  const on = stage.device ? ` on ${stage.device}` : "";
  if (stage.rate > 0) parts.push(`${rate(stage.rate).replace("/s", ` ${stage.unit}/s`)}${on}`);
  return parts.join(" · ");
}
