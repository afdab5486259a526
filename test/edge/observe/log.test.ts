import { afterEach, beforeEach, expect, type MockInstance, test, vi } from "vitest";
import { FailureLog } from "../../../src/edge/observe/log.ts";

let log: MockInstance<typeof console.warn>;
const lines = () => log.mock.calls.map(([line]) => JSON.parse(line as string));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-01-02T00:00:00Z") });
  log = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a failure that goes on is one line in ten seconds, with how often it came meanwhile", () => {
  const failures = new FailureLog();
  const fail = (cause = "refused") => failures.failed("eu 192.0.2.1", cause, "r", "next");
  fail();
  fail();
  fail("reset");
  expect(lines().map(({ cause, repeated }) => [cause, repeated])).toEqual([
    ["refused", 0],
    ["reset", 0],
  ]);
  vi.setSystemTime(Date.now() + 10_000);
  fail();
  expect(lines().at(-1)).toEqual({
    event: "endpoint-failed",
    endpoint: "eu 192.0.2.1",
    cause: "refused",
    outcome: "next",
    requestId: "r",
    repeated: 1,
  });
});

test("a clock that is set back far withholds nothing", () => {
  const failures = new FailureLog();
  const fail = () => failures.failed("eu 192.0.2.1", "refused", "r", "failed");
  fail();
  vi.setSystemTime(Date.now() - 5);
  fail();
  vi.setSystemTime(Date.now() - 3_600_000);
  fail();
  expect(lines().map(({ repeated }) => repeated)).toEqual([0, 1]);
});
