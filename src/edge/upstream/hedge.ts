import type { Attempt } from "./attempt.ts";

/**
 * Waits for a try, and where it has not ended after `delay` milliseconds makes a second one beside it (Dean and
 * Barroso, "The Tail at Scale"). The first that is `good` wins, else the one that ended last; the loser is given
 * up by its signal, for what still waited would count as pending for ever. `second` gives null where no other try may be
 * made. Rejects where a try rejects: a bug of ours.
 */
export function hedged(
  begin: (signal: AbortSignal) => Promise<Attempt>,
  delay: number,
  second: (signal: AbortSignal) => Promise<Attempt> | null,
  good: (attempt: Attempt) => boolean,
): Promise<Attempt> {
  const [ofFirst, ofSecond] = [new AbortController(), new AbortController()];
  return new Promise((resolve, reject) => {
    let running = 1;
    let done = false;
    const settle = (attempt: Attempt, loser: AbortController) => {
      running--;
      if (done) return drop(attempt);
      if (!good(attempt) && running > 0) return drop(attempt);
      done = true;
      clearTimeout(timer);
      loser.abort();
      resolve(attempt);
    };
    const timer = setTimeout(() => {
      const other = second(ofSecond.signal);
      if (other === null) return;
      running++;
      void other.then((attempt) => settle(attempt, ofFirst), reject);
    }, delay);
    void begin(ofFirst.signal).then((attempt) => settle(attempt, ofSecond), reject);
  });
}

function drop(attempt: Attempt): void {
  if ("response" in attempt) void attempt.response.body?.cancel();
}
