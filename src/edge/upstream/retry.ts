import type { Retry, RetryCondition } from "../../table/policies/retry.ts";
import type { Attempt } from "./attempt.ts";
import { overridesMethod } from "./headers.ts";

/** True where a request may go out again although the first may have been carried out. `held`: its body is kept. */
export function isRepeatable(request: Request, held: boolean, { methods, idempotencyKey }: Retry): boolean {
  if (request.body !== null && !held) return false;
  if (overridesMethod(request.headers)) return false;
  return methods.includes(request.method) || (idempotencyKey && Boolean(request.headers.get("idempotency-key")));
}

/** True where the policy wants another try after this one. */
export function isWorthRetrying(attempt: Attempt, { on, statuses }: Retry): boolean {
  if (!("response" in attempt)) return on.includes(attempt.condition) || conditionsMeant(attempt.condition, on);
  const { status } = attempt.response;
  return statuses.some(({ from, to }) => from <= status && status <= to);
}

/** The platform reports a refused connection and a reset one alike: who asks for either gets both. */
function conditionsMeant(condition: RetryCondition, on: Retry["on"]): boolean {
  return condition === "reset" && on.includes("connect-failure");
}

/**
 * Milliseconds before the n-th retry: none before the first, which goes to another endpoint; then a random time up to
 * base × 2^(n-1), at most max ("full jitter", as Envoy does). `random` is in [0, 1).
 */
export function backoff(retries: number, { base, max }: Retry["backoff"], random: number): number {
  return retries <= 1 ? 0 : Math.min(max, base * 2 ** (retries - 1)) * random;
}

/**
 * The body, read to be sent more than once; null where it has none, is not to be held, is larger than the policy allows
 * or does not tell its length, and that of GET and HEAD, which no request can be made with anew: then it is passed on as
 * it comes, unread, and can't go out again. `broken`: the client broke off.
 */
export async function holdBody(request: Request, maxBodySize: number): Promise<ArrayBuffer | null | "broken"> {
  const { method, body } = request;
  if (body === null || maxBodySize === 0 || method === "GET" || method === "HEAD") return null;
  const length = lengthOf(request.headers);
  if (length === null || length > maxBodySize) return null;
  return request.arrayBuffer().catch(() => "broken" as const);
}

/** The length that the request announces; null where it announces none. */
export function lengthOf(headers: Headers): number | null {
  const written = headers.get("content-length");
  return written !== null && /^\d+$/.test(written) ? Number(written) : null;
}
