import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { HealthApi } from "../../../src/edge/health/protocol.ts";
import { idOf } from "./table.ts";

/** Far ahead of the clock, so that no alarm goes off but those that a test runs. */
export const START = 4_000_000_000_000;

export type Stub = HealthApi & DurableObjectStub;

let names = 0;
let time = START;
let lines: string[] = [];

/** Sets the clock to START before each test, and keeps what is logged in it. */
export function useObjects(): void {
  beforeEach(() => {
    time = START;
    vi.useFakeTimers({ toFake: ["Date"], now: time });
    lines = [];
    for (const level of ["warn", "error"] as const) {
      vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
    }
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

/** A health object of this test alone. */
export function newObject(): Stub {
  return env.EDGE_INGRESS_HEALTH.getByName(`object ${names++}`) as unknown as Stub;
}

export function now(): number {
  return time;
}

export function advance(milliseconds: number): void {
  time += milliseconds;
  vi.setSystemTime(time);
}

/** What was logged, a JSON object a line. */
export function logged(): unknown[] {
  return lines.map((line): unknown => JSON.parse(line));
}

export function alarmOf(object: Stub): Promise<number | null> {
  return runInDurableObject(object, (_, { storage }) => storage.getAlarm());
}

/** Runs the alarm at its time; false: none is set. */
export async function runAlarm(object: Stub): Promise<boolean> {
  const at = await alarmOf(object);
  if (at === null) return false;
  time = Math.max(time, at);
  vi.setSystemTime(time);
  return runDurableObjectAlarm(object);
}

export async function runAlarms(object: Stub, count: number): Promise<void> {
  for (let alarm = 0; alarm < count; alarm++) expect(await runAlarm(object)).toBe(true);
}

export async function stateOf(object: Stub, cluster: string): Promise<string | undefined> {
  return (await object.status()).endpoints[idOf(cluster)]?.state;
}
