/** Votes become labels: by which rule, what that would change, said first; then the button that writes it. */
import type { ResolutionArgs, ResolutionOutlook, VoteRule } from "../core/kernel/schema";
import { messageOf } from "../core/kernel/transport";
import { countOf } from "../core/kernel/words";
import { count, h } from "../core/ui/dom";
import type { Place } from "../core/ui/section";
import { makeTable } from "../core/ui/table";

const RULES: readonly (readonly [VoteRule, string])[] = [
  ["majority", "more than half of its votes"],
  ["unanimous", "all of its votes"],
  ["consensus", "what people say, weighed by how often each is right"],
];
/** Typing comes in bursts. */
const SOON_MS = 150;

export interface Resolve {
  element: HTMLElement;
  /** Count anew what would change. */
  refresh(): void;
  /** As many votes as a queue asks for. */
  wanting(votes: number): void;
}

export function makeResolve({ session, signal }: Place): Resolve {
  const rule = h(
    "select",
    { class: "dqx-select", data: { dqx: "resolve-rule" }, on: { change: () => refresh() } },
    ...RULES.map(([value, text]) => h("option", { value, text })),
  );
  const votes = h("input", {
    type: "number",
    min: "1",
    max: "100",
    value: "3",
    data: { dqx: "resolve-votes" },
    on: { input: () => soon() },
  });
  const word = h("p", { role: "status", data: { dqx: "resolve-word" } });
  const changes = h("div");
  const go = h("button", {
    class: "dqx-button dqx-primary",
    type: "button",
    hidden: true,
    data: { dqx: "resolve-go" },
    on: { click: () => void act() },
  });
  const element = h(
    "section",
    { class: "dqx-resolve", data: { dqx: "resolve" }, aria: { label: "Resolve votes into labels" } },
    h("h4", { text: "Resolve votes into labels" }),
    h(
      "div",
      { class: "dqx-blind-form" },
      h("label", {}, "An item's label follows ", rule),
      h("label", {}, "from at least ", votes, " votes"),
    ),
    word,
    changes,
    h("div", {}, go),
  );
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** What is shown, and by what it was asked; null while it is asked. */
  let seen: { args: ResolutionArgs; found: ResolutionOutlook } | null = null;
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });

  const say = (text: string): void => {
    word.textContent = text;
    changes.replaceChildren();
    go.hidden = true;
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(refresh, SOON_MS);
  };
  const refresh = (): void => {
    clearTimeout(timer);
    seen = null;
    const mine = ++turn;
    const args: ResolutionArgs = {
      rule: rule.value as VoteRule,
      votes: Math.max(1, Math.round(Number(votes.value) || 1)),
    };
    // What stands there goes only when there is something else to say: nothing jumps.
    go.disabled = true;
    session.transport.call("resolution_outlook", args).then(
      (found) => {
        if (mine !== turn || signal.aborted) return;
        seen = { args, found };
        show(found);
      },
      (error: unknown) => {
        if (mine === turn && !signal.aborted) say(messageOf(error));
      },
    );
  };
  const show = (found: ResolutionOutlook): void => {
    word.textContent = found.sentence;
    changes.replaceChildren(...tableOf(found));
    go.hidden = found.decides === 0;
    go.disabled = false;
    go.textContent = `Decide on ${countOf(found.decides, "item")}`;
  };
  const act = async (): Promise<void> => {
    if (!seen) return;
    const { args, found } = seen;
    seen = null;
    const mine = ++turn;
    say("Writing …");
    try {
      const { sentence } = await session.transport.call("resolution", { ...args, stamp: found.stamp });
      if (signal.aborted) return;
      session.emit("notice", {
        kind: "info",
        text: sentence,
        remedy: "The history has it, with the votes behind it.",
      });
      if (mine === turn) say(sentence);
    } catch (error) {
      if (mine === turn && !signal.aborted) say(messageOf(error));
    }
  };
  return {
    element,
    refresh,
    wanting(n) {
      votes.value = String(n);
    },
  };
}

/** Which given label would become which. */
function tableOf({ changes, more }: ResolutionOutlook): HTMLElement[] {
  if (changes.length === 0) return [];
  const parts = [
    makeTable(
      "Labels now and then",
      ["given label", "then", "labels"],
      changes.map(([given, label, n]) => [given || "none", label, count(n)]),
      "resolve-changes",
    ),
  ];
  if (more > 0) parts.push(h("p", { class: "dqx-muted", text: `and ${countOf(more, "rarer change")}` }));
  return parts;
}
