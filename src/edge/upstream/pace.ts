import type { BandwidthLimit } from "../../table/policies/bandwidth-limit.ts";

/** Time as a paced answer knows it. */
export interface Clock {
  /** Milliseconds. Stands still in workerd between one event and the next: a wait moves it. */
  now(): number;
  /** Rejects where the signal ends it. */
  wait(milliseconds: number, signal: AbortSignal): Promise<unknown>;
}

const PLATFORM: Clock = {
  now: () => Date.now(),
  wait: (milliseconds, signal) => scheduler.wait(milliseconds, { signal }),
};

/** Milliseconds between two pieces at least, where more waits to be sent: what pacing may cost is bounded by it. */
const TICK = 100;

/**
 * An answer's body at no more than `after` bytes and `rate` for each second since now, as nginx counts (`limit_rate`): what
 * was not used while the sender or the reader was slower may be caught up. Holds the piece under way and nothing else, asks
 * for more when the reader does, and waits only where the next piece is too much for the time.
 */
export function paced(
  body: ReadableStream<Uint8Array>,
  { rate, after }: Pick<BandwidthLimit, "rate" | "after">,
  clock: Clock = PLATFORM,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const left = new AbortController();
  const start = clock.now();
  let sent = 0;
  let piece: Uint8Array = new Uint8Array(0);
  const allowed = () => Math.floor(after + (rate * (clock.now() - start)) / 1000) - sent;
  return new ReadableStream(
    {
      async pull(controller) {
        while (piece.length === 0) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          piece = value;
        }
        const least = Math.min(piece.length, Math.max(1, Math.ceil((rate * TICK) / 1000)));
        for (let missing = least - allowed(); missing > 0; missing = least - allowed()) {
          await clock.wait(Math.max(1, Math.ceil((missing / rate) * 1000)), left.signal);
        }
        const part = piece.subarray(0, allowed());
        sent += part.length;
        piece = piece.subarray(part.length);
        controller.enqueue(part);
      },
      cancel(reason) {
        left.abort(reason);
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
