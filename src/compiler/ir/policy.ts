import type { ApiKey } from "../../table/policies/api-key.ts";
import type { Authorization } from "../../table/policies/authorization.ts";
import type { BandwidthLimit } from "../../table/policies/bandwidth-limit.ts";
import type { BasicAuth } from "../../table/policies/basic-auth.ts";
import type { ClientCertificate } from "../../table/policies/client-certificate.ts";
import type { Cors } from "../../table/policies/cors.ts";
import type { ExternalAuth } from "../../table/policies/external-auth.ts";
import type { Fallback } from "../../table/policies/fallback.ts";
import { GUARD_FIELDS } from "../../table/policies/guards.ts";
import type { HeaderModifier } from "../../table/policies/header-modifier.ts";
import type { Jwt } from "../../table/policies/jwt.ts";
import type { LoadBalancing } from "../../table/policies/load-balancing.ts";
import type { Mirror } from "../../table/policies/mirror.ts";
import type { Oidc } from "../../table/policies/oidc.ts";
import type { RequestBody } from "../../table/policies/request-body.ts";
import type { Retry } from "../../table/policies/retry.ts";
import { DEFAULT_RULE_POLICIES, type RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Position } from "../diagnostics/diagnostic.ts";
import { rememberedOf } from "../remembered.ts";
import { type Access, inTable } from "./access.ts";
import { type ConcurrencyLimit, concurrencyLimitInTable } from "./concurrency-limit.ts";
import type { Dialect } from "./dialect.ts";
import { effectiveFilters } from "./filter.ts";
import { type RateLimit, rateLimitInTable } from "./rate-limit.ts";
import type { RouteRule, Timeouts } from "./rule.ts";

/** What can be attached to a rule, by the names of EdgePolicy. Each is taken from one source as a whole. */
export interface PolicyValues {
  readonly loadBalancing: LoadBalancing;
  readonly retry: Retry;
  readonly fallback: Fallback;
  readonly timeouts: Timeouts;
  readonly cors: Cors;
  readonly satisfy: RulePolicies["satisfy"];
  readonly access: Access;
  readonly authorization: Authorization;
  readonly jwt: Jwt;
  readonly apiKey: ApiKey;
  readonly basicAuth: BasicAuth;
  readonly requestBody: RequestBody;
  readonly bandwidthLimit: BandwidthLimit;
  /** Null: nobody is asked, whatever a policy for the whole edge says. */
  readonly externalAuth: ExternalAuth | null;
  readonly oidc: Oidc;
  /** Come after the filters of annotations. */
  readonly headers: { readonly request: HeaderModifier; readonly response: HeaderModifier };
  readonly rateLimit: RateLimit;
  readonly concurrencyLimit: ConcurrencyLimit;
  readonly clientCertificate: ClientCertificate;
  /** `percent` 0: no copies, whatever a less specific policy says. */
  readonly mirror: Mirror;
}

export type PolicyField = keyof PolicyValues;

/** nginx's own `client_max_body_size`, which holds where ingress-nginx writes none. */
export const NGINX_BODY_SIZE: RequestBody = { maxSize: 1024 ** 2 };

/** In the order of reports. */
export const POLICY_FIELDS = [
  "loadBalancing",
  "retry",
  "fallback",
  "timeouts",
  "requestBody",
  "bandwidthLimit",
  "cors",
  "satisfy",
  "access",
  "authorization",
  "jwt",
  "apiKey",
  "basicAuth",
  "externalAuth",
  "oidc",
  "headers",
  "rateLimit",
  "concurrencyLimit",
  "clientCertificate",
  "mirror",
] as const satisfies readonly PolicyField[];

const GUARDS: ReadonlySet<string> = new Set([
  ...GUARD_FIELDS,
  "rateLimit",
  "concurrencyLimit",
  "requestBody",
  "bandwidthLimit",
]);

const KEEP_OUT: ReadonlySet<string> = new Set(GUARD_FIELDS);

/** Limits bound whom they let in, and open nothing where they are not. */
export function keepsOut({ field, value }: Policy): boolean {
  return KEEP_OUT.has(field) && value !== null;
}

/** False for what keeps nobody out: no other rule is less guarded. Lines of snippets may. */
export function mayGuard({ policies, filters }: Pick<RouteRule, "policies" | "filters">): boolean {
  return policies.some(keepsOut) || filters.some(({ type }) => type === "RewriteModule");
}

/** Written in an EdgePolicy, and not in an annotation or a ConfigMap. */
export function isOfEdgePolicy({ from }: Policy): boolean {
  return from.startsWith("EdgePolicy");
}

/** True for a setting that keeps requests out or bounds them: what would leave it without effect is an error. */
export function isGuard({ field }: { readonly field: string }): boolean {
  return GUARDS.has(field);
}

/** One of the fields with its value, defaults filled in. */
export type PolicySetting = {
  [Field in PolicyField]: { readonly field: Field; readonly value: PolicyValues[Field] };
}[PolicyField];

/** A setting in effect on a rule, and who set it. */
export type Policy = PolicySetting & {
  /** `EdgePolicy shop/cart`, or the annotation. */
  readonly from: string;
  readonly at: Position | null;
  /** The annotation that it takes the place of at the edge, and which the cluster's own ingress reads all the same. */
  readonly insteadOf?: { readonly from: string; readonly at: Position | null };
};

type Ruled = Pick<RouteRule, "policies" | "filters"> & { readonly owner: Pick<RouteRule["owner"], "dialect"> };

const EFFECTIVE = new WeakMap<Ruled["policies"], WeakMap<Ruled["filters"], Map<Dialect, RulePolicies>>>();

/**
 * What the policies and filters of a rule come to in the table; one object for all rules that share both. Its time limits
 * stand in the rule itself.
 */
export function effectivePolicies({ policies, filters, owner }: Ruled): RulePolicies {
  const { dialect } = owner;
  if (policies.length === 0 && filters.length === 0 && dialect === DEFAULT_RULE_POLICIES.dialect) {
    return DEFAULT_RULE_POLICIES;
  }
  const ofPolicies = EFFECTIVE.get(policies) ?? new WeakMap();
  const ofBoth = ofPolicies.get(filters) ?? new Map<Dialect, RulePolicies>();
  const known = ofBoth.get(dialect);
  if (known !== undefined) return known;
  const found = workedOut(policies, filters, dialect);
  EFFECTIVE.set(policies, ofPolicies.set(filters, ofBoth.set(dialect, found)));
  return found;
}

/** Rules with policies of their own may share their filters. */
const filtersInTable = rememberedOf(effectiveFilters);

function workedOut(policies: Ruled["policies"], filters: Ruled["filters"], dialect: Dialect): RulePolicies {
  const set = valuesOf(policies);
  const filtered = filtersInTable(filters);
  const { access, headers, rateLimit, concurrencyLimit, requestBody, bandwidthLimit, mirror } = set;
  return {
    ...DEFAULT_RULE_POLICIES,
    ...filtered,
    requestHeaders: [...filtered.requestHeaders, ...(headers?.request ?? [])],
    responseHeaders: [...filtered.responseHeaders, ...(headers?.response ?? [])],
    loadBalancing: set.loadBalancing ?? DEFAULT_RULE_POLICIES.loadBalancing,
    retry: set.retry ?? DEFAULT_RULE_POLICIES.retry,
    fallback: set.fallback ?? null,
    cors: set.cors ?? null,
    satisfy: set.satisfy ?? DEFAULT_RULE_POLICIES.satisfy,
    access: access === undefined ? null : inTable(access),
    authorization: set.authorization ?? null,
    jwt: set.jwt ?? null,
    apiKey: set.apiKey ?? null,
    basicAuth: set.basicAuth ?? null,
    externalAuth: set.externalAuth ?? null,
    oidc: set.oidc ?? null,
    rateLimit: rateLimit === undefined ? null : rateLimitInTable(rateLimit),
    concurrencyLimit: concurrencyLimit === undefined ? null : concurrencyLimitInTable(concurrencyLimit),
    requestBody: requestBody === undefined || requestBody.maxSize === 0 ? null : requestBody,
    bandwidthLimit: bandwidthLimit === undefined || bandwidthLimit.rate === 0 ? null : bandwidthLimit,
    clientCertificate: set.clientCertificate ?? null,
    mirror: mirror === undefined || mirror.percent === 0 ? null : mirror,
    dialect,
  };
}

/** By field, of two of one field the first. */
function valuesOf(policies: readonly PolicySetting[]): Partial<PolicyValues> {
  const values: Partial<Record<PolicyField, PolicyValues[PolicyField]>> = {};
  for (const { field, value } of policies) values[field] ??= value;
  return values as Partial<PolicyValues>;
}

/** The value of a field that is set; null where it is not. */
export function settingOf<Field extends PolicyField>(
  policies: readonly PolicySetting[],
  field: Field,
): PolicyValues[Field] | null {
  const policy = policies.find((candidate) => candidate.field === field);
  return policy === undefined ? null : (policy.value as PolicyValues[Field]);
}
