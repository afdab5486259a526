import { termsOf } from "../../../src/compiler/resources/edge-policy-rate-limit.ts";
import type { RateLimitTerms } from "../../../src/table/policies/rate-limit.ts";
import type { Size } from "../scenario.ts";

/** The size of the edge, of what comes to it, and its luck. */
export interface LimitsSize extends Size {
  /** Buckets: the popularity of the n-th is 1/n of the first one's (Zipf). */
  readonly keys: number;
  /** In which requests come. */
  readonly seconds: number;
}

export const DEFAULT_LIMITS_SIZE: LimitsSize = {
  colos: 300,
  isolates: 20,
  rate: 2,
  seed: 1,
  keys: 100_000,
  seconds: 20,
};

/** Of each key. A period that all ways know: the platform's counter has 10 s and 1 min only. */
export const LIMIT = { name: "each", requests: 1_000, period: 10_000, burst: 1_000 } as const;

/** Where the requests of one key come from: as those of a client address do, or as those of a large API key. */
export const SPREADS = ["one place", "everywhere"] as const;
export type Spread = (typeof SPREADS)[number];

/** `binding` and `kv` are those that this project's code has no part in. */
export type WayKind = RateLimitTerms["mode"] | "binding" | "kv";

export interface Way {
  readonly name: string;
  readonly kind: WayKind;
  /** Where nobody can be asked in time. */
  readonly deadline: number;
  readonly onFailure: RateLimitTerms["onFailure"];
}

const STRICT = { deadline: 1_000, onFailure: "closed" } as const;
/** What is used where a limit says nothing. */
const USUAL = { deadline: 50, onFailure: "open" } as const;

export const WAYS: readonly Way[] = [
  { name: "exact", kind: "exact", ...STRICT },
  { name: "leased", kind: "leased", ...STRICT },
  { name: "local", kind: "local", ...STRICT },
  { name: "exact, 50 ms, open", kind: "exact", ...USUAL },
  { name: "leased, 50 ms, open", kind: "leased", ...USUAL },
  { name: "binding alone", kind: "binding", ...STRICT },
  { name: "counter in KV", kind: "kv", ...STRICT },
];

export function termsOfWay({ kind, deadline, onFailure }: Way): RateLimitTerms {
  const mode = kind === "binding" || kind === "kv" ? "local" : kind;
  return termsOf(`simulated/${mode}`, {
    ...LIMIT,
    mode,
    deadline,
    onFailure,
    key: [{ by: "clientAddress", name: "" }],
  });
}

/** One key whose requests come at the full rate: what the compiler says that it costs, beside what it does. */
export interface FullRate {
  /** Isolates of one place that take them in equal parts. */
  readonly isolates: number;
  /** Milliseconds. */
  readonly period: number;
}

/** Requests a second: the ones that issue 6 bounds the object requests for. */
export const FULL_RATE = 1_000;

export const FULL_RATES: readonly FullRate[] = [1_000, 10_000, 60_000].flatMap((period) =>
  [1, 20, 100].map((isolates) => ({ isolates, period })),
);

export function termsAtFullRate({ period }: FullRate): RateLimitTerms {
  const requests = (FULL_RATE * period) / 1000;
  // As for most limits the burst is `requests`, but no more than a short flood uses up.
  const burst = Math.min(requests, 10_000);
  return termsOf("simulated/full", { name: "full", mode: "leased", requests, period, burst, key: [], ...STRICT });
}
