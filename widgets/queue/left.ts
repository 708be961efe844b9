/** How many errors are left: a figure that is always there, and on request the sentence behind it and a random audit. */
import { count, h } from "../core/dom";
import type { Session } from "../core/session";

/** What the kernel says. */
export interface LeftReply {
  sentence: string;
  left: number;
  low: number;
  high: number;
  unreviewed: number;
  found: number;
  basis: "audit" | "model";
  draws: number;
  drift: string;
}

export const AUDIT = 20;

/** Decisions come in bursts, and so do new scores. */
const SOON_MS = 200;

export function makeLeft(
  session: Session,
  signal: AbortSignal,
): { button: HTMLButtonElement; line: HTMLElement } {
  const words = h("span", { role: "status", data: { dqx: "left-words" } });
  const drift = h("span", { class: "dqx-warn", data: { dqx: "left-drift" } });
  const audit = h("button", {
    class: "dqx-button",
    type: "button",
    text: `Audit ${AUDIT} at random`,
    title: "Queue items drawn at random: decide on each, and the estimate rests on them",
    data: { dqx: "audit" },
    on: { click: () => void begin() },
  });
  const line = h(
    "div",
    { class: "dqx-queue-left", hidden: true, data: { dqx: "left-line" } },
    words,
    drift,
    audit,
  );
  const button = h("button", {
    class: "dqx-button",
    type: "button",
    hidden: true,
    data: { dqx: "left" },
    aria: { expanded: "false" },
    on: {
      click: () => {
        line.hidden = !line.hidden;
        button.setAttribute("aria-expanded", String(!line.hidden));
      },
    },
  });

  const fill = (reply: LeftReply): void => {
    const margin = Math.round((reply.high - reply.low) / 2);
    const left = Math.round(reply.left);
    button.textContent =
      reply.basis === "audit" ? `${count(left)} ± ${count(margin)} left` : `about ${count(left)} left`;
    button.title = reply.sentence;
    button.hidden = false;
    words.textContent = reply.sentence;
    drift.textContent = reply.drift;
    drift.hidden = reply.drift === "";
  };
  let turn = 0;
  const load = async (): Promise<void> => {
    const mine = ++turn;
    try {
      const reply = await session.transport.call<LeftReply>("left");
      if (mine === turn && !signal.aborted) fill(reply);
    } catch (error) {
      if (mine === turn && !signal.aborted) {
        words.textContent = `How many are left could not be estimated: ${(error as Error).message}`;
        button.textContent = "left: ?";
        button.title = words.textContent;
        button.hidden = !session.scores;
      }
    }
  };
  const begin = async (): Promise<void> => {
    audit.disabled = true;
    try {
      const reply = await session.transport.call<{ items: number[] }>("audit", { count: AUDIT });
      if (signal.aborted) return;
      if (reply.items.length === 0) {
        words.textContent = "Everything that was drawn has been decided on. Draw more.";
        return;
      }
      session.setFilter({ suspects: false, pair: null });
      session.choose(reply.items);
      const first = reply.items[0];
      if (first !== undefined) session.select(first);
    } catch (error) {
      words.textContent = `Nothing was drawn: ${(error as Error).message}`;
    } finally {
      audit.disabled = false;
    }
  };

  let timer: ReturnType<typeof setTimeout> | undefined;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void load(), SOON_MS);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  session.on("scores", soon, signal);
  if (session.scores) soon();
  return { button, line };
}
