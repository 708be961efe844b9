/** What only a panel can do, asked for by a key or a button: the panels around the element where it was pressed take it. */
import type { Session } from "../session/session";

/** Ask the panels around `from`; whether one of them took it. */
export function command(name: string, from: Node, session: Session): boolean {
  const wish = { name, from, taken: false };
  session.emit("command", wish);
  return wish.taken;
}

/** Whether a command given at `from` is meant for a panel at `root`. */
export function isFor(root: Node, from: Node): boolean {
  return root.contains(from) || from.contains(root);
}
