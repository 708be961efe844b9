/**
 * What a scope adds to a card: why the item is in it, the copies that are decided on together side by side, and the
 * decisions that are the scope's own.
 */
import "./scopes.css";
import type { Card, ScopeWhy } from "../core/kernel/schema";
import { shortId } from "../core/kernel/words";
import { leaveOut } from "../core/session/actions";
import { commonLabel, copiesOf, keepOne, labelCopies, openOthers } from "../core/session/copies";
import { growthOf } from "../core/session/growth";
import type { Session } from "../core/session/session";
import { h, key } from "../core/ui/dom";
import { labelChip } from "../core/ui/frame";
import { printed } from "../core/ui/keys";
import { nameElement } from "../core/ui/name";
import { thumbnail } from "../core/ui/preview";
import { keepOneWords, labelAllWords, pickWords } from "./words";

/** So many labels of a set have a button: the most frequent. */
const LABELS = 3;

/** Fill the slot, which is empty, for a card; what is left empty takes no room. */
export function fillScopeSlot(slot: HTMLElement, session: Session, card: Card): void {
  const { scope } = card;
  slot.dataset.dqx = "scope-slot";
  slot.dataset.scope = scope?.scope ?? "";
  slot.classList.toggle("dqx-scope-set", isSet(scope));
  if (!scope?.text) return;
  slot.append(h("p", { class: "dqx-scope-why", text: scope.text, data: { dqx: "scope-why" } }));
  // The buttons come first: where the card is low, only the copies may be cut.
  const ways = waysOf(session, scope);
  if (ways.length > 0) slot.append(h("div", { class: "dqx-scope-ways" }, ...ways));
  if (isSet(scope)) slot.append(members(session, scope, card.item));
}

/** Ask for the pictures of a card that comes next. */
export function loadScopeSlot(session: Session, card: Card): void {
  for (const { item } of card.scope?.members ?? []) session.previews.get(item).catch(() => {});
}

/** Whether copies are shown side by side: they are what the item is compared with then. */
export function isSet(scope: ScopeWhy | undefined): boolean {
  return (scope?.members.length ?? 0) > 1;
}

function members(session: Session, scope: ScopeWhy, current: number): HTMLElement {
  return h(
    "div",
    {
      class: "dqx-scope-members",
      role: "group",
      data: { dqx: "scope-members" },
      aria: { label: `${scope.members.length} copies side by side` },
    },
    ...scope.members.map(({ item, id, name }) => member(session, item, id, name, item === current)),
  );
}

/** One copy: what it looks like, its label now, its id, and whether somebody has decided on it. */
function member(session: Session, item: number, id: string, name: string, current: boolean): HTMLElement {
  const code = session.labels?.current[item] ?? -1;
  const state = session.stateOf(item);
  const stands = session.isReviewed(item) ? state : current ? "this one" : "open";
  const box = thumbnail(session, item);
  box.setAttribute("aria-hidden", "true");
  const made = h(
    "button",
    {
      class: "dqx-scope-member",
      type: "button",
      title: [id, name === id ? "" : name].filter(Boolean).join("\n"),
      data: { dqx: "scope-member", item: String(item), state },
      aria: {
        label: `${shortId(id)}, ${session.className(code)}, ${stands}${current ? "" : ": show it"}`,
        pressed: String(current),
      },
      on: {
        click: () => session.select(item),
        pointerenter: () => session.hover(item),
        pointerleave: () => session.hover(null),
      },
    },
    box,
    labelChip(session, code),
    h("span", { class: "dqx-cut dqx-muted", text: shortId(id) }),
    h("span", { class: "dqx-cut dqx-scope-stands", text: stands }),
  );
  made.classList.toggle("dqx-scope-out", state === "left out");
  return made;
}

function waysOf(session: Session, scope: ScopeWhy): HTMLElement[] {
  if (!isSet(scope)) {
    if (scope.size < 2) return [];
    const words = pickWords(scope.scope, scope.size);
    return [way("scope-pick", words, "grow", () => void growthOf(session).grow())];
  }
  const { current } = session;
  const others = openOthers(session);
  const decided = current !== null && session.isReviewed(current) && session.stateOf(current) !== "left out";
  if (others.length === 0 && decided)
    return [h("span", { class: "dqx-muted", text: "All of them are decided on." })];
  const spared = copiesOf(session).length - 1 - others.length;
  const one = way("keep-one", keepOneWords(others.length), "keep-one", () => void keepOne(session));
  if (spared > 0)
    one.title = `${spared} that somebody had decided ${spared === 1 ? "stays as it is" : "stay as they are"}`;
  const leaves = way("leave-out", "Leave out", "leave-out", () => leaveOut(session));
  return [one, ...labelWays(session, others.length + 1), leaves];
}

/** A button for each label that a copy has, where they differ. */
function labelWays(session: Session, items: number): HTMLElement[] {
  const codes = copiesOf(session).map((item) => session.labels?.current[item] ?? -1);
  const first = commonLabel(session);
  const found = [...new Set([first, ...codes])].filter((code) => code >= 0);
  if (found.length < 2 || items < 2) return [];
  return found.slice(0, LABELS).map((code) => {
    const name = session.className(code);
    const made = way(
      "label-copies",
      labelAllWords(items, name),
      code === first ? "label-copies" : "",
      () => void labelCopies(session, name),
    );
    made.dataset.label = name;
    (made.firstElementChild as HTMLElement).replaceChildren(
      nameElement(labelAllWords(items, name), session.classes),
    );
    return made;
  });
}

/** A button, with its key where it has one. */
function way(hook: string, text: string, pressed: string, click: () => void): HTMLButtonElement {
  return h(
    "button",
    { class: "dqx-button", type: "button", title: text, data: { dqx: hook }, on: { click } },
    h("span", { class: "dqx-cut", text }),
    pressed ? key(printed(pressed)) : null,
  );
}
