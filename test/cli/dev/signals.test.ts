import { afterEach, expect, test } from "vitest";
import { SIGNALS, takingOffSignals } from "../../../src/cli/dev/signals.ts";

const before = SIGNALS.map((name) => [name, process.rawListeners(name)] as const);

afterEach(() => {
  for (const [name, listeners] of before) {
    for (const listener of process.rawListeners(name)) {
      if (!listeners.includes(listener)) process.removeListener(name, listener as () => void);
    }
  }
});

/** How many listeners each signal has, beyond those of the test runner. */
function counts(): number[] {
  return before.map(([name, listeners]) => process.listenerCount(name) - listeners.length);
}

test("a start that fails keeps its listeners: they end what it left behind", async () => {
  const start = takingOffSignals(async () => {
    process.on("SIGINT", () => undefined);
    throw new Error("no port");
  });
  await expect(start).rejects.toThrow("no port");
  expect(counts()).toEqual([1, 0]);
});

test("listeners that stood before stay, also those for one signal only", async () => {
  let calls = 0;
  process.on("SIGINT", () => calls++);
  process.once("SIGTERM", () => calls++);
  await takingOffSignals(async () => undefined);
  expect(counts()).toEqual([1, 1]);
  process.emit("SIGTERM");
  process.emit("SIGINT");
  expect(calls).toBe(2);
});

test("listeners that were added meanwhile are taken off, and the result comes back", async () => {
  const kept = () => undefined;
  process.on("SIGINT", kept);
  const result = await takingOffSignals(async () => {
    process.on("SIGINT", () => undefined);
    process.once("SIGTERM", () => undefined);
    return "started";
  });
  expect(result).toBe("started");
  expect(counts()).toEqual([1, 0]);
  expect(process.listeners("SIGINT")).toContain(kept);
});
