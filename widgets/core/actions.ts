/**
 * The decisions a reviewer makes about the current item, the same for a button and for its key:
 * decide, then go on to the next item that nobody has decided on.
 */
import type { Session } from "./session";

/** What may go with a decision. */
export interface Extra {
  /** Add the label to the dataset's classes; without it an unknown label is refused. */
  newClass?: boolean;
}

/** Take the suggested label; where the suggestion is the given label, that is the same as keeping it. */
export function acceptSuggestion(session: Session): void {
  const item = session.current;
  if (item === null) return;
  const suggested = session.scores?.suggested[item] ?? -1;
  if (suggested < 0) return;
  if (suggested === session.labels?.given[item]) keep(session);
  else relabel(session, session.className(suggested));
}

/** Keep the given label: a decision like any other, stored as one. An unlabelled item has none to keep. */
export function keep(session: Session): void {
  const item = session.current;
  if (item === null || (session.labels?.given[item] ?? -1) < 0) return;
  decide(session, () => session.edit("keep", [item], note(session)));
}

/** Give the current item this label. */
export function relabel(session: Session, name: string, extra: Extra = {}): void {
  const item = session.current;
  if (item === null) return;
  decide(session, () => session.edit("relabel", [item], { label: name, ...extra, ...note(session) }));
}

/** Mark the current item as one that no label settles, for this reason. */
export function mark(session: Session, reason: string): void {
  const item = session.current;
  if (item === null) return;
  decide(session, () => session.edit("mark", [item], { reason, ...note(session) }));
}

function decide(session: Session, edit: () => void): void {
  edit();
  session.note = "";
  session.step(1, { skipReviewed: true });
}

function note(session: Session): { why?: string } {
  const why = session.note.trim();
  return why ? { why } : {};
}
