/** Work that waits for a pause: what changes many times in a row is done once, after the last time. */

/** Whoever asks for a moment in which the page has nothing else to do gets it after so long at most. */
const IDLE_MS = 1000;

export interface Pause {
  /** Something has changed: the work is due after the pause. */
  ask(): void;
  /** Do at once what is due. */
  now(): void;
}

/** `run` is called when nothing has asked for `wait` milliseconds, and `most` after the first that asked at the latest. */
export function afterPause(
  run: () => void,
  wait: number,
  most: number,
  signal: AbortSignal,
  { idle = false } = {},
): Pause {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let since: number | null = null;
  let turn = 0;
  const stop = (): void => {
    clearTimeout(timer);
    since = null;
    turn++;
  };
  const now = (): void => {
    if (since === null) return;
    stop();
    run();
  };
  const due = (): void => {
    const mine = turn;
    if (idle && "requestIdleCallback" in globalThis)
      requestIdleCallback(() => mine === turn && now(), { timeout: IDLE_MS });
    else now();
  };
  signal.addEventListener("abort", stop, { once: true });
  return {
    ask() {
      if (signal.aborted) return;
      const at = Date.now();
      since ??= at;
      turn++;
      clearTimeout(timer);
      timer = setTimeout(due, Math.max(0, Math.min(wait, since + most - at)));
    },
    now,
  };
}
