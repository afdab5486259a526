import type { RateLimitTerms } from "../../table/policies/rate-limit.ts";
import type { Claim } from "./claim.ts";
import { countsOf } from "./counts.ts";
import type { Answer } from "./protocol.ts";
import type { Surroundings } from "./surroundings.ts";

/** What is known of a limit that a request passed. `left` and `reset` (milliseconds) are null where nobody knows. */
export interface Standing {
  readonly terms: RateLimitTerms;
  readonly left: number | null;
  readonly reset: number | null;
}

export type Decision =
  | { readonly passes: true; readonly standings: readonly Standing[] }
  | {
      readonly passes: false;
      /** Why: over the limit, or the limit could not be asked and is closed then. */
      readonly cause: "refused" | "undecided";
      readonly by: readonly Standing[];
      /** Milliseconds. */
      readonly retryAfter: number;
    };

export const PASSES: Decision = { passes: true, standings: [] };

/** Milliseconds that a client is told to wait where a limit can't be judged, or only a window of the platform's knows. */
export const UNKNOWN_WAIT = 1_000;

/** What one object said; `answers` is null where it said nothing. */
export interface Outcome {
  readonly object: string;
  readonly claims: readonly Claim[];
  readonly answers: readonly Answer[] | null;
  /** Those that can't be judged and are closed then. */
  readonly closed?: readonly Claim[];
}

export function undecided(
  object: string,
  claims: readonly Claim[],
  cause: string,
  surroundings: Surroundings,
): Outcome {
  return {
    object,
    claims,
    answers: null,
    closed: claims.filter((claim) => countUndecided(claim, cause, surroundings)),
  };
}

/** Counts and logs that a limit can't be judged; true where it refuses then. */
export function countUndecided({ terms }: Claim, cause: string, surroundings: Surroundings): boolean {
  const isClosed = terms.onFailure === "closed";
  countsOf(terms.id)[isClosed ? "failedClosed" : "failedOpen"]++;
  surroundings.undecided(terms.id, cause);
  return isClosed;
}

export function judged(outcomes: readonly Outcome[]): Decision {
  const over = outcomes.flatMap(({ claims, answers }) =>
    (answers ?? []).flatMap((answer, index) => {
      return answer.admitted || answer.retryAfter === 0 ? [] : [{ claim: claims[index] as Claim, answer }];
    }),
  );
  if (over.length > 0) {
    const wait = Math.max(...over.map(({ answer }) => answer.retryAfter));
    return refused(
      over.map(({ claim }) => claim),
      wait,
    );
  }
  const undecidable = outcomes.flatMap((outcome) => outcome.closed ?? []);
  if (undecidable.length > 0) return closed(undecidable);
  const standings = outcomes.flatMap(({ claims, answers }) =>
    (answers ?? []).map(({ left, reset }, index) => ({ terms: (claims[index] as Claim).terms, left, reset })),
  );
  return { passes: true, standings };
}

/** Counts it, too. */
export function refused(claims: readonly Claim[], retryAfter: number): Decision {
  for (const { terms } of claims) countsOf(terms.id)[terms.shadow ? "wouldRefuse" : "refused"]++;
  const by = claims.map(({ terms }) => ({ terms, left: 0, reset: retryAfter }));
  return { passes: false, cause: "refused", by, retryAfter };
}

export function closed(claims: readonly Claim[]): Decision {
  const by = claims.map(({ terms }) => ({ terms, left: null, reset: null }));
  return { passes: false, cause: "undecided", by, retryAfter: UNKNOWN_WAIT };
}
