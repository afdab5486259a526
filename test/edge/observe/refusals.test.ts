import { afterEach, beforeEach, expect, type MockInstance, test, vi } from "vitest";
import { logRefusal, logUndecided, logUntold, MOST_LINES, WINDOW } from "../../../src/edge/observe/refusals.ts";

let log: MockInstance<typeof console.warn>;
const lines = () => log.mock.calls.map(([line]) => JSON.parse(line as string));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  log = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a line says which check, why, and of which request", () => {
  vi.setSystemTime("2026-01-01T00:00:00Z");
  logRefusal({ by: "jwt", reason: "unknown key", requestId: "r-1", of: "main" });
  logUndecided("jwt", "https://issuer.test/jwks.json", "status 500");
  logUntold("sub", "r-2");
  expect(lines()).toEqual([
    { event: "refused", by: "jwt", reason: "unknown key", requestId: "r-1", of: "main" },
    { event: "check-undecided", by: "jwt", what: "https://issuer.test/jwks.json", cause: "status 500" },
    { event: "claim-untold", claim: "sub", requestId: "r-2" },
  ]);
});

test("what everybody can cause does not fill the log: so many lines of an event in a window, and a count of the rest", () => {
  vi.setSystemTime("2026-01-02T00:00:00Z");
  const refuse = () => logRefusal({ by: "jwt", reason: "unknown key", requestId: "r" });
  for (let count = 0; count < MOST_LINES + 7; count++) refuse();
  expect(lines()).toHaveLength(MOST_LINES);
  logUntold("sub", "r");
  expect(lines().at(-1)).toMatchObject({ event: "claim-untold" });
  vi.setSystemTime(Date.now() + WINDOW);
  refuse();
  expect(lines().at(-1)).toMatchObject({ event: "refused", unsaid: 7 });
  refuse();
  expect(lines().at(-1)).not.toHaveProperty("unsaid");
});

test("a clock that is set back far withholds nothing; a little, and the window goes on", () => {
  vi.setSystemTime("2026-01-02T00:00:00Z");
  const refuse = () => logRefusal({ by: "jwt", reason: "unknown key", requestId: "r" });
  for (let count = 0; count < MOST_LINES; count++) refuse();
  vi.setSystemTime(Date.now() - 5);
  refuse();
  expect(lines()).toHaveLength(MOST_LINES);
  vi.setSystemTime("2026-01-01T00:00:00Z");
  refuse();
  expect(lines().at(-1)).toMatchObject({ event: "refused", unsaid: 1 });
});
