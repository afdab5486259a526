import type { TryLimit } from "./attempt.ts";
import type { Exchange } from "./exchange.ts";
import { lengthOf } from "./retry.ts";

/** Bytes a second that an upload has to make at least; slower ones may be cut off when their try's time is over. */
const SLOWEST_UPLOAD = 16 * 1024;

/**
 * How long one try may take until the answer's headers. Where a body ends on its way can't be seen without touching it
 * (a pipe in between turned a broken upload into a whole one), so one that is passed on as it comes has the time for its
 * length at a slow rate besides, and one of unknown length has no limit.
 */
export function tryLimitOf({ rule, request, held, deadline }: Exchange): TryLimit {
  const { backendRequestTimeout, policies } = rule;
  const { perTryTimeout } = policies.retry;
  const own = Math.min(...[backendRequestTimeout, perTryTimeout].filter((limit) => limit !== 0));
  const left = deadline - Date.now();
  const limit = { milliseconds: Math.min(left, own), isCutShort: left < own };
  if (request.body === null || held !== null) return limit;
  const length = lengthOf(request.headers);
  if (length === null) return { milliseconds: Number.POSITIVE_INFINITY, isCutShort: false };
  return { ...limit, milliseconds: limit.milliseconds + (length / SLOWEST_UPLOAD) * 1000 };
}
