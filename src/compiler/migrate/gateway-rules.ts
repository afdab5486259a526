import type { BackendRef } from "../ir/backend.ts";
import type { Filter } from "../ir/filter.ts";
import type { PathMatch } from "../ir/match.ts";
import { isGuard, type Policy } from "../ir/policy.ts";
import type { RouteRule } from "../ir/rule.ts";
import { corsFilter, fullPath, headerFilter, mirrorFilter, redirectFilter, type Written } from "./gateway-filters.ts";

/** What a rule comes to in HTTPRoutes. */
export interface GatewayRule {
  readonly rules: readonly Written[];
  /** The status of the redirect of requests without TLS; null: they are served. */
  readonly toHttps: number | null;
  readonly matches: readonly Written[];
}

/** Says of the source of a setting what is not written of it. `refuses`: the rule is left out for it. */
export type Tell = (from: string, says: string) => void;

const PATH = /^\/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/;
const NOT_IN_PATHS = /\/\/|\/\.\.?(?:\/|$)|%2f/i;
/** `/x(/|$)(.*)`, by which people cut a prefix off. */
const CUT_PREFIX = /^((?:\/[\w.~-]+)+)\(\/\|\$\)\(\.\*\)\$?$/;

/** Policies that Gateway API has a field for; what else guards leaves the rule out, for it would be open. */
const WRITTEN: readonly Policy["field"][] = ["timeouts", "cors", "headers", "mirror"];
/** Limits of size and speed: the rule is written without them. */
const OF_SIZE: readonly Policy["field"][] = ["requestBody", "bandwidthLimit"];

/**
 * A rule without backends, which answers its requests with an error (HTTPRouteRule.backendRefs): without it they would go to
 * another rule, which may be open.
 */
export function closed(matches: readonly Written[]): GatewayRule {
  return { rules: [{ matches }], toHttps: null, matches };
}

/** The HTTPRouteRules of a rule, closed where it can't be written; null where not even its path can. What is not written is told. */
export function gatewayRule(rule: RouteRule, tell: Tell, refuse: Tell): GatewayRule | null {
  let refused = false;
  const leaveOut: Tell = (from, says) => {
    refused = true;
    refuse(from, says);
  };
  const owner = `Ingress ${rule.owner.namespace}/${rule.owner.name}`;
  for (const policy of rule.policies) tellPolicy(policy, tell, leaveOut);
  const prefix = cutPrefix(rule);
  const path = prefix === null ? pathMatch(rule.match.path) : { type: "PathPrefix", value: prefix.path };
  if (path === null) leaveOut(owner, `has a path that Gateway API does not take: ${rule.match.path.value}`);
  if (path?.type === "RegularExpression") {
    tell(owner, "has patterns: how they are read, and in which order, depends on the implementation of Gateway API");
  }
  const filters = filtersOf(rule, prefix?.replacement ?? null, tell, leaveOut);
  const isRedirect = filters.some(({ type }) => type === "RequestRedirect");
  const backends = rule.backendRefs.filter(({ direct }) => direct !== true);
  if (backends.length === 0 && !isRedirect) leaveOut(owner, "has a path without a Service");
  const refs = backends.map((backend) => backendRef(backend, rule, leaveOut));
  if (path === null) return null;
  const matches = [{ path }];
  if (refused) return closed(matches);
  const timeouts = timeoutsOf(rule);
  const tail = {
    ...(filters.length > 0 && { filters }),
    ...(!isRedirect && { backendRefs: refs }),
    ...(timeouts !== null && !isRedirect && { timeouts }),
  };
  const canaries = isRedirect ? [] : canaryRules(rule, path, refs, tail, tell);
  const root = rootRedirect(rule, tell);
  const http = rule.filters.find((filter) => filter.type === "RequestRedirect" && filter.redirect.only === "http");
  return {
    rules: [...(root === null ? [] : [root]), ...canaries, { matches, ...tail }],
    toHttps: http?.type === "RequestRedirect" ? http.redirect.status : null,
    matches,
  };
}

function tellPolicy(policy: Policy, tell: Tell, leaveOut: Tell): void {
  if (WRITTEN.includes(policy.field) || policy.value === null) return;
  if (policy.from === "ingress-nginx by default")
    tell(policy.from, "takes bodies of at most 1 MiB, which is not written");
  else if (OF_SIZE.includes(policy.field)) tell(policy.from, `has no field in Gateway API (${policy.field})`);
  else if (isGuard(policy)) leaveOut(policy.from, `guards, and Gateway API has no field for it (${policy.field})`);
  else tell(policy.from, `has no field in Gateway API (${policy.field})`);
}

function filtersOf(rule: RouteRule, prefix: string | null, tell: Tell, leaveOut: Tell): readonly Written[] {
  const headers = (type: "RequestHeaderModifier" | "ResponseHeaderModifier", to: "request" | "response") => {
    const policy = rule.policies.find(({ field }) => field === "headers");
    const own = rule.filters.flatMap((filter) => (filter.type === type ? filter.changes : []));
    const hsts = rule.filters.find((filter) => filter.type === "StrictTransportSecurity");
    const extra = to === "response" && hsts !== undefined ? [strictTransport(hsts.value)] : [];
    const more = policy?.field === "headers" ? policy.value[to] : [];
    const from = rule.filters.find((filter) => filter.type === type)?.from ?? policy?.from ?? "";
    const made = headerFilter([...extra, ...own, ...more], to, (says) => tell(from, says));
    const key = type === "RequestHeaderModifier" ? "requestHeaderModifier" : "responseHeaderModifier";
    return made === null ? [] : [{ type, [key]: made }];
  };
  const cors = rule.policies.find(({ field }) => field === "cors");
  const always = rule.filters.find((filter) => filter.type === "RequestRedirect" && filter.redirect.only === "always");
  for (const filter of rule.filters) tellFilter(filter, tell, leaveOut);
  if (always?.type === "RequestRedirect") {
    const made = redirectFilter(always.redirect);
    if (made === null) leaveOut(always.from, "leads to a location that Gateway API can't write");
    else tell(always.from, "drops the query, and implementations of Gateway API may keep it");
    return [
      ...headers("ResponseHeaderModifier", "response"),
      ...(made === null ? [] : [{ type: "RequestRedirect", requestRedirect: made }]),
    ];
  }
  const rewrite = urlRewrite(rule, prefix, leaveOut);
  const mirror = rule.policies.find(({ field }) => field === "mirror");
  const copies =
    mirror?.field === "mirror" && mirror.value.percent > 0
      ? mirrorFilter(mirror.value, rule.owner.namespace, (says) => tell(mirror.from, says))
      : null;
  return [
    ...headers("RequestHeaderModifier", "request"),
    ...headers("ResponseHeaderModifier", "response"),
    ...(cors?.field === "cors" ? [{ type: "CORS", cors: corsFilter(cors.value) }] : []),
    ...(copies === null ? [] : [{ type: "RequestMirror", requestMirror: copies }]),
    ...(rewrite === null ? [] : [{ type: "URLRewrite", urlRewrite: rewrite }]),
  ];
}

function strictTransport(value: string) {
  return {
    action: "set",
    name: "Strict-Transport-Security",
    value: [{ type: "text", value }],
    besidesIngress: false,
    onlySuccess: false,
  } as const;
}

/** What no filter of Gateway API says. Those that answer by conditions may guard. */
function tellFilter(filter: Filter, tell: Tell, leaveOut: Tell): void {
  switch (filter.type) {
    case "RewriteModule":
      leaveOut(filter.from, "answers by conditions or rewrites, for which Gateway API has no filter");
      break;
    case "CookieDomain":
    case "CookiePath":
    case "Redirect":
    case "ErrorPages":
      tell(filter.from, `has no filter in Gateway API (${filter.type})`);
      break;
    case "PathRewrite":
      if (filter.forwardedPrefix !== "") tell(filter.from, "sends X-Forwarded-Prefix, which is not written");
      break;
    default:
  }
}

function urlRewrite(rule: RouteRule, prefix: string | null, leaveOut: Tell): Written | null {
  const host = rule.filters.find((filter) => filter.type === "HostRewrite");
  const path = rule.filters.find((filter) => filter.type === "PathRewrite");
  if (host !== undefined && !/^[a-z0-9.-]+$/.test(host.hostname)) {
    leaveOut(host.from, "has a port, which URLRewrite does not take");
  }
  if (path !== undefined && prefix === null && /\$/.test(path.template)) {
    leaveOut(path.from, "puts in groups of a pattern, which URLRewrite can't");
  }
  if (host === undefined && path === undefined) return null;
  return {
    ...(host !== undefined && { hostname: host.hostname }),
    ...(path !== undefined && {
      path: prefix === null ? fullPath(path.template) : { type: "ReplacePrefixMatch", replacePrefixMatch: prefix },
    }),
  };
}

/** A prefix that is cut off and replaced; null for another rewrite, or none. */
function cutPrefix({ match, filters }: RouteRule): { readonly path: string; readonly replacement: string } | null {
  const rewrite = filters.find((filter) => filter.type === "PathRewrite");
  if (rewrite === undefined || match.path.type !== "RegularExpression") return null;
  const [, path] = CUT_PREFIX.exec(match.path.value) ?? [];
  const [, replacement] = /^(\/[\w./~-]*?)\/?\$2$/.exec(rewrite.template) ?? [];
  return path === undefined || replacement === undefined ? null : { path, replacement: replacement || "/" };
}

/** HTTPPathMatch; null for what its validation refuses. */
function pathMatch(path: PathMatch): { readonly type: string; readonly value: string } | null {
  if (path.type !== "RegularExpression") {
    const isTaken = PATH.test(path.value) && !NOT_IN_PATHS.test(path.value) && path.value.length <= 1024;
    return isTaken ? { type: path.type, value: path.value } : null;
  }
  // Anchored at its start alone, in any case; implementations mostly match the whole path.
  const open = path.value.endsWith("$") ? path.value.slice(0, -1) : `${path.value}.*`;
  return open.length <= 1000 ? { type: "RegularExpression", value: `(?i)${open}` } : null;
}

function backendRef({ ref, weight }: BackendRef, { owner }: RouteRule, leaveOut: Tell): Written {
  const from = `Ingress ${owner.namespace}/${owner.name}`;
  if (ref.kind !== "Service") {
    leaveOut(from, `sends to a ${ref.resourceKind}, which is no Service`);
    return {};
  }
  if (typeof ref.port === "string") {
    leaveOut(from, `names port ${ref.port} of Service ${ref.name}: put that Service among the manifests`);
  }
  const where = ref.namespace === owner.namespace || owner.kind === "Edge" ? {} : { namespace: ref.namespace };
  return { name: ref.name, ...where, port: ref.port, ...(weight !== 1 && { weight }) };
}

function timeoutsOf({ policies, timeouts }: RouteRule): Written | null {
  if (!policies.some(({ field }) => field === "timeouts")) return null;
  const duration = (milliseconds: number) =>
    milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
  return { request: duration(timeouts.request), backendRequest: duration(timeouts.backendRequest) };
}

/** `app-root`. */
function rootRedirect({ filters }: RouteRule, tell: Tell): Written | null {
  const root = filters.find((filter) => filter.type === "RequestRedirect" && filter.redirect.only === "root");
  if (root?.type !== "RequestRedirect") return null;
  const made = redirectFilter(root.redirect);
  if (made === null) tell(root.from, "leads to a location that Gateway API can't write");
  return made === null
    ? null
    : {
        matches: [{ path: { type: "Exact", value: "/" } }],
        filters: [{ type: "RequestRedirect", requestRedirect: made }],
      };
}

/** Rules of the requests that a header chooses for the canary, or keeps from it. */
function canaryRules(
  { filters }: RouteRule,
  path: Written,
  [main, second]: readonly Written[],
  tail: Written,
  tell: Tell,
): readonly Written[] {
  const filter = filters.find(({ type }) => type === "Canary");
  if (filter?.type !== "Canary" || main === undefined || second === undefined) return [];
  const { header, headerValue, headerPattern, patternFails, cookie, sticky } = filter.canary;
  if (cookie !== "") tell(filter.from, `chooses by the cookie ${cookie}, which Gateway API does not match`);
  if (sticky) tell(filter.from, "keeps sessions with the canary, which Gateway API has no field for");
  if (header === "") return [];
  const alone = ({ weight: _, ...ref }: Written) => ref;
  const chosen = (value: string, ref: Written, type = "Exact") => ({
    matches: [{ path, headers: [{ type, name: header, value }] }],
    ...tail,
    backendRefs: [alone(ref)],
  });
  if (patternFails) {
    tell(filter.from, "has a pattern that is none");
    return [];
  }
  if (headerPattern !== "") return [chosen(`.*(?:${headerPattern}).*`, second, "RegularExpression")];
  return headerValue !== "" ? [chosen(headerValue, second)] : [chosen("always", second), chosen("never", main)];
}
