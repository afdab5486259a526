import type { RateLimitTerms } from "../../table/policies/rate-limit.ts";
import type { QuotaWindow } from "../../table/quota.ts";
import type { BucketRef } from "./protocol.ts";

/** One limit of one request: which bucket, and how much of it. */
export interface Claim {
  readonly terms: RateLimitTerms;
  readonly key: string;
  readonly reserve: number;
  /** Of a quota. */
  readonly window?: QuotaWindow;
}

export function bucketOf({ terms, key, window }: Claim): BucketRef {
  const { id, requests, period, burst } = terms;
  return { id, key, requests, period, burst, ...(window !== undefined && { window }) };
}

/** Tells apart what is remembered of one limit: a key, and how much of its bucket is left to others. */
export function slotOf({ key, reserve }: Claim): string {
  return reserve === 0 ? key : `${key}\n${reserve}`;
}

/** The same of all limits. */
export function slotNameOf(claim: Claim): string {
  return `${claim.terms.id}\n${slotOf(claim)}`;
}
