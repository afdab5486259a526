/** What ends a process from outside. */
export const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Runs a start, and takes off the listeners for signals that it added. */
export async function takingOffSignals<T>(start: () => Promise<T>): Promise<T> {
  // Raw, for a listener of `once` is known by its wrapper alone.
  const before = SIGNALS.map((name) => [name, new Set(process.rawListeners(name))] as const);
  const started = await start();
  for (const [name, kept] of before) {
    for (const listener of process.rawListeners(name)) {
      if (!kept.has(listener)) process.removeListener(name, listener as NodeJS.SignalsListener);
    }
  }
  return started;
}
