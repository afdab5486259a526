import type { Rule } from "../../table/model.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { type MergedHost, type MergedRule, ownerName } from "../ir/merge.ts";
import { rulePathsOf } from "../patterns/rule-paths.ts";
import { type MergedRoutes, ruleText } from "./merged-routes.ts";

/**
 * Whether requests come to a rule: one that does; or a proof that none does, with the rule that takes what would be its
 * own, or the status that such requests are answered: 400 where servers read their paths in ways that lead to different rules.
 */
export type Reach =
  | { readonly kind: "reached"; readonly url: string }
  | { readonly kind: "unreached"; readonly url: string; readonly taker: MergedRule | 400 | 404 }
  /** No path that a request can have is like it. */
  | { readonly kind: "no-path" }
  | { readonly kind: "unknown" };

/** Rules that no request reaches, each with the rule that takes its requests and one of these. */
export function reportUnreachable(routes: MergedRoutes): Diagnostic[] {
  return routes.hosts.flatMap((host) =>
    suspects(host).flatMap((merged) => {
      const reach = reachOf(routes, host, merged);
      return reach.kind === "unreached" || reach.kind === "no-path" ? [finding(host, merged, reach)] : [];
    }),
  );
}

/** Of an Exact or a Prefix without any of these, its own path, or one below it that no other rule names, is a witness. */
const ODD_PATH = /%|;|\/\/|\\/;

function suspects(host: MergedHost): readonly MergedRule[] {
  const written = host.rules.filter(({ rule }) => rule.role === "rule");
  const hasPatterns = written.some(({ rule }) => rule.match.path.type === "RegularExpression");
  return hasPatterns ? written : written.filter(({ rule }) => ODD_PATH.test(rule.match.path.value));
}

/** Looks at any rule of the host, suspect or not. */
export function reachOf(routes: MergedRoutes, host: MergedHost, merged: MergedRule): Reach {
  const { rules } = routes.routerOf(host);
  // What asks for more than a path may be passed by where its path is not.
  if (rules.some(({ conditions }) => conditions !== null)) return { kind: "unknown" };
  const place = host.rules.indexOf(merged);
  const { path } = merged.rule.match;
  const tried = path.type === "RegularExpression" ? [] : plainPaths(path.type, path.value, host);
  const decisions = tried.map((each) => {
    const url = routes.urlOf(host, each);
    return { url, decision: routes.decide(url) };
  });
  const reached = decisions.find(({ decision }) => decision.kind === "rule" && decision.rule === merged);
  if (reached !== undefined) return { kind: "reached", url: reached.url };
  const own = rulePathsOf(rules, "clear").own(place);
  if (own.kind === "own") return { kind: "reached", url: routes.urlOf(host, own.path) };
  if (own.kind === "unknown") return own;
  const odd = reachOfTwin(routes, host, merged, place);
  if (odd !== null) return odd;
  if (own.kind === "taken") {
    return { kind: "unreached", url: routes.urlOf(host, own.path), taker: host.rules[own.taker] ?? 404 };
  }
  const [first] = decisions;
  if (first === undefined) return { kind: "no-path" };
  const taker = first.decision.kind === "rule" ? first.decision.rule : first.decision.status;
  return { kind: "unreached", url: first.url, taker };
}

/**
 * A request that servers read in several ways is not refused where its readings lead to patterns of one resource that do
 * the same (`isSame` in `table/match.ts`): then the first reading's own takes it. Null where that comes to nothing.
 */
function reachOfTwin(routes: MergedRoutes, host: MergedHost, merged: MergedRule, place: number): Reach | null {
  const { rules } = routes.routerOf(host);
  const own = rules[place];
  const isTwin = (other: Rule) =>
    other !== own &&
    other.pathType === "RegularExpression" &&
    other.name === own?.name &&
    other.backends === own.backends &&
    other.policies === own.policies;
  if (own?.pathType !== "RegularExpression" || !rules.some(isTwin)) return null;
  const found = rulePathsOf(rules, "all").own(place);
  if (found.kind !== "own") return found.kind === "unknown" ? found : null;
  const url = routes.urlOf(host, found.path);
  const decision = routes.decide(url);
  return decision.kind === "rule" && decision.rule === merged ? { kind: "reached", url } : { kind: "unknown" };
}

/**
 * Paths of which one comes to a rule if any does that is no pattern's: the path itself, and for a prefix the one with a
 * slash, and one below it that no other rule names.
 */
function plainPaths(type: "Exact" | "PathPrefix", path: string, host: MergedHost): readonly string[] {
  if (type === "Exact") return [path];
  const start = path === "/" ? "" : path;
  const used = new Set(host.rules.map(({ rule }) => rule.match.path.value));
  let element = "x";
  while ([...used].some((other) => other.startsWith(`${start}/${element}`))) element += "x";
  return [path, `${start}/`, `${start}/${element}`];
}

function finding(host: MergedHost, merged: MergedRule, reach: Extract<Reach, { kind: "unreached" | "no-path" }>) {
  const { rule } = merged;
  const where = host.hostname === "*" ? "without host" : `for ${host.hostname}`;
  const what = `no request reaches ${ruleText(merged)} of ${ownerName(rule.owner)} ${where}`;
  if (reach.kind === "no-path") return diagnose("EI5005", rule.at, `${what}: no path is like it`);
  const { url, taker } = reach;
  if (typeof taker === "number") {
    const why =
      taker === 400
        ? "servers read its path in ways that lead to different rules"
        : "slashes of the request are merged before it is matched";
    return diagnose("EI5005", rule.at, `${what}: ${why}, so that GET ${url} is answered ${taker}`);
  }
  const { at } = taker.rule;
  const related = at === null ? [] : [{ message: `the rule that takes GET ${url}`, position: at }];
  const says = `${what}: ${ruleText(taker)} of ${ownerName(taker.rule.owner)} comes first, and takes GET ${url}`;
  return diagnose("EI5005", rule.at, says, { related });
}
