import type { Conditions, Rule, ValueCondition } from "./model.ts";
import { canonicalPrefix, type NormalisedTexts, patternReadings } from "./normalise.ts";
import { PatternIndex } from "./patterns.ts";

/** What conditions beyond the path look at; read only when a rule has such. */
export interface RequestView {
  readonly method: string;
  /** The value of a header (name in lower case), repeated ones joined by `, `; null when absent. */
  header(name: string): string | null;
  /** The first value of a query parameter, decoded; null when absent. */
  queryParam(name: string): string | null;
}

/**
 * The rules of one host, ready to match. Per path the rules stand in their order of precedence: several only where
 * conditions tell them apart.
 */
export interface HostRouter {
  readonly hostname: string;
  readonly rules: readonly Rule[];
  readonly exact: ReadonlyMap<string, readonly Rule[]>;
  /** Tried after `exact` and before `prefixes`; null where the host has none. */
  readonly patterns: PatternIndex | null;
  /** By canonical prefix, the root as the empty string. */
  readonly prefixes: ReadonlyMap<string, readonly Rule[]>;
  /** Characters of the longest key of `prefixes`. */
  readonly longestPrefix: number;
  /** Whether slashes are merged before anything is matched. */
  readonly mergesSlashes: boolean;
}

/** Indexes the rules of a host, which come in order of precedence. */
export function buildHostRouter(hostname: string, rules: readonly Rule[], mergesSlashes = false): HostRouter {
  const exact = new Map<string, Rule[]>();
  const prefixes = new Map<string, Rule[]>();
  let longestPrefix = 0;
  const patterns = rules.filter(({ pathType }) => pathType === "RegularExpression");
  for (const rule of rules) {
    if (rule.pathType === "RegularExpression") continue;
    const prefix = canonicalPrefix(rule.path);
    const key = rule.pathType === "Exact" ? rule.path : prefix === "/" ? "" : prefix;
    const byPath = rule.pathType === "Exact" ? exact : prefixes;
    if (rule.pathType === "PathPrefix") longestPrefix = Math.max(longestPrefix, key.length);
    const same = byPath.get(key);
    if (same === undefined) byPath.set(key, [rule]);
    else same.push(rule);
  }
  const index = patterns.length === 0 ? null : new PatternIndex(patterns);
  return { hostname, rules, exact, patterns: index, prefixes, longestPrefix, mergesSlashes };
}

/**
 * The rule that takes a normalised path: Exact, then the first regular expression in the host's order, then the longest
 * prefix by path elements; within one path the first rule whose conditions hold; where none of a path's rules holds, the
 * next shorter path. Null: no rule.
 *
 * Order: Gateway API, HTTPRouteRule.matches; for paths alone the same as Kubernetes Ingress ("Multiple matches").
 * Cost: one map look-up for each element up to the length of the host's longest prefix.
 */
export function matchRule(router: HostRouter, path: string, request: RequestView): Rule | null {
  const exact = router.exact.get(path);
  if (exact !== undefined) {
    const rule = firstThatHolds(exact, request);
    if (rule !== null) return rule;
  }
  const first = router.patterns?.first(path, (rule) => firstThatHolds([rule], request) !== null);
  if (first) return first;
  let end = path.length;
  if (end > router.longestPrefix) {
    // A prefix ends where an element ends: cut at the last "/" up to the first character it can't reach.
    end = path.lastIndexOf("/", router.longestPrefix);
  }
  while (end >= 0) {
    const rules = router.prefixes.get(path.slice(0, end));
    if (rules !== undefined) {
      const rule = firstThatHolds(rules, request);
      if (rule !== null) return rule;
    }
    end = end === 0 ? -1 : path.lastIndexOf("/", end - 1);
  }
  return null;
}

/**
 * The rule for every reading of a path, or `ambiguous` where the readings disagree: a server that decodes `%2F` or
 * merges slashes would then see a path of another rule, past that rule's guards. No rule for the first reading is null,
 * whatever the other readings say: that is `path` itself; for hosts with regular expressions what nginx matches them with
 * (`patternReadings`); for others of ingress-nginx the path with its slashes merged, where that is all that differs.
 */
export function matchReadings(
  router: HostRouter,
  readings: NormalisedTexts,
  request: RequestView,
): Rule | null | "ambiguous" {
  const seen = readingsFor(router, readings);
  if (seen === null) return "ambiguous";
  const { path, others } = seen;
  const rule = matchRule(router, path, request);
  if (rule === null) return rule;
  const agree = others.every((other) => {
    const another = matchRule(router, other, request);
    // Nobody is past a guard where the path as it came has none of its own: it goes to the rule's Service, by its guards.
    if (another === null) return router.mergesSlashes && merged(other) === path;
    return isSame(another, rule);
  });
  return agree ? rule : "ambiguous";
}

/** What the rules of a host are matched with; null where nobody can say what servers see. */
export function readingsFor(router: HostRouter, readings: NormalisedTexts): NormalisedTexts | null {
  if (router.patterns !== null) return patternReadings(readings);
  const { path, others } = readings;
  const isMergedAlone = others.length === 1 && merged(path) === others[0];
  return router.mergesSlashes && isMergedAlone ? { path: others[0] as string, others: [path] } : readings;
}

const merged = (path: string) => path.replace(/\/{2,}/g, "/");

/** One rule, or two of one resource that do the same: an Ingress may have several expressions for a Service. */
function isSame(one: Rule | null, other: Rule): boolean {
  if (one === other) return true;
  return (
    one !== null &&
    one.pathType === "RegularExpression" &&
    other.pathType === "RegularExpression" &&
    one.name === other.name &&
    one.backends === other.backends &&
    one.policies === other.policies
  );
}

function firstThatHolds(rules: readonly Rule[], request: RequestView): Rule | null {
  for (const rule of rules) {
    if (rule.conditions === null || conditionsHold(rule.conditions, request)) return rule;
  }
  return null;
}

function conditionsHold(conditions: Conditions, request: RequestView): boolean {
  return (
    (conditions.method === null || conditions.method === request.method) &&
    conditions.headers.every((condition) => valueHolds(condition, request.header(condition.name))) &&
    conditions.queryParams.every((condition) => valueHolds(condition, request.queryParam(condition.name)))
  );
}

function valueHolds(condition: ValueCondition, value: string | null): boolean {
  if (condition.type === "RegularExpression") {
    throw new RangeError("routing table is damaged: format version 1 has no regular expressions");
  }
  return value === condition.value;
}
