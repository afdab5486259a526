import type { Attempt } from "./attempt.ts";

/**
 * Waits for a try, and where it has not ended after `delay` milliseconds makes a second one beside it (Dean and
 * Barroso, "The Tail at Scale"). The first that is `good` wins, else the one that ended last; the loser's answer is
 * dropped. `second` gives null where no other try may be made. Rejects where a try rejects: a bug of ours.
 */
export function hedged(
  first: Promise<Attempt>,
  delay: number,
  second: () => Promise<Attempt> | null,
  good: (attempt: Attempt) => boolean,
): Promise<Attempt> {
  return new Promise((resolve, reject) => {
    let running = 1;
    let done = false;
    const settle = (attempt: Attempt) => {
      running--;
      if (done) return drop(attempt);
      if (!good(attempt) && running > 0) return drop(attempt);
      done = true;
      clearTimeout(timer);
      resolve(attempt);
    };
    const timer = setTimeout(() => {
      const other = second();
      if (other === null) return;
      running++;
      void other.then(settle, reject);
    }, delay);
    void first.then(settle, reject);
  });
}

function drop(attempt: Attempt): void {
  if ("response" in attempt) void attempt.response.body?.cancel();
}
