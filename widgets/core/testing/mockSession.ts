/** A session on a mock kernel of six items, for tests. */

import type { EditReply, ItemState } from "../kernel/schema";
import { Session } from "../session/session";
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

/** Connect, let the page load, and collect what the session has to say. */
export async function start(answers: Answers = {}, changes = {}) {
  const model = new MockModel({ ...sixItems(changes), ...answers });
  const session = new Session("six");
  const end = new AbortController();
  const notices: Notice[] = [];
  session.on("notice", (notice) => notices.push(notice));
  session.attach(model.model, end.signal);
  await settled();
  return { model, session, end, notices };
}
