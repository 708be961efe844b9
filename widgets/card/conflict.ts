/** The strip that the card shows while somebody else's decision on the item stands where one's own was refused. */
import { keepTheirs, useMine } from "../core/session/actions";
import type { Session } from "../core/session/session";
import { mineInWords, theirsInWords } from "../core/state/conflicts";
import { h, key } from "../core/ui/dom";
import { keepFocus } from "../core/ui/focus";
import { labelChip } from "../core/ui/frame";
import { printed } from "../core/ui/keys";

/** Make the strip; it fills itself whenever the item or its conflict changes. `enabled` says whether buttons act. */
export function makeConflictStrip(
  session: Session,
  enabled: () => boolean,
  signal: AbortSignal,
): { element: HTMLElement; fill(): void } {
  const element = h("section", {
    class: "dqx-card-conflicted",
    role: "alert",
    hidden: true,
    data: { dqx: "conflict" },
    aria: { label: "Somebody else decided on this item too" },
  });

  const fill = (): void => {
    const conflict = session.conflicts.of(session.current);
    keepFocus(element, () => {
      element.hidden = conflict === null;
      element.replaceChildren();
      if (!conflict) return;
      const { theirs, mine } = conflict;
      const who = theirs.rater || "the other";
      const name = (code: number) => session.className(code);
      const why = mine.why ? ` (“${mine.why}”)` : "";
      const words = `${theirsInWords(theirs, name)} while you ${mineInWords(mine)}${why}.`;
      const chosen = mine.action === "keep" ? (session.labels?.given[conflict.item] ?? -1) : -1;
      const own = mine.label === undefined ? chosen : session.classes.indexOf(mine.label);
      element.append(
        h("p", { class: "dqx-card-conflict-words" }, words, h("span", { text: " Yours was not saved." })),
        h(
          "div",
          { class: "dqx-card-conflict-ways" },
          way(
            "conflict-theirs",
            `Keep ${possessive(who)}:`,
            labelChip(session, theirs.label),
            printed("theirs"),
            () => keepTheirs(session),
          ),
          way(
            "conflict-mine",
            "Use mine:",
            own >= 0
              ? labelChip(session, own)
              : h("span", { text: wish(mine.action, mine.label, mine.reason) }),
            printed("mine"),
            () => useMine(session),
          ),
          session.conflicts.items.length > 1
            ? h("span", { class: "dqx-muted", text: `${session.conflicts.items.length} conflicts are open` })
            : null,
        ),
      );
    });
  };

  const way = (
    hook: string,
    text: string,
    label: HTMLElement,
    pressed: string,
    act: () => void,
  ): HTMLElement =>
    h(
      "button",
      {
        class: "dqx-button",
        type: "button",
        data: { dqx: hook },
        on: {
          click: () => {
            if (enabled()) act();
          },
        },
      },
      h("span", { text: `${text} ` }),
      label,
      key(pressed),
    );

  session.on("conflicts", fill, signal);
  session.on("current", fill, signal);
  session.on("hello", fill, signal);
  fill();
  return { element, fill };
}

function possessive(name: string): string {
  return `${name}’${name.endsWith("s") ? "" : "s"}`;
}

function wish(action: string, label: string | undefined, reason: string | undefined): string {
  if (action === "mark") return reason || "marked";
  if (action === "leave_out") return "leave out";
  return label ?? (action === "clear" ? "no decision" : "keep");
}
