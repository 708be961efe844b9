/** One version to compare: now, as given, a branch, a tag, a recent commit, or any commit or time that is typed. */
import { h } from "../core/ui/dom";
import type { Context } from "./context";
import { moment, shortCommit, summary } from "./words";

const RECENT = 40;
const TYPED = "typed";

export interface VersionChooser {
  element: HTMLElement;
  readonly value: string;
  set(value: string): void;
  /** Offer what there is now. */
  update(): void;
}

export function makeVersionChooser(
  context: Context,
  about: string,
  hook: string,
  changed: () => void,
): VersionChooser {
  let value = "head";
  let drawn = "";
  const select = h("select", {
    class: "dqx-history-select",
    data: { dqx: hook },
    aria: { label: about },
    on: {
      change: () => {
        const typed = select.value === TYPED;
        input.hidden = !typed;
        if (typed) {
          input.value = "";
          input.focus();
          return;
        }
        value = select.value;
        changed();
      },
    },
  });
  const take = (): void => {
    const typed = input.value.trim();
    if (!typed || typed === value) return;
    value = typed;
    changed();
  };
  const input = h("input", {
    class: "dqx-history-input",
    type: "text",
    hidden: true,
    placeholder: "commit, tag or 2026-03-01 10:00",
    spellcheck: false,
    data: { dqx: `${hook}-typed` },
    aria: { label: `${about}: commit, tag, branch or time` },
    on: {
      change: take,
      keydown: (event) => {
        if (event.key === "Enter") take();
      },
    },
  });

  const fill = (): void => {
    const { timeline } = context.state;
    const groups: [string, [string, string][]][] = [
      [
        "",
        [
          ["head", `now, on ${timeline?.branch ?? "this branch"}`],
          ["base", "as given"],
        ],
      ],
      [
        "Branches",
        (timeline?.branches ?? []).filter((b) => !b.current).map((b) => [b.name, `branch ${b.name}`]),
      ],
      [
        "Tags",
        (timeline?.tags ?? []).map((t) => [t.name, [t.name, moment(t.time)].filter(Boolean).join(", ")]),
      ],
      [
        "Recent commits",
        (timeline?.commits ?? [])
          .slice(0, RECENT)
          .map((row) => [row.commit, `${moment(row.time)}: ${summary(row)}`]),
      ],
    ];
    const known = groups.some(([, options]) => options.some(([name]) => name === value));
    if (!known && input.hidden) groups.push(["Chosen", [[value, shortCommit(value)]]]);
    const wanted = JSON.stringify(groups);
    if (wanted !== drawn) {
      drawn = wanted;
      select.replaceChildren(
        ...groups.flatMap(([name, options]) => {
          const made = options.map(([v, text]) => h("option", { value: v, text }));
          if (!name || made.length === 0) return made;
          const group = h("optgroup", { label: name });
          group.append(...made);
          return [group];
        }),
        h("option", { value: TYPED, text: "another commit or time…" }),
      );
    }
    select.value = input.hidden ? value : TYPED;
  };

  return {
    element: h("span", { class: "dqx-history-version" }, select, input),
    get value() {
      return value;
    },
    set(to) {
      value = to;
      input.hidden = true;
      fill();
    },
    update: fill,
  };
}
