import { type NormalisedTexts, patternReadings } from "../../table/normalise.ts";
import type { Authorization, Condition, PathCondition, Principal } from "../../table/policies/authorization.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { METHOD_OVERRIDES } from "../upstream/headers.ts";
import type { Stage } from "./chain.ts";
import type { Identity } from "./guard/check.ts";
import { claimAt } from "./guard/jwt/claims.ts";
import type { Visit } from "./visit.ts";

/**
 * Decides what those may do whom the guard let in. What can be read in more than one way, by the edge and by what stands
 * behind it, is denied where one reading is, and allowed where all are.
 */
export function authorization({ authorization: policy }: RulePolicies): Stage | null {
  if (policy === null || policy.rules.length === 0) return null;
  return { handle: (visit) => (isAllowed(policy, factsOf(visit)) ? null : "forbidden") };
}

/** Whether a condition holds by each reading of a request. */
export function holdsFor(condition: Condition, visit: Visit): boolean {
  return holds(condition, factsOf(visit), "surely");
}

/** Whether a condition asks who sends a request, anywhere in it. */
export function asksForPrincipal({ principal, all, any, not }: Condition): boolean {
  return (
    principal !== null ||
    all.some(asksForPrincipal) ||
    any.some(asksForPrincipal) ||
    (not !== null && asksForPrincipal(not))
  );
}

function isAllowed({ rules }: Authorization, facts: Facts): boolean {
  const denies = rules.filter(({ action }) => action === "Deny");
  if (denies.some(({ when }) => holds(when, facts, "possibly"))) return false;
  const allows = rules.filter(({ action }) => action === "Allow");
  return allows.length === 0 || allows.some(({ when }) => holds(when, facts, "surely"));
}

/** What is known of a request, each with all of its readings. */
interface Facts {
  readonly identities: readonly Identity[];
  readonly methods: readonly string[];
  readonly paths: readonly string[];
  /** The path as a rule's pattern sees it, in small letters; empty where the rule has none. */
  readonly caseless: readonly string[];
  readonly headers: Headers;
}

function factsOf({ identities, request, rule, target }: Visit): Facts {
  const overrides = METHOD_OVERRIDES.flatMap((name) => valuesOf(request.headers, name));
  return {
    identities,
    methods: [request.method, ...overrides.map((method) => method.toUpperCase())],
    paths: [target.path, ...target.others],
    caseless: rule.pathType === "RegularExpression" ? caselessReadings(target) : [],
    headers: request.headers,
  };
}

/**
 * Patterns take paths in letters of either case, and what they take may be rewritten to one path: `/API/admin` reaches what
 * `/api/admin` does.
 */
function caselessReadings(seen: NormalisedTexts): readonly string[] {
  const { path, others } = patternReadings(seen) ?? seen;
  return [path, ...others].map((reading) => reading.toLowerCase());
}

/** Whether a condition holds by each reading, or may hold by one. */
type Certainty = "surely" | "possibly";

function holds(condition: Condition, facts: Facts, certainty: Certainty): boolean {
  const { principal, methods, paths, headers, all, any, not } = condition;
  return (
    (principal === null || facts.identities.some((identity) => isPrincipal(identity, principal))) &&
    (methods.length === 0 || holdsBy(facts.methods, certainty, (method) => methods.includes(method))) &&
    (paths.length === 0 || onPath(paths, facts, certainty)) &&
    headers.every((one) => hasHeader(facts.headers, one, certainty)) &&
    all.every((one) => holds(one, facts, certainty)) &&
    (any.length === 0 || any.some((one) => holds(one, facts, certainty))) &&
    (not === null || !holds(not, facts, certainty === "surely" ? "possibly" : "surely"))
  );
}

function holdsBy(readings: readonly string[], certainty: Certainty, test: (reading: string) => boolean): boolean {
  return certainty === "surely" ? readings.length > 0 && readings.every(test) : readings.some(test);
}

function onPath(conditions: readonly PathCondition[], { paths, caseless }: Facts, certainty: Certainty): boolean {
  const isAsWritten = holdsBy(paths, certainty, (path) => conditions.some((one) => takesPath(one, path)));
  if (isAsWritten || certainty === "surely" || caseless.length === 0) return isAsWritten;
  return conditions.some(({ type, value }) => {
    const [plain = value] = caselessReadings({ path: value, others: [] });
    return caseless.some((path) => takesPath({ type, value: plain }, path));
  });
}

function takesPath({ type, value }: PathCondition, path: string): boolean {
  if (path === value) return true;
  return type === "PathPrefix" && (value === "/" || path.startsWith(`${value}/`));
}

function hasHeader(headers: Headers, { name, values }: Condition["headers"][number], certainty: Certainty): boolean {
  if (certainty === "surely" && !headers.has(name)) return false;
  return holdsBy(valuesOf(headers, name), certainty, (value) => values.includes(value));
}

/**
 * What servers may take for a header's value: the whole of it, each part of a list, for the runtime joins headers of one
 * name, and headers that are written with other signs, of which CGI makes the same name.
 */
function valuesOf(headers: Headers, name: string): readonly string[] {
  const plain = withoutSigns(name);
  const values: string[] = [];
  for (const [written, value] of headers) {
    if (withoutSigns(written) !== plain) continue;
    values.push(value);
    if (value.includes(",")) values.push(...value.split(",").map((part) => part.trim()));
  }
  return values;
}

const withoutSigns = (name: string) => name.replace(/[^0-9a-z]+/g, "-");

function isPrincipal({ by, provider, subject, claims }: Identity, wanted: Principal): boolean {
  return (
    isOneOf(by, wanted.by) &&
    isOneOf(provider ?? "", wanted.providers) &&
    isOneOf(subject, wanted.subjects) &&
    wanted.claims.every(({ name, values }) => textsOf(claimAt(claims, name)).some((text) => values.includes(text))) &&
    (wanted.scopes.length === 0 || hasScopes(claims, wanted.scopes))
  );
}

const isOneOf = (value: string, wanted: readonly string[]) => wanted.length === 0 || wanted.includes(value);

/** RFC 9068's `scope`, a text with spaces between; `scp` and `scopes`, lists, elsewhere. */
function hasScopes(claims: Identity["claims"], wanted: readonly string[]): boolean {
  const scopes = new Set(
    ["scope", "scp", "scopes"].flatMap((name) => scopesIn(Object.hasOwn(claims, name) ? claims[name] : [])),
  );
  return wanted.every((scope) => scopes.has(scope));
}

function scopesIn(claim: unknown): readonly string[] {
  return typeof claim === "string" ? claim.split(" ") : textsOf(claim);
}

/** A scalar, or those of a list. */
function textsOf(claim: unknown): readonly string[] {
  return (Array.isArray(claim) ? claim : [claim]).filter(isScalar).map(String);
}

function isScalar(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
