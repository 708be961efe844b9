/** What a stage says about itself in the strip: short, in words and tabular figures. */

import type { Stage } from "../core/kernel/schema";
import { count } from "../core/ui/dom";

const NAMES: Record<string, string> = {
  embed: "Embedding",
  graph: "Neighbours",
  probe: "Model",
  score: "Scores",
  layout: "Map",
};
/** A note that is longer even when shortened stands in the title only. */
const SHORT = 24;

export function stageName(name: string): string {
  return NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

/** A length of time as people say it: "0.4 s", "12 s", "1 min 5 s", "2 h 10 min". */
export function duration(seconds: number): string {
  if (seconds < 0.95) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return s % 60 ? `${minutes} min ${s % 60} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

/** Units a second: "12,400/s", "3.2/s". */
export function rate(perSecond: number): string {
  return perSecond >= 10 ? `${count(perSecond)}/s` : `${perSecond.toFixed(1)}/s`;
}

/** Share of a running stage that is done, 0 to 1; 0 while it cannot be known. */
export function share(stage: Stage): number {
  return stage.total > 0 ? Math.min(1, stage.done / stage.total) : 0;
}

/** The stage's line after its name. `before` is the device of the stage before it: a device is named where it changes. */
export function summary(stage: Stage, before = ""): string {
  const parts: string[] = [];
  switch (stage.state) {
    case "running":
      if (stage.total > 0) parts.push(`${Math.floor(share(stage) * 100)} %`);
      else parts.push("running");
      if (stage.rate > 0 && stage.unit === "items") parts.push(rate(stage.rate));
      if (stage.left !== null && stage.left >= 0.5) parts.push(`${duration(stage.left)} left`);
      if (stage.device) parts.push(plain(stage.device));
      break;
    case "done":
      if (stage.unit === "items" && stage.total > 0 && stage.name === "embed") {
        parts.push(count(stage.total));
        if (stage.rate > 0) parts.push(rate(stage.rate));
      } else if (stage.name === "layout") break;
      else if (short(stage.note)) parts.push(short(stage.note));
      else if (stage.unit === "detectors") parts.push(`${count(stage.total)} detectors`);
      else if (stage.seconds > 0) parts.push(duration(stage.seconds));
      if (stage.device && plain(stage.device) !== plain(before)) parts.push(plain(stage.device));
      break;
    case "failed":
      parts.push(stage.note || "failed");
      break;
    case "waiting":
      break;
    default:
      parts.push(stage.state);
  }
  return parts.join(" · ");
}

/** The device without its particulars: "cpu (2 threads)" and "cpu" are one device. */
function plain(device: string): string {
  return device.replace(/\s*\(.*\)$/, "");
}

/** A note in few letters: "k 50 exact", ".916", "6 methods, 1 failed"; empty if it cannot be said in few. */
export function short(note: string): string {
  const accuracy = /accuracy (\d\.\d+)/.exec(note)?.[1];
  if (accuracy) return accuracy.replace(/^0/, "");
  const [first = "", ...rest] = note.split("; ");
  const failed = rest.filter((part) => part.includes(" failed")).length;
  const words = first
    .replace(/, recall (\d\.\d+)/, (_, r: string) => ` ${r.replace(/^0/, "")}`)
    .replaceAll(",", "");
  if (words.length > SHORT) return "";
  return failed > 0 ? `${words}, ${failed} failed` : words;
}

/** All there is to know, for the title. */
export function details(stage: Stage): string {
  const lines = [`${stageName(stage.name)}: ${stage.state}`];
  if (stage.note) lines.push(stage.note);
  if (stage.device) lines.push(`on ${stage.device}`);
  if (stage.total > 0) lines.push(`${count(stage.done)} of ${count(stage.total)} ${stage.unit}`);
  if (stage.rate > 0) lines.push(`${rate(stage.rate)} ${stage.unit}`);
  if (stage.seconds > 0) lines.push(`took ${duration(stage.seconds)}`);
  return lines.join("\n");
}
