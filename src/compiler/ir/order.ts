import { byText } from "../by-text.ts";
import { type HttpMatch, hasConditions, type PathMatch } from "./match.ts";
import type { RuleOwner } from "./rule.ts";
import { byScope } from "./scope.ts";

/** What is no Ingress has no dialect. */
type Aged = Omit<RuleOwner, "kind" | "dialect"> & Partial<Pick<RuleOwner, "dialect">>;

/**
 * Which of two resources is older and keeps a match that both claim: the earlier `creationTimestamp`; one that has
 * a timestamp before one that has none (a file was in no cluster yet); then `namespace/name`, then the names of its
 * clusters, by code unit (Gateway API, HTTPRouteRule.matches, "conflicts"). Never the order of files. Between two of the
 * dialect of ingress-nginx the later `namespace/name` counts as the older, as its controller sorts equal ages
 * (kubernetes/ingress-nginx:internal/ingress/controller/store/store.go, sortIngressSlice); these come before others.
 */
export function byAge(a: Aged, b: Aged): number {
  if (a.createdAt !== b.createdAt) {
    if (a.createdAt === null) return 1;
    if (b.createdAt === null) return -1;
    return a.createdAt - b.createdAt;
  }
  const isOfNginx = isNginx(a);
  if (isOfNginx !== isNginx(b)) return isOfNginx ? -1 : 1;
  if (isOfNginx) return byText(fullName(b), fullName(a)) || byScope(a.scope, b.scope);
  return byText(a.namespace, b.namespace) || byText(a.name, b.name) || byScope(a.scope, b.scope);
}

const isNginx = ({ dialect }: Aged) => dialect === "ingress-nginx";
const fullName = ({ namespace, name }: Aged) => `${namespace}/${name}`;

const PATH_TYPE_RANK: Record<PathMatch["type"], number> = { Exact: 0, RegularExpression: 1, PathPrefix: 2 };

/**
 * The order in which the matches of one hostname are tried: Exact, then regular expressions, then prefixes, longer
 * before shorter (patterns in nginx's order); then a method, more headers, more query parameters (Gateway API, HTTPRouteRule.matches).
 */
export function byPrecedence(a: HttpMatch, b: HttpMatch): number {
  return (
    PATH_TYPE_RANK[a.path.type] - PATH_TYPE_RANK[b.path.type] ||
    byPatterns(a.path, b.path) ||
    b.path.value.length - a.path.value.length ||
    byText(a.path.value, b.path.value) ||
    Number(b.method !== null) - Number(a.method !== null) ||
    b.headers.length - a.headers.length ||
    b.queryParams.length - a.queryParams.length
  );
}

/**
 * nginx tries expressions in the order in which ingress-nginx writes them: by bytes, longer paths first, then the later
 * ones of the alphabet; of the two locations of one prefix that with the slash comes first
 * (kubernetes/ingress-nginx:internal/ingress/controller/controller.go, location.go).
 */
function byPatterns(a: PathMatch, b: PathMatch): number {
  if (a.type !== "RegularExpression" || b.type !== "RegularExpression") return 0;
  const [one, other] = [Buffer.from(a.written), Buffer.from(b.written)];
  return other.length - one.length || Buffer.compare(other, one) || b.value.length - a.value.length;
}

/** One text for one set of requests: two rules of a hostname with equal keys are in conflict. */
export function matchKey(match: HttpMatch): string {
  if (!hasConditions(match)) return `${match.path.type} ${match.path.value}`;
  const sorted = (values: HttpMatch["headers"]) =>
    values.map(({ type, name, value }) => JSON.stringify([type, name, value])).sort(byText);
  return JSON.stringify([
    match.path.type,
    match.path.value,
    match.method,
    sorted(match.headers),
    sorted(match.queryParams),
  ]);
}
