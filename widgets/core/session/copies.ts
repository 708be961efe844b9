/** Copies that are decided on together: one of them is kept, or all get one label. Each decision is one edit. */
import { decide } from "./actions";
import type { Session } from "./session";

/** The items of the current item's set, as its card shows them side by side; empty where it shows none. */
export function copiesOf(session: Session, item = session.current): readonly number[] {
  const members = item === null ? undefined : session.lastCard(item)?.scope?.members;
  return members && members.length > 1 ? members.map((member) => member.item) : [];
}

/** The others of the set that nobody has decided on: what somebody decided stays. */
export function openOthers(session: Session): number[] {
  return copiesOf(session).filter((item) => item !== session.current && !session.isReviewed(item));
}

/** Keep the current item and leave out the others of its set; where it is decided on, it stays as it is. */
export function keepOne(session: Session): boolean {
  if (copiesOf(session).length === 0) return false;
  decide(session, (item) => {
    const others = openOthers(session);
    const keeps = canKeep(session, item);
    if (others.length === 0 && !keeps) return false;
    if (others.length === 0) session.edit("keep", [item], said(session));
    else if (keeps) session.edit("leave_out", [item, ...others], { kept: [item], ...said(session) });
    else session.edit("leave_out", others, said(session));
    return true;
  });
  return true;
}

/** Give the current item and the open ones of its set one label; those that were given it are kept. */
export function labelCopies(session: Session, label: string): boolean {
  if (copiesOf(session).length === 0) return false;
  decide(session, (item) => {
    const items = [item, ...openOthers(session)];
    const code = session.classes.indexOf(label);
    const kept = items.filter((each) => session.labels?.given[each] === code);
    if (kept.length === items.length) session.edit("keep", items, said(session));
    else session.edit("relabel", items, { label, ...(kept.length > 0 ? { kept } : {}), ...said(session) });
  });
  return true;
}

/** The label that most of the set have now, the suggested one first where it ties; -1 = none. */
export function commonLabel(session: Session): number {
  const counts = new Map<number, number>();
  for (const item of copiesOf(session)) {
    const code = session.labels?.current[item] ?? -1;
    if (code >= 0) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const suggested = session.current === null ? -1 : (session.lastCard(session.current)?.suggested ?? -1);
  const weight = ([code, count]: [number, number]): number => 2 * count + Number(code === suggested);
  return [...counts].sort((a, b) => weight(b) - weight(a) || a[0] - b[0])[0]?.[0] ?? -1;
}

/** Whether there is a given label to keep, and nobody has decided on it, or it is left out. */
function canKeep(session: Session, item: number): boolean {
  const open = !session.isReviewed(item) || session.stateOf(item) === "left out";
  return open && (session.labels?.given[item] ?? -1) >= 0;
}

/** What was typed for the next decision: an edit of several items takes it only if it is told. */
function said(session: Session): { why?: string } {
  const why = session.note.trim();
  return why ? { why } : {};
}
