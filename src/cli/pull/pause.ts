import { setTimeout as pause } from "node:timers/promises";

/** Waits, and no longer than until it is told to end. */
export async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { signal }).catch(() => undefined);
}
