import { describe, expect, test } from "vitest";
import { type Clock, paced } from "../../../src/edge/upstream/pace.ts";

/** Time that only waits move, as in workerd. */
class FakeClock implements Clock {
  time = 1_000;
  waits = 0;
  ended = 0;
  stuck = false;

  now(): number {
    return this.time;
  }

  wait(milliseconds: number, signal: AbortSignal): Promise<unknown> {
    this.waits++;
    if (!this.stuck) {
      this.time += milliseconds;
      return Promise.resolve();
    }
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        this.ended++;
        reject(signal.reason);
      });
    });
  }
}

/** A sender that is always ready, in pieces of one size; numbers each byte, so that none may be lost or doubled. */
function sender(bytes: number, size: number, onPull: () => void = () => undefined): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        onPull();
        if (at === bytes) return controller.close();
        const length = Math.min(size, bytes - at);
        controller.enqueue(Uint8Array.from({ length }, (_, index) => (at + index) % 251));
        at += length;
      },
    },
    { highWaterMark: 0 },
  );
}

/** Reads all; `over`: by how many bytes more had come at any time than the limit lets through. */
async function readAll(stream: ReadableStream<Uint8Array>, clock: FakeClock, rate: number, after: number) {
  const start = clock.time;
  let got = 0;
  let over = 0;
  let inOrder = true;
  for await (const part of stream) {
    for (const byte of part) inOrder = byte === got++ % 251 && inOrder;
    over = Math.max(over, got - (after + (rate * (clock.time - start)) / 1000));
  }
  return { got, over, inOrder, seconds: (clock.time - start) / 1000 };
}

describe("an answer is never faster than its rate, and hardly slower", () => {
  test.each([
    { bytes: 100_000, size: 65_536, rate: 10_240, after: 0 },
    { bytes: 100_000, size: 65_536, rate: 10_240, after: 50_000 },
    { bytes: 5_000, size: 1_000, rate: 1_024, after: 0 },
    { bytes: 5_000, size: 7, rate: 1_024, after: 1_024 },
    { bytes: 30, size: 30, rate: 1, after: 0 },
    { bytes: 10_000_000, size: 65_536, rate: 1_048_576, after: 1 },
  ])("$bytes bytes in pieces of $size, $rate a second after $after", async ({ bytes, size, rate, after }) => {
    const clock = new FakeClock();
    const { got, over, inOrder, seconds } = await readAll(
      paced(sender(bytes, size), { rate, after }, clock),
      clock,
      rate,
      after,
    );
    const least = Math.max(0, bytes - after) / rate;
    expect([got, inOrder, over <= 0]).toEqual([bytes, true, true]);
    expect(seconds).toBeGreaterThanOrEqual(least);
    // A wait is whole milliseconds, and pieces are whole bytes.
    expect(seconds).toBeLessThanOrEqual(least + 0.1 + 0.002 * (bytes / size));
  });
});

test("no wait where the budget allows it", async () => {
  const clock = new FakeClock();
  await readAll(paced(sender(50_000, 10_000), { rate: 1, after: 50_000 }, clock), clock, 1, 50_000);
  expect(clock.waits).toBe(0);
});

test("at most ten waits a second while much is to be sent", async () => {
  const clock = new FakeClock();
  const { seconds } = await readAll(
    paced(sender(500_000, 65_536), { rate: 50_000, after: 0 }, clock),
    clock,
    50_000,
    0,
  );
  expect(clock.waits).toBeLessThanOrEqual(seconds * 10 + 10);
});

test("the sender is asked for one piece at a time, when the reader asks", async () => {
  let pulls = 0;
  const clock = new FakeClock();
  const stream = paced(
    sender(10_000, 1_000, () => pulls++),
    { rate: 1_000, after: 0 },
    clock,
  );
  expect(pulls).toBe(0);
  const reader = stream.getReader();
  await reader.read();
  expect(pulls).toBe(1);
});

describe("who leaves", () => {
  test("ends the wait and the answer of the cluster", async () => {
    let why: unknown;
    const clock = new FakeClock();
    clock.stuck = true;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(1_000)),
      cancel: (reason) => {
        why = reason;
      },
    });
    const reader = paced(body, { rate: 1, after: 0 }, clock).getReader();
    const waiting = reader.read();
    await new Promise((resolve) => setTimeout(resolve));
    await reader.cancel("gone");
    expect([(await waiting).done, clock.waits, clock.ended, why]).toEqual([true, 1, 1, "gone"]);
  });
});

test("an answer that breaks off breaks off", async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("Network connection lost.")),
  });
  await expect(paced(broken, { rate: 1, after: 0 }, new FakeClock()).getReader().read()).rejects.toThrow("lost");
});
