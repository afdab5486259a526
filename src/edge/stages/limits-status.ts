import { LIMITS_BINDING } from "../../table/bindings.ts";
import type { ConcurrencyTerms } from "../../table/policies/concurrency-limit.ts";
import type { RateLimitTerms } from "../../table/policies/rate-limit.ts";
import { QUOTA_WINDOWS, type QuotaWindow } from "../../table/quota.ts";
import type { Table } from "../../table/reader.ts";
import type { Env } from "../env.ts";
import { within } from "../health/patience.ts";
import { countsOf } from "../limits/counts.ts";
import { limitsObject, objectNameOf, objectNamesOf } from "../limits/objects.ts";
import type { LimitsApi, SlotUsage, Usage } from "../limits/protocol.ts";
import { isQuotaOf, quotaTerms } from "../limits/quota.ts";
import { tokenRefusal } from "./status.ts";

export const LIMITS_PATH = "/.edge-ingress/limits";

/** Milliseconds that an object has for its answer. */
const PATIENCE = 3_000;

/** Buckets of an object that are told: those from which the most is taken. */
const MOST_TOLD = 20;

/**
 * What is used and left of each limit, and how many requests are under way by each concurrency limit, for who brings the
 * token of the status: GET; with `?limit=ID&key=KEY` of that bucket alone, and POST makes that one full again. Null where something else is asked for, or the edge has no token.
 */
export function serveLimits(path: string, request: Request, env: Env, table: Table): Promise<Response> | null {
  if (path !== LIMITS_PATH) return null;
  const refused = tokenRefusal(request.headers, env);
  return refused === null ? null : answer(refused, request, env, table);
}

async function answer(refusal: Promise<Response | null>, request: Request, env: Env, table: Table): Promise<Response> {
  const refused = await refusal;
  if (refused !== null) return refused;
  const all = [...limitsIn(table), ...quotasIn(table)];
  const asked = new URL(request.url).searchParams;
  const key = asked.get("key");
  const isAsked = ({ id }: { readonly id: string }) => !asked.has("limit") || id === asked.get("limit");
  const chosen = all.filter(isAsked);
  const slots = concurrencyIn(table).filter(isAsked);
  if (chosen.length + slots.length === 0 && asked.has("limit")) return said({ problem: "there is no such limit" }, 404);
  if (request.method === "POST") {
    if (key === null || !asked.has("limit")) return said({ problem: "a limit and a key have to be named" }, 400);
    if (slots.length > 0) return said({ problem: "requests under way can't be reset" }, 400);
    if (chosen.some(({ mode }) => mode === "local")) {
      return said({ problem: "the platform's counters can't be reset" }, 400);
    }
  } else if (request.method !== "GET") return said({ problem: "only GET and POST are understood" }, 405);
  try {
    if (key !== null && request.method === "POST") await Promise.all(chosen.map((terms) => reset(terms, key, env)));
    const limits = await Promise.all(chosen.map((terms) => describe(terms, key, env)));
    const concurrency = await Promise.all(slots.map((terms) => describeSlots(terms, key, env)));
    return said({ table: table.contentHash, limits, concurrency, problem: null });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return said({ problem: `the objects could not be asked: ${why}` }, 503);
  }
}

/** What an object tells, or why it tells nothing: what the isolate knows is told all the same. */
async function orProblem<Told>(asked: Promise<readonly Told[]>) {
  try {
    return { told: await asked, problem: null };
  } catch (error) {
    return { told: [], problem: `could not be asked: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Each limit once, however many rules have it. */
function limitsIn(table: Table): RateLimitTerms[] {
  const limits = table.allPolicies().flatMap(({ rateLimit }) => rateLimit?.limits ?? []);
  return [...new Map(limits.map((terms) => [terms.id, terms])).values()];
}

function concurrencyIn(table: Table): ConcurrencyTerms[] {
  const limits = table.allPolicies().flatMap(({ concurrencyLimit }) => concurrencyLimit?.limits ?? []);
  return [...new Map(limits.map((terms) => [terms.id, terms])).values()];
}

/** The windows of quotas as limits; the requests are those of each key's plan. */
function quotasIn(table: Table): RateLimitTerms[] {
  const quotas = table.allPolicies().flatMap(({ rateLimit }) => rateLimit?.quota ?? []);
  const terms = quotas.flatMap((quota) => QUOTA_WINDOWS.map((window) => quotaTerms(quota, window, 0)));
  return [...new Map(terms.map((one) => [one.id, one])).values()];
}

async function describe(terms: RateLimitTerms, key: string | null, env: Env) {
  const { id, requests, period, burst, cost, mode, shadow, onFailure, mostHeld } = terms;
  const { told: buckets, problem } = await orProblem(
    mode === "local" ? Promise.resolve([]) : usagesOf(terms, key, env),
  );
  const quota = windowOf(terms);
  return {
    ...{ id, requests, period, burst, cost, mode, shadow, onFailure, mostHeld, quota },
    ...{ isolate: countsOf(id), buckets, problem },
  };
}

async function usagesOf(terms: RateLimitTerms, key: string | null, env: Env): Promise<readonly Usage[]> {
  if (key !== null) return [await within(PATIENCE, objectOf(env, objectNameOf(terms, key)).look(refOf(terms, key)))];
  const told = await toldBy(terms, env, (object) => object.usage(terms.id, MOST_TOLD));
  return told.sort((a, b) => a.left - b.left).slice(0, MOST_TOLD);
}

async function describeSlots(terms: ConcurrencyTerms, key: string | null, env: Env) {
  const { id, maxRequests, shadow, onFailure } = terms;
  const { told: keys, problem } = await orProblem(slotsOf(terms, key, env));
  return { id, maxRequests, shadow, onFailure, isolate: countsOf(id), keys, problem };
}

async function slotsOf(terms: ConcurrencyTerms, key: string | null, env: Env): Promise<readonly SlotUsage[]> {
  const { id, maxRequests: most } = terms;
  if (key !== null) {
    return [await within(PATIENCE, objectOf(env, objectNameOf(terms, key)).slotsOf({ id, key, most }))];
  }
  const told = await toldBy(terms, env, (object) => object.slots(id, MOST_TOLD));
  return told.sort((a, b) => b.used - a.used).slice(0, MOST_TOLD);
}

/** What all objects of a limit tell. */
async function toldBy<Told>(
  terms: RateLimitTerms | ConcurrencyTerms,
  env: Env,
  ask: (object: LimitsApi) => Promise<readonly Told[]>,
): Promise<Told[]> {
  const names = terms.key.length === 0 ? [objectNameOf(terms, "")] : objectNamesOf(terms);
  const told = await Promise.all(names.map((name) => within(PATIENCE, ask(objectOf(env, name)))));
  return told.flat();
}

async function reset(terms: RateLimitTerms, key: string, env: Env): Promise<void> {
  await within(PATIENCE, objectOf(env, objectNameOf(terms, key)).reset(refOf(terms, key)));
}

function objectOf(env: Env, name: string): LimitsApi {
  const object = limitsObject(env, name);
  if (object === null) throw new Error(`no binding ${LIMITS_BINDING}`);
  return object;
}

function refOf(terms: RateLimitTerms, key: string) {
  const { id, requests, period, burst } = terms;
  const window = windowOf(terms);
  return { id, key, requests, period, burst, ...(window !== null && { window }) };
}

function windowOf({ id }: RateLimitTerms): QuotaWindow | null {
  return QUOTA_WINDOWS.find((window) => isQuotaOf(id, window)) ?? null;
}

function said(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store" } });
}
