/** A page must not be taken away while previews and timers are still on their way to it: wait for them after each file. */
import { afterAll, vi } from "vitest";

const LONGEST_MS = 400;

afterAll(async () => {
  vi.useRealTimers();
  await new Promise((resolve) => setTimeout(resolve, LONGEST_MS));
});
