/** Labels drawn at random to be checked by themselves: they tell how many are wrong, whatever the ranking says. */
import type { Session } from "./session";

/** How many are drawn at a time. */
export const AUDIT = 20;

/** Sessions whose draw is on its way. */
const drawing = new WeakSet<Session>();

/** Draw items and queue them by themselves; says how many there were to queue. */
export async function checkRandom(
  session: Session,
  signal: AbortSignal,
  count: number = AUDIT,
): Promise<number> {
  if (drawing.has(session)) return 0;
  drawing.add(session);
  try {
    const { items, draws } = await session.transport.call("audit", { count });
    if (signal.aborted) return 0;
    session.audit(items, draws);
    if (items.length === 0)
      tell(session, "Everything that was drawn at random has been decided on.", "Draw more.");
    return items.length;
  } catch (error) {
    tell(session, `Nothing was drawn: ${(error as Error).message}`);
    return 0;
  } finally {
    drawing.delete(session);
  }
}

function tell(session: Session, text: string, remedy = ""): void {
  session.emit("notice", { kind: "info", text, remedy });
}
