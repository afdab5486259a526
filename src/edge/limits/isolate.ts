import { ConcurrencyLimiter } from "./concurrency.ts";
import { ObjectFailures } from "./failures.ts";
import { Limiter } from "./limiter.ts";

interface Limiters {
  readonly rate: Limiter;
  readonly concurrency: ConcurrencyLimiter;
}

let limiters: Limiters | null = null;

/** One of each for the isolate: all rules may share buckets. Made at the first request, for a Worker may not draw at its start. */
export function limitersOfIsolate(): Limiters {
  if (limiters === null) {
    const isolate = crypto.randomUUID().slice(0, 13);
    const failures = new ObjectFailures();
    limiters = { rate: new Limiter(isolate, failures), concurrency: new ConcurrencyLimiter(isolate, failures) };
  }
  return limiters;
}
