import type { Endpoint } from "../../table/model.ts";
import type { RetryCondition } from "../../table/policies/retry.ts";
import type { Problem } from "../problem.ts";
import type { EndpointState } from "./endpoint-state.ts";
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
}

/**
 * Codes by which the platform says that an origin failed; with 530 the cause is its name. Which of them come before
 * anything was sent is not certain enough to send a payment again: developers.cloudflare.com/support/troubleshooting/
 * http-status-codes/cloudflare-5xx-errors.
 */
const PLATFORM_ERRORS: ReadonlySet<number> = new Set([520, 521, 522, 523, 524, 525, 526, 527, 530]);
const PLATFORM_TIMEOUTS: ReadonlySet<number> = new Set([522, 524]);
const GATEWAY_FAILURES: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Sends one request and waits at most `limit` milliseconds for the answer's headers; infinite: as long as it takes.
 * Counts it as pending, and measures the latency of what is answered. Never throws for what an endpoint does.
 */
export async function attempt(
  state: EndpointState,
  transport: Transport,
  request: Request,
  limit: number,
): Promise<Attempt> {
  const start = Date.now();
  state.pending++;
  try {
    const response = await inTime(transport.fetch(request), limit);
    if (response === null) return { state, problem: "timeout", condition: "timeout", cause: "timeout", sent: true };
    const { status } = response;
    if (PLATFORM_ERRORS.has(status)) {
      await response.body?.cancel();
      const problem = PLATFORM_TIMEOUTS.has(status) ? "timeout" : "badGateway";
      return { state, problem, condition: "platform-error", cause: `status ${status}`, sent: true };
    }
    const now = Date.now();
    state.measure(now - start, now);
    return { state, response };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return { state, problem: "badGateway", condition: "reset", cause, sent: true };
  } finally {
    state.pending--;
  }
}

/** A try that could not be made: nothing was sent. */
export function notSent(state: EndpointState, cause: string): Failed {
  return { state, problem: "badGateway", condition: "connect-failure", cause, sent: false };
}

/**
 * What a try says of its endpoint's health; null: nothing. Where a client's body is passed on as it comes, it may be
 * the client who broke off or was slow, and no client may talk a cluster out of service.
 */
export function outcomeOf(attempt: Attempt, streamsBody: boolean): Outcome | null {
  if (!("response" in attempt)) return streamsBody && attempt.sent ? null : "gateway-failure";
  const { status } = attempt.response;
  if (status < 500) return "success";
  return GATEWAY_FAILURES.has(status) ? "gateway-failure" : "failure";
}

/** The endpoint in words, for the log: no id of a request, no path. */
export function addressOf({ cluster, hostname, port }: Endpoint): string {
  return `${cluster.name} ${hostname}:${port}`;
}

/**
 * The answer, or null when its headers are not there in time; the body may take as long as it likes. A late answer is
 * dropped. There is no AbortController: it would cost as much as a header on every request, and what still runs ends
 * with the request.
 */
function inTime(answer: Promise<Response>, milliseconds: number): Promise<Response | null> {
  if (milliseconds === Number.POSITIVE_INFINITY) return answer;
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        resolve(null);
      },
      Math.max(0, milliseconds),
    );
    answer.then(
      (response) => {
        clearTimeout(timer);
        if (late) void response.body?.cancel();
        else resolve(response);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
