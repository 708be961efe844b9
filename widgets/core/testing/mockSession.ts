/** A session on a mock kernel of six items, for tests. */

import type { EditReply, ItemState } from "../kernel/schema";
import { Session } from "../session/session";
import type { Place } from "../session/sight";
import type { Notice } from "../state/topics";
import { type Answers, MockModel, settled, sixItems } from "./mockModel";

export const COUNTS = { reviewed: 1, relabelled: 1, kept: 0, flagged: 0, suspects: 3 };

/** The kernel's answer to an edit of one item. */
export function reply(item: number, label: number, state: ItemState, event = "event:1"): EditReply {
  return {
    commit: "c1",
    saved: "2026-03-01T10:00:00+00:00",
    cells: [{ item, label, state, event }],
    counts: COUNTS,
    classes: ["cat", "dog", "newt"],
  };
}

/** Stand in for a card that is always in sight and drawn at once. */
export function seeEverything(session: Session): void {
  const place: Place = { of: () => "here", decided: () => false, reveal: () => "" };
  session.sight.add(place, new AbortController().signal);
}

/** Connect, let the page load, and collect what the session has to say. */
export async function start(answers: Answers = {}, changes = {}) {
  const model = new MockModel({ ...sixItems(changes), ...answers });
  const session = new Session("six");
  const end = new AbortController();
  const notices: Notice[] = [];
  session.on("notice", (notice) => notices.push(notice));
  seeEverything(session);
  session.attach(model.model, end.signal);
  await settled();
  return { model, session, end, notices };
}
