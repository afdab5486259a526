import type { Endpoint } from "../../table/model.ts";
import type { RetryCondition } from "../../table/policies/retry.ts";
import type { Problem } from "../problem.ts";
import type { EndpointState } from "./endpoint-state.ts";
import { inTime } from "./in-time.ts";
import type { Outcome } from "./outlier.ts";
import type { Transport } from "./transport.ts";

/** How one try ended. */
export type Attempt = Answered | Failed;

/** The endpoint answered, with whatever status. */
export interface Answered {
  readonly state: EndpointState;
  readonly response: Response;
}

/** It did not. */
export interface Failed {
  readonly state: EndpointState;
  /** What the client is to be told where this was the last try. */
  readonly problem: Problem;
  readonly condition: RetryCondition;
  /** In a few words, for the log. */
  readonly cause: string;
  /** False only where it is certain that no byte left the edge. */
  readonly sent: boolean;
  /** True where it says nothing of the endpoint: the edge gave up early, or it was sent before the endpoint came back. */
  readonly isInconclusive: boolean;
}

/** How long one try may wait for the answer's headers, in milliseconds; infinite: as long as it takes. */
export interface TryLimit {
  readonly milliseconds: number;
  /** True where the request's own deadline leaves less than a try should have. */
  readonly isCutShort: boolean;
}

/** What a failure counts as in the measure of latency, at least: an endpoint that fails fast must not look fast. */
const FAILURE_LATENCY = 1_000;

/**
 * Codes by which the platform says that an origin failed; with 530 the cause is its name. Which of them come before
 * anything was sent is not certain enough to send a payment again: developers.cloudflare.com/support/troubleshooting/
 * http-status-codes/cloudflare-5xx-errors.
 */
const PLATFORM_ERRORS: ReadonlySet<number> = new Set([520, 521, 522, 523, 524, 525, 526, 527, 530]);
const PLATFORM_TIMEOUTS: ReadonlySet<number> = new Set([522, 524]);
const GATEWAY_FAILURES: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Sends one request and waits for the answer's headers. Counts it as pending and measures its latency. Never throws for
 * what an endpoint does. `signal` gives it up.
 */
export async function attempt(
  state: EndpointState,
  transport: Transport,
  request: Request,
  limit: TryLimit,
  signal: AbortSignal | null,
): Promise<Attempt> {
  const start = Date.now();
  const end = state.waiting.begin(start);
  const failed = (problem: Problem, condition: RetryCondition, cause: string, isCutShort = false): Failed => {
    const now = Date.now();
    const isInconclusive = isCutShort || start < state.returnedAt;
    if (!isInconclusive) state.measure(Math.max(now - start, FAILURE_LATENCY), now);
    return { state, problem, condition, cause, sent: true, isInconclusive };
  };
  try {
    const response = await inTime(transport.fetch(request), limit.milliseconds);
    if (response === null) return failed("timeout", "timeout", "timeout", limit.isCutShort);
    const { status } = response;
    if (PLATFORM_ERRORS.has(status)) {
      await response.body?.cancel();
      const problem = PLATFORM_TIMEOUTS.has(status) ? "timeout" : "badGateway";
      return failed(problem, "platform-error", `status ${status}`);
    }
    const now = Date.now();
    state.measure(status < 500 ? now - start : Math.max(now - start, FAILURE_LATENCY), now);
    return { state, response };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return failed("badGateway", "reset", cause, signal?.aborted === true);
  } finally {
    end();
  }
}

/** A try that could not be made: nothing was sent. */
export function notSent(state: EndpointState, cause: string): Failed {
  return { state, problem: "badGateway", condition: "connect-failure", cause, sent: false, isInconclusive: false };
}

/**
 * What a try says of the health of its endpoint and backend; null: nothing. Where a client's body is passed on as it comes, it may be
 * the client who broke off or was slow, and no client may talk a cluster out of service.
 */
export function outcomeOf(attempt: Attempt, streamsBody: boolean): Outcome | null {
  if (!("response" in attempt)) return attempt.isInconclusive || (streamsBody && attempt.sent) ? null : "unanswered";
  const { status } = attempt.response;
  if (status < 500) return "success";
  return GATEWAY_FAILURES.has(status) ? "gateway-failure" : "failure";
}

/** The endpoint in words, for the log: no id of a request, no path. */
export function addressOf({ cluster, hostname, port }: Endpoint): string {
  return `${cluster.name} ${hostname}:${port}`;
}
