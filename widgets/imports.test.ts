/**
 * How the code is laid out, held: no circle of files (type imports counted), imports go down only, no file too long.
 *
 * Read from the text: dependency-cruiser takes TypeScript up to 6, and esbuild's list of imports leaves types out.
 */
/// <reference types="vite/client" />
import { describe, expect, it } from "vitest";

/** The rooms from the top down: a file imports from its own room and from those below. */
const FLOORS: readonly (readonly string[])[] = [
  ["index.ts"],
  ["explorer"],
  // Pages of what several panels know.
  ["details"],
  ["card", "charts", "history", "map/panel.ts", "merge", "neighbours", "pipeline", "queue"],
  ["map/chart.ts", "map/chrome"],
  ["map/layers", "map/interaction"],
  ["map/renderers"],
  ["map/geometry"],
  // What each scope adds to the card.
  ["scopes"],
  // Decisions on many items: its buttons stand in several panels.
  ["bulk"],
  // A file of the labels: the button stands in the head, the dialog over any panel.
  ["export"],
  // A method's page, shown by the card, by the help and beside "Did it help?".
  ["methods"],
  ["core/testing"],
  ["core/ui"],
  ["core/session"],
  ["core/state"],
  ["core/kernel"],
];
const LINES = 400;
const TEST_LINES = 500;

const texts = import.meta.glob<string>("./**/*.ts", { query: "?raw", import: "default", eager: true });
const files = new Map(Object.entries(texts).map(([path, text]) => [path.slice(2), text] as const));
for (const path of [...files.keys()])
  if (path.startsWith("node_modules/") || path.endsWith(".d.ts")) files.delete(path);

const isTest = (path: string): boolean => /(\.test|\.bench|\.setup|\.config|(^|\/)fixture)\.ts$/.test(path);
const sources = [...files.keys()].filter((path) => !isTest(path));

/** Files that a file imports, types too, by path. */
function importsOf(path: string): string[] {
  const found = (files.get(path) as string).matchAll(/^(?:import|export)\b[^;"]*"(\.[^"]+)"/gm);
  return [...found]
    .map((match) => resolve(path, match[1] as string))
    .filter((each) => !/\.(css|json)$/.test(each));
}

function resolve(from: string, name: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  const path = parts.join("/");
  return /\.(ts|css|json)$/.test(path) ? path : `${path}.ts`;
}

/** Which floor and which room a file lies in. */
function roomOf(path: string): { floor: number; room: string } {
  for (const [floor, rooms] of FLOORS.entries())
    for (const room of rooms) if (path === room || path.startsWith(`${room}/`)) return { floor, room };
  throw new Error(`${path} lies in no room: name its floor in imports.test.ts.`);
}

describe("the imports", () => {
  it("are found", () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(importsOf("core/session/session.ts")).toContain("core/state/state.ts");
    for (const path of files.keys())
      for (const each of importsOf(path)) expect(files.has(each), each).toBe(true);
  });

  it("run in no circle", () => {
    const done = new Set<string>();
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path))
        throw new Error(`A circle: ${[...way.slice(way.indexOf(path)), path].join(" > ")}`);
      if (done.has(path)) return;
      for (const each of importsOf(path)) visit(each, [...way, path]);
      done.add(path);
    };
    for (const path of files.keys()) visit(path, []);
  });

  it("go down only, and from panel to panel not at all", () => {
    const wrong = sources.flatMap((path) =>
      importsOf(path)
        .filter((each) => {
          const [from, to] = [roomOf(path), roomOf(each)];
          return to.floor < from.floor || (to.floor === from.floor && to.room !== from.room);
        })
        .map((each) => `${path} > ${each}`),
    );
    expect(wrong).toEqual([]);
  });

  it("of what runs in the page reach no tests", () => {
    const wrong = sources.filter(
      (path) =>
        !path.startsWith("core/testing/") &&
        importsOf(path).some((each) => each.startsWith("core/testing/") || isTest(each)),
    );
    expect(wrong).toEqual([]);
  });
});

describe("a file", () => {
  it("is at most so long", () => {
    const written = [...files].filter(
      ([, text]) => !text.startsWith("/** What goes over the wire. Made from"),
    );
    const long = written.flatMap(([path, text]) => {
      const lines = text.split("\n").length - 1;
      return lines > (isTest(path) ? TEST_LINES : LINES) ? [`${path}: ${lines} lines`] : [];
    });
    expect(long).toEqual([]);
  });
});
