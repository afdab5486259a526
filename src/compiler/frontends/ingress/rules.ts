import { canonicalPrefix, normalisePath } from "../../../table/normalise.ts";
import type { Diagnostic, Position } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import type { BackendRef } from "../../ir/backend.ts";
import type { Filter } from "../../ir/filter.ts";
import { type PathMatch, pathOnly } from "../../ir/match.ts";
import { mayGuard, type Policy } from "../../ir/policy.ts";
import type { RouteRule, RuleOwner, Timeouts } from "../../ir/rule.ts";
import { overlaps } from "../../ir/scope.ts";
import type { IngressPath } from "../../resources/resource.ts";
import { readBackend, type ServiceIndex } from "./backends.ts";
import { catchAllBefore, reportClaimed } from "./catch-all.ts";
import type { ServedResource } from "./dialect.ts";
import { policiesAt } from "./no-auth-locations.ts";
import { ownerOf } from "./owner.ts";
import type { PathHabits, PatternHosts } from "./pattern-hosts.ts";
import { type ReadPath, readPatterns } from "./patterns.ts";

export interface RuleContext {
  readonly services: ServiceIndex;
  /** What `--default-backend` names; null without the flag. */
  readonly edgeDefault: BackendRef | null;
  readonly timeouts: Timeouts;
  readonly policies: readonly Policy[];
  readonly filters: readonly Filter[];
  readonly habits: PathHabits;
  readonly patternHosts: PatternHosts;
  /** The Ingresses that name a host, the oldest first. */
  readonly naming: ReadonlyMap<string, readonly ServedResource[]>;
  /** `catchAllsOf` all that are served. */
  readonly catchAlls: readonly ServedResource[];
}

export interface RuleReading {
  readonly rules: readonly RouteRule[];
  /** Of rules whose path was written with a `/` at its end: that path, in the form of requests. */
  readonly slashed?: ReadonlyMap<RouteRule, string>;
  readonly diagnostics: readonly Diagnostic[];
}

/** The hostname of a rule, `*` for a rule without a host. */
export function hostnameOf(host: string | null): string {
  return host === null ? "*" : host.toLowerCase();
}

/** Every rule of one Ingress in the order of its manifest, then its default backend, hostname by hostname. */
export function readRules(ingress: ServedResource, context: RuleContext): RuleReading {
  const readings = ingress.body.rules.map((rule, index) =>
    rule.paths === null
      ? readHostOnly(ingress, index, context)
      : joined(rule.paths.map((path, at) => readPath(ingress, index, path, at, context))),
  );
  return joined([...readings, readDefaultBackend(ingress, context)]);
}

function joined(readings: readonly RuleReading[]): RuleReading {
  const slashed = readings.flatMap((reading) => (reading.slashed === undefined ? [] : [...reading.slashed]));
  return {
    rules: readings.flatMap((reading) => reading.rules),
    ...(slashed.length > 0 && { slashed: new Map(slashed) }),
    diagnostics: readings.flatMap((reading) => reading.diagnostics),
  };
}

function readPath(
  ingress: ServedResource,
  ruleIndex: number,
  path: IngressPath,
  pathIndex: number,
  context: RuleContext,
): RuleReading {
  const at = ingress.locate(["spec", "rules", ruleIndex, "http", "paths", pathIndex, "path"]);
  const backend = readBackend(
    path.backend,
    ingress.metadata.namespace,
    ingress.scope,
    context.services,
    ingress.locate(["spec", "rules", ruleIndex, "http", "paths", pathIndex, "backend"], "key"),
  );
  const hostname = hostnameOf(ingress.body.rules[ruleIndex]?.host ?? null);
  const winner = hostname === "*" ? catchAllBefore(ingress, path, context.catchAlls) : undefined;
  const isKept = winner !== undefined && mayGuard(context);
  const claims = winner === undefined ? [] : [reportClaimed(ingress, at, winner, isKept)];
  if (winner !== undefined && !isKept) return { rules: [], diagnostics: [...backend.diagnostics, ...claims] };
  const match = context.patternHosts.causes.has(hostname)
    ? readPatterns(context.patternHosts.locationsOf(hostname, path, context.habits), path.path, context.habits, at)
    : readMatch(path, at);
  const rules = match.paths.map((one) => {
    const held = policiesAt(one.match, context.policies, at);
    const own = { timeouts: context.timeouts, policies: held.policies, filters: filtersAt(one.isRewritten, context) };
    return { ...held, rule: routeRule(ownerOf(ingress), hostname, one.match, "rule", backend.ref, own, at) };
  });
  const normalised = normalisePath(path.path);
  const isSlashed = normalised.ok && normalised.path.length > 1 && normalised.path.endsWith("/");
  const slashed = isSlashed && !context.patternHosts.causes.has(hostname) ? normalised.path : null;
  return {
    rules: rules.map(({ rule }) => rule),
    ...(slashed !== null && { slashed: new Map(rules.map(({ rule }) => [rule, slashed])) }),
    diagnostics: [...claims, ...match.diagnostics, ...backend.diagnostics, ...(rules[0]?.diagnostics ?? [])],
  };
}

function filtersAt(isRewritten: boolean, { filters }: RuleContext): readonly Filter[] {
  if (isRewritten || !filters.some(({ type }) => type === "PathRewrite")) return filters;
  return filters.filter(({ type }) => type !== "PathRewrite");
}

/** What makes people write a path as ImplementationSpecific: regular expressions, and the `/*` of other controllers. */
const PATTERN_CHARACTERS = /[()[\]{}|*+^$]/;

/** What a path of a manifest matches; nothing where a diagnostic says why. */
interface MatchReading {
  readonly paths: readonly ReadPath[];
  readonly diagnostics: readonly Diagnostic[];
}

function readMatch(path: IngressPath, at: Position): MatchReading {
  const written = path.path === "" ? "/" : path.path;
  const normalised = normalisePath(written);
  if (!normalised.ok) {
    return {
      paths: [],
      diagnostics: [diagnose("EI2053", at, `no request can have the path ${quoted(written)}: ${normalised.reason}`)],
    };
  }
  const match: PathMatch =
    path.pathType === "Exact"
      ? { type: "Exact", value: normalised.path }
      : { type: "PathPrefix", value: canonicalPrefix(normalised.path) };
  if (path.pathType === "ImplementationSpecific" && PATTERN_CHARACTERS.test(written)) {
    const says = `the path ${quoted(written)} reads like a pattern, and no Ingress of its host has use-regex or rewrite-target`;
    return { paths: [{ match, isRewritten: false }], diagnostics: [diagnose("EI2054", at, says)] };
  }
  if (/[?#]/.test(written)) {
    const says = `no request can have the path ${quoted(written)}: \`?\` and \`#\` end a path`;
    return { paths: [{ match, isRewritten: false }], diagnostics: [diagnose("EI2055", at, says)] };
  }
  return { paths: [{ match, isRewritten: false }], diagnostics: [] };
}

function quoted(path: string): string {
  return JSON.stringify(path);
}

/**
 * A rule without `http`: the default backend of its Ingress is emitted for every hostname anyway, and the edge's has what
 * the host's oldest Ingress says, as all that no rule takes (`readUnmatched`), which makes the host too.
 */
function readHostOnly(ingress: ServedResource, ruleIndex: number, context: RuleContext): RuleReading {
  if (ingress.body.defaultBackend !== null) return { rules: [], diagnostics: [] };
  const at = ingress.locate(["spec", "rules", ruleIndex]);
  const hostname = hostnameOf(ingress.body.rules[ruleIndex]?.host ?? null);
  const isHost = hostname !== "*" && context.naming.has(hostname);
  if (context.edgeDefault === null) {
    const which = hostname === "*" ? "without host and paths" : `for ${hostname} without paths`;
    const outcome = isHost ? ": what nothing else of the host answers is answered 404, and comes to no wildcard" : "";
    const says = `the rule ${which} routes nothing, for there is no default backend${outcome}`;
    return { rules: [], diagnostics: [diagnose("EI2056", at, says)] };
  }
  if (isHost && !isFirstAt(hostname, ingress, context)) return { rules: [], diagnostics: [] };
  const everything: PathMatch = { type: "PathPrefix", value: "/" };
  const plain = { ...context, filters: filtersAt(false, context) };
  return {
    rules: [routeRule(ownerOf(ingress), hostname, everything, "default-backend", context.edgeDefault, plain, at)],
    diagnostics: [],
  };
}

/**
 * `spec.defaultBackend` takes what no rule takes: the rest of each hostname of the Ingress, and all other hosts. In
 * ingress-nginx an Ingress with rules has it for the hosts that no older one names, and for these alone (`createServers`
 * in internal/ingress/controller/controller.go).
 */
function readDefaultBackend(ingress: ServedResource, context: RuleContext): RuleReading {
  const { defaultBackend, rules } = ingress.body;
  if (defaultBackend === null) return { rules: [], diagnostics: [] };
  const at = ingress.locate(["spec", "defaultBackend"], "key");
  const backend = readBackend(defaultBackend, ingress.metadata.namespace, ingress.scope, context.services, at);
  const named = [...new Set(rules.map((rule) => hostnameOf(rule.host)))];
  const isNarrow = ingress.dialect === "ingress-nginx" && rules.length > 0;
  const isOldest = (hostname: string) => hostname !== "*" && isFirstAt(hostname, ingress, context);
  const hostnames = isNarrow ? named.filter(isOldest) : [...new Set([...named, "*"])];
  const everything: PathMatch = { type: "PathPrefix", value: "/" };
  const owner = ownerOf(ingress);
  return {
    rules: hostnames.map((hostname) => {
      // The location `/` of a host; the catch-all of all hosts has no annotations in ingress-nginx.
      const isRewritten = hostname !== "*" && context.habits.rewriteTarget !== "/";
      const more = { ...context, filters: filtersAt(isRewritten, context) };
      return routeRule(owner, hostname, everything, "default-backend", backend.ref, more, at);
    }),
    diagnostics: [...backend.diagnostics, ...(isNarrow ? [reportNarrow(ingress, hostnames, at)] : [])],
  };
}

/** Whether no older one names the host in one of its clusters; an Ingress may have a manifest for each of them. */
function isFirstAt(hostname: string, { metadata, scope }: ServedResource, { naming }: RuleContext): boolean {
  const first = naming.get(hostname)?.find((each) => overlaps(each.scope, scope))?.metadata;
  return first?.namespace === metadata.namespace && first.name === metadata.name;
}

function reportNarrow({ metadata }: ServedResource, hostnames: readonly string[], at: Position): Diagnostic {
  const whose = hostnames.length === 0 ? "no host" : `${hostnames.join(", ")} alone`;
  const says = `the default backend of Ingress ${metadata.namespace}/${metadata.name} takes what is left of ${whose}`;
  return diagnose("EI2063", at, says);
}

/** A rule of the Ingress kind: path alone, one backend, a wildcard of one label. */
export function routeRule(
  owner: RuleOwner,
  hostname: string,
  path: PathMatch,
  role: RouteRule["role"],
  backend: BackendRef | null,
  context: Pick<RuleContext, "timeouts" | "policies" | "filters">,
  at: Position | null,
): RouteRule {
  return {
    owner,
    hostname,
    wildcard: "one-label",
    match: pathOnly(path),
    filters: context.filters,
    policies: context.policies,
    timeouts: context.timeouts,
    backendRefs: backend === null ? [] : [backend],
    role,
    at,
  };
}
