/** The whole explorer on a mock kernel of six items, for tests of what stands in it. */

import type { Card, Hello } from "../core/kernel/schema";
import { Session } from "../core/session/session";
import { type Answers, MockModel, settled, sixItems } from "../core/testing/mockModel";
import { bindKeys } from "../core/ui/handler";
import { Explorer } from "./panel";

/** A card with as little on it as there can be. */
export function bareCard(item: number, changes: Partial<Card> = {}): Card {
  return {
    item,
    id: `id-${item}`,
    name: "",
    given: 1,
    current: 1,
    suggested: 0,
    suggested_p: null,
    p_error: null,
    rank: 1,
    ranked: 6,
    why: [],
    badges: [],
    preview: { kind: "text", text: "text" },
    same: [],
    other: [],
    neighbours: [],
    history: [],
    ...changes,
  };
}

/** Mount it, bind the keys, connect, and let the page load. */
export async function startExplorer(answers: Answers = {}, changes: Partial<Hello> = {}) {
  const model = new MockModel({
    ...sixItems(changes),
    card: ({ item }) => bareCard(item as number),
    ...answers,
  });
  const session = new Session("six");
  const end = new AbortController();
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  Explorer.mount(root, session, end.signal);
  bindKeys(root, session, end.signal);
  session.attach(model.model, end.signal);
  await settled();
  /** Find a part by its hook, perhaps one inside another element. */
  const find = (name: string, inside = "") =>
    root.querySelector<HTMLElement>(`${inside} [data-dqx="${name}"]`) as HTMLElement;
  const press = (key: string, on: Element = root) =>
    on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  return { model, session, end, root, find, press };
}
