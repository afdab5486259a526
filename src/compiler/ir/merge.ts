import { byText } from "../by-text.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { byPosition } from "../diagnostics/order.ts";
import { diagnose } from "../diagnostics/report.ts";
import { hasConditions, isHiddenRoot } from "./match.ts";
import { byAge, byPrecedence, matchKey } from "./order.ts";
import { effectivePolicies } from "./policy.ts";
import type { RouteRule, RuleOwner } from "./rule.ts";
import { EVERY_CLUSTER, overlaps, type Scope, union } from "./scope.ts";

/** A rule that keeps its match, with the equal rules of other clusters that joined it. */
export interface MergedRule {
  readonly rule: RouteRule;
  readonly mergedFrom: readonly RouteRule[];
  /** Every cluster in which one of them is written. */
  readonly scope: Scope;
}

/** The rules of one hostname in the order in which they are tried. */
export interface MergedHost {
  readonly hostname: string;
  readonly wildcard: RouteRule["wildcard"];
  readonly rules: readonly MergedRule[];
}

export interface MergeResult {
  readonly hosts: readonly MergedHost[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A URL that the first rule takes; null: none is known. `all` are those of its hostname. */
export type WitnessOf = (kept: RouteRule, all: readonly RouteRule[]) => string | null;

/**
 * Merges the rules of many resources into hosts. Of rules with the same match the oldest keeps it (`byAge`); a
 * younger one joins it when it sends to the same Service in other clusters, and is reported otherwise. A hostname's
 * default backend comes last; the edge's own (`owner.kind` "Edge") stands in where a hostname has none.
 */
export function mergeRules(rules: readonly RouteRule[], witnessOf: WitnessOf = () => null): MergeResult {
  const diagnostics: Diagnostic[] = [];
  const written = Map.groupBy(
    rules.filter((rule) => rule.role === "rule" && !isHiddenRoot(rule.match)),
    (rule) => rule.hostname,
  );
  const defaults = chooseDefaults(rules, diagnostics);
  const unmatched = new Map(
    rules.filter(({ role }) => role === "unmatched").map((rule) => [rule.hostname, unshared(rule)]),
  );
  const hostnames = [...new Set([...written.keys(), ...defaults.own.keys(), ...unmatched.keys()])].sort(byText);
  const hosts = hostnames.map((hostname) => {
    const merged = mergeMatches(written.get(hostname) ?? [], diagnostics, witnessOf);
    merged.sort((a, b) => byPrecedence(a.rule.match, b.rule.match));
    const own = defaults.own.get(hostname);
    const last = (own === defaults.edge ? null : own) ?? unmatched.get(hostname) ?? defaults.edge;
    const rest = last !== null && !merged.some(takesEverything) ? [forHostname(last, hostname)] : [];
    return { hostname, wildcard: (merged[0] ?? last)?.rule.wildcard ?? "one-label", rules: [...merged, ...rest] };
  });
  diagnostics.push(...withoutHost(written, hostnames));
  return { hosts, diagnostics };
}

/** A host that has rules never falls through to the rules without host, which is easily expected. */
function withoutHost(written: ReadonlyMap<string, readonly RouteRule[]>, hostnames: readonly string[]): Diagnostic[] {
  const [first] = [...(written.get("*") ?? [])].sort((a, b) => byPosition(a.at, b.at));
  const others = hostnames.filter((hostname) => hostname !== "*").length;
  if (first === undefined || others === 0) return [];
  const message = `the rules without host do not reach the ${others === 1 ? "host that has" : `${others} hosts that have`} rules of ${others === 1 ? "its" : "their"} own`;
  return [diagnose("EI5003", first.at, message)];
}

function mergeMatches(rules: readonly RouteRule[], diagnostics: Diagnostic[], witnessOf: WitnessOf): MergedRule[] {
  return [...Map.groupBy(rules, (rule) => matchKey(rule.match)).values()].map((same) =>
    keepOldest(same, diagnostics, (kept) => witnessOf(kept, rules)),
  );
}

function keepOldest(
  rules: readonly RouteRule[],
  diagnostics: Diagnostic[],
  witnessOf: (kept: RouteRule) => string | null,
): MergedRule {
  const [only] = rules;
  if (only !== undefined && rules.length === 1) return unshared(only);
  const [oldest, ...younger] = [...rules].sort((a, b) => byAge(a.owner, b.owner)) as [RouteRule, ...RouteRule[]];
  const joined: RouteRule[] = [];
  let scope = oldest.owner.scope;
  for (const rule of younger) {
    if (!overlaps(scope, rule.owner.scope) && sameEffect(oldest, rule)) {
      joined.push(rule);
      scope = union(scope, rule.owner.scope);
    } else diagnostics.push(conflict(oldest, rule, witnessOf(oldest)));
  }
  return { rule: oldest, mergedFrom: joined, scope };
}

function conflict(winner: RouteRule, loser: RouteRule, witness: string | null): Diagnostic {
  const { path } = loser.match;
  const what = `${loser.hostname} ${path.type} ${path.value}`;
  if (loser.role === "default-backend") {
    const message = `the default backend of ${ownerName(loser.owner)} for "${loser.hostname}" is not used: ${ownerName(winner.owner)} has set another one`;
    return diagnose("EI5002", loser.at, message, related("used", winner));
  }
  const policies = overlaps(winner.owner.scope, loser.owner.scope) ? [] : differingPolicies(winner, loser);
  const why = policies.length === 0 ? "" : `; they would be one if they had the same ${policies.join(" and ")}`;
  const isOne = ownerName(loser.owner) === ownerName(winner.owner) && loser.at?.file === winner.at?.file;
  const keeper = isOne ? "an earlier path of it" : `the older ${ownerName(winner.owner)}`;
  const message = `${ownerName(loser.owner)} repeats the match ${what}, which ${keeper} keeps${why}`;
  return diagnose(
    "EI5001",
    loser.at,
    message,
    related(witness === null ? "kept" : `kept: takes GET ${witness}`, winner),
  );
}

/** The policies that alone keep two rules of different clusters from being one. */
function differingPolicies(a: RouteRule, b: RouteRule): string[] {
  const { timeouts } = a;
  if (!sameEffect({ ...a, policies: [] }, { ...b, policies: [], timeouts })) return [];
  const others = Object.entries(inEffect(b));
  return Object.entries(inEffect(a))
    .filter(([, value], index) => JSON.stringify(value) !== JSON.stringify(others[index]?.[1]))
    .map(([field]) => field);
}

function inEffect(rule: RouteRule) {
  return { ...effectivePolicies(rule), timeouts: rule.timeouts };
}

function related(message: string, { at }: RouteRule) {
  return { related: at === null ? [] : [{ message, position: at }] };
}

/** `Ingress shop/cart`, the name of a rule's resource in messages, in the table and in logs. */
export function ownerName(owner: RuleOwner): string {
  return owner.kind === "Edge" ? "the edge" : `${owner.kind} ${owner.namespace}/${owner.name}`;
}

/**
 * The default backend of each hostname. For hosts without rules of their own (`*`), an Ingress that is nothing but a
 * default backend comes before one that also has rules.
 */
function chooseDefaults(rules: readonly RouteRule[], diagnostics: Diagnostic[]) {
  const withRules = new Set(rules.filter((rule) => rule.role === "rule").map((rule) => ownerName(rule.owner)));
  const candidates = rules.filter((rule) => rule.role === "default-backend");
  const edge = candidates.find((rule) => rule.owner.kind === "Edge");
  const own = new Map<string, MergedRule>();
  for (const [hostname, all] of Map.groupBy(candidates, (rule) => rule.hostname)) {
    const ofIngresses = all.filter((rule) => rule.owner.kind !== "Edge");
    const pure = ofIngresses.filter((rule) => !withRules.has(ownerName(rule.owner)));
    const preferred = hostname === "*" && pure.length > 0 ? pure : ofIngresses;
    if (preferred.length === 0) continue;
    const kept = keepOldest(preferred, diagnostics, () => null);
    own.set(hostname, kept);
    for (const rule of ofIngresses) {
      if (!preferred.includes(rule) && !sameEffect(kept.rule, rule)) diagnostics.push(conflict(kept.rule, rule, null));
    }
  }
  const edgeDefault = edge === undefined ? null : { rule: edge, mergedFrom: [], scope: EVERY_CLUSTER };
  if (edgeDefault !== null && !own.has("*")) own.set("*", edgeDefault);
  return { own, edge: edgeDefault };
}

function unshared(rule: RouteRule): MergedRule {
  return { rule, mergedFrom: [], scope: rule.owner.scope };
}

function forHostname(merged: MergedRule, hostname: string): MergedRule {
  return merged.rule.hostname === hostname ? merged : { ...merged, rule: { ...merged.rule, hostname } };
}

function takesEverything({ rule }: MergedRule): boolean {
  const { path } = rule.match;
  return !hasConditions(rule.match) && path.type !== "Exact" && path.value === "/";
}

function sameEffect(a: RouteRule, b: RouteRule): boolean {
  const effect = (rule: RouteRule) =>
    JSON.stringify([inEffect(rule), rule.backendRefs.map(({ ref, weight }) => [ref, weight])]);
  return effect(a) === effect(b);
}
