import * as z from "zod";
import type { ConcurrencyTerms } from "../../table/policies/concurrency-limit.ts";
import type { ConcurrencyLimit } from "../ir/concurrency-limit.ts";
import {
  DEFAULT_PLACEMENT,
  DEFAULT_REFUSAL,
  distinctNames,
  exemptRanges,
  limitKey,
  limitName,
  objectPlacement,
  refusalFields,
} from "./limit-fields.ts";
import { exactly, integer, rule } from "./schema.ts";

/** So many slots of one key an object keeps in mind without trouble. */
export const MOST_AT_A_TIME = 100_000;

/** What is used of a field that is not written. */
export const DEFAULT_CONCURRENCY = {
  ipv6Prefix: 64,
  ...DEFAULT_REFUSAL,
  ...DEFAULT_PLACEMENT,
} as const;

const limit = exactly({
  name: limitName,
  maxRequests: integer(1, MOST_AT_A_TIME, "EI1233", "maxRequests"),
  key: limitKey.optional(),
  ipv6Prefix: integer(32, 128, "EI1233", "the prefix").optional(),
  ...refusalFields,
  ...objectPlacement,
});

/** `spec.concurrencyLimit` of an EdgePolicy. */
export const concurrencyLimit = exactly({
  limits: z.array(limit).check(rule(distinctNames("concurrencyLimit"))),
  exempt: exemptRanges.optional(),
});

/** The same with the policy that it stands in: its limits count for all rules of that policy together. */
export function concurrencyLimitIn(
  { namespace, name: policy }: { readonly namespace: string; readonly name: string },
  { limits, exempt }: z.output<typeof concurrencyLimit>,
): ConcurrencyLimit {
  return {
    limits: limits.map((written) => concurrencyTermsOf(`${namespace}/${policy}/${written.name}`, written)),
    exempt: exempt ?? [],
    isOfAnnotation: false,
  };
}

/** A limit as it is written. */
type WrittenLimit = Pick<ConcurrencyTerms, "name" | "maxRequests"> & {
  readonly [Field in keyof Omit<ConcurrencyTerms, "id" | "name" | "maxRequests">]?: ConcurrencyTerms[Field] | undefined;
};

/** A limit with all that is not written. `id` is that of its slots everywhere. */
export function concurrencyTermsOf(id: string, written: WrittenLimit): ConcurrencyTerms {
  const given = Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));
  const { name, maxRequests } = written;
  return { ...DEFAULT_CONCURRENCY, key: [{ by: "clientAddress", name: "" }], ...given, id, name, maxRequests };
}
