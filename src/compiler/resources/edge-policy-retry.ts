import * as z from "zod";
import { DEFAULT_RETRY, RETRY_CONDITIONS, type Retry } from "../../table/policies/retry.ts";
import { byteSize } from "./byte-sizes.ts";
import { duration, durationText } from "./durations.ts";
import { httpToken } from "./names.ts";
import { between, exactly, type Fields, formed, integer, oneOf, type Report } from "./schema.ts";
import { statusRanges } from "./statuses.ts";

const MINUTE = 60_000;

/** Bodies that are held share the 128 MB of an isolate with everything else. */
const MOST_HELD = 1024 * 1024;

const STANDARD = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH", "TRACE"];

/** Methods are compared as they are written (RFC 9110, 9.1): `get` is none that anybody sends. */
export const method = (text: string) =>
  STANDARD.includes(text) || !STANDARD.includes(text.toUpperCase())
    ? httpToken(text)
    : `must be written in capitals, ${text.toUpperCase()}`;

const backoff = exactly({
  base: duration("the base", { least: 1, most: MINUTE }).nullish(),
  max: duration("the maximum", { least: 1, most: MINUTE }).nullish(),
})
  .check(between(baseWithinMax))
  .transform(({ base, max }) => {
    // Envoy's cap is ten times the base where only the base is written.
    const most = max ?? (base ? base * 10 : DEFAULT_RETRY.backoff.max);
    return { base: base ?? Math.min(DEFAULT_RETRY.backoff.base, most), max: most };
  });

const budget = exactly({
  percent: integer(0, 100, "EI1233", "the percentage").nullish(),
  interval: duration("the interval", { least: 1000, most: 60 * MINUTE }).nullish(),
  minRetries: integer(0, 10_000, "EI1233", "minRetries").nullish(),
});

/** `spec.retry` of an EdgePolicy. */
export const retry = exactly({
  on: z.array(oneOf(RETRY_CONDITIONS)).nullish(),
  statuses: statusRanges(400, 599).nullish(),
  attempts: integer(0, 16, "EI1233", "attempts").nullish(),
  perTryTimeout: duration("perTryTimeout", { least: 1, most: 60 * MINUTE, orZero: true }).nullish(),
  backoff: backoff.nullish(),
  methods: z.array(z.string().check(formed("EI1237", "the method", method))).nullish(),
  idempotencyKey: z.boolean().nullish(),
  maxBodySize: byteSize("maxBodySize", MOST_HELD).nullish(),
  hedge: exactly({ delay: duration("the delay", { least: 1, most: MINUTE }) }).nullish(),
  budget: budget.nullish(),
})
  .check(between(hedgeOfGet))
  .transform(
    (written): Retry => ({
      on: written.on ?? DEFAULT_RETRY.on,
      statuses: written.statuses ?? DEFAULT_RETRY.statuses,
      attempts: written.attempts ?? DEFAULT_RETRY.attempts,
      perTryTimeout: written.perTryTimeout ?? DEFAULT_RETRY.perTryTimeout,
      backoff: written.backoff ?? DEFAULT_RETRY.backoff,
      methods: written.methods ?? DEFAULT_RETRY.methods,
      idempotencyKey: written.idempotencyKey ?? DEFAULT_RETRY.idempotencyKey,
      maxBodySize: written.maxBodySize ?? DEFAULT_RETRY.maxBodySize,
      hedge: written.hedge ? { delay: written.hedge.delay } : DEFAULT_RETRY.hedge,
      budget: {
        percent: written.budget?.percent ?? DEFAULT_RETRY.budget.percent,
        interval: written.budget?.interval ?? DEFAULT_RETRY.budget.interval,
        minRetries: written.budget?.minRetries ?? DEFAULT_RETRY.budget.minRetries,
      },
    }),
  );

function baseWithinMax({ base, max }: Fields, report: Report): void {
  if (typeof base !== "number" || typeof max !== "number" || base <= max) return;
  const message = `the base ${durationText(base)} must not be longer than the maximum ${durationText(max)}`;
  report({ code: "EI1239", message, path: ["base"] });
}

function hedgeOfGet({ hedge, methods }: Fields, report: Report): void {
  if (hedge === undefined || hedge === null || !Array.isArray(methods) || methods.includes("GET")) return;
  const message = "only GET requests are hedged, and `methods` does not hold GET";
  report({ code: "EI1239", message, path: ["hedge"], part: "key" });
}
