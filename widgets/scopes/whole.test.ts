// @vitest-environment happy-dom
/** Scopes of what is found of the whole: told on the card, and asked for anew when the kernel has looked. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Card, ScopeItems, ScopeName, ToldScope } from "../core/kernel/schema";
import { toldScope } from "../core/state/told";
import { settled } from "../core/testing/mockModel";
import { start } from "../core/testing/mockSession";
import { fillScopeSlot } from "./slot";

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

const WORDS: [ToldScope, string][] = [
  [
    "giveaway",
    "It has the word “xyzzy”, and 96 % of the texts with it are dog (by chance it would be 33 %).",
  ],
  ["odd_class", "Its class looks like another spelling of dog."],
  ["shifted", "Its row seems to carry the label of the row before, which would fit."],
];

describe("a scope of the whole", () => {
  it.each(WORDS)("%s says on the card why its item is there, in the kernel's words", async (scope, text) => {
    expect(toldScope({ scope })).toBe(scope);
    const { session } = await start();
    const slot = document.createElement("div");
    fillScopeSlot(slot, session, {
      item: 2,
      scope: { scope, text, size: 0, members: [] },
    } as unknown as Card);
    expect(slot.textContent).toBe(text);
    expect(slot.querySelectorAll("button").length).toBe(0);
  });

  it("is counted and listed anew once the kernel has looked, where somebody sees it", async () => {
    const now = { items: Int32Array.of(), open: 0, lacking: "it is being looked for in the background" };
    const scope = ({ name }: Record<string, unknown>) =>
      ({ name, items: now.items, sets: null, why: now.lacking, version: 0 }) as ScopeItems;
    const scopes = () => [
      {
        name: "giveaway" as ScopeName,
        title: "giveaways",
        about: "Examples.",
        none: "None.",
        all: now.open,
        open: now.open,
        lacking: now.lacking,
      },
    ];
    const { session, model } = await start({ scope, scopes });
    const heard: string[] = [];
    session.on("facts", () => heard.push("facts"));
    model.say({ event: "scopes" });
    await settled();
    expect([model.count("scopes"), heard], "nobody has asked how many there are").toEqual([0, ["facts"]]);
    await session.countScopes();
    expect(session.scopes.info("giveaway")?.lacking).toMatch("looked for");
    Object.assign(now, { items: Int32Array.of(4, 1), open: 2, lacking: "" });
    model.say({ event: "scopes" });
    await settled();
    expect(session.scopes.info("giveaway")?.open).toBe(2);
    session.setFilter({ scope: "giveaway" });
    await settled();
    expect(session.queue).toEqual([4, 1]);
  });
});
