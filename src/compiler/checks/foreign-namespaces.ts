import { buildHostRouter, matchReadings, type RequestView } from "../../table/match.ts";
import { normaliseTarget } from "../../table/target.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { type MergedHost, type MergedRule, ownerName } from "../ir/merge.ts";
import { byAge } from "../ir/order.ts";
import { type MergedRoutes, pathsOf } from "./merged-routes.ts";

const VIEW: RequestView = { method: "GET", header: () => null, queryParam: () => null };

/**
 * Requests of a host that go to an Ingress of another namespace, though one of the namespace that had the host first would
 * take them: by a more specific path, or by the host's own name below a wildcard. Each Ingress once for each host.
 */
export function reportForeignNamespaces(routes: MergedRoutes): Diagnostic[] {
  return routes.hosts.flatMap((host) => [...withinHost(routes, host), ...belowWildcard(routes, host)]);
}

function withinHost(routes: MergedRoutes, host: MergedHost): Diagnostic[] {
  const written = host.rules.filter(({ rule }) => rule.role === "rule");
  const namespaces = new Set(written.map(namespaceOf));
  if (namespaces.size < 2 || host.hostname === "*") return [];
  const [oldest] = [...written].sort((a, b) => byAge(a.rule.owner, b.rule.owner));
  const namespace = oldest === undefined ? "" : namespaceOf(oldest);
  const { rules, mergesSlashes } = routes.routerOf(host);
  const isOwn = (_: unknown, place: number) =>
    host.rules[place] !== undefined && namespaceOf(host.rules[place]) === namespace;
  const own = buildHostRouter(host.hostname, rules.filter(isOwn), mergesSlashes);
  const ownRules = host.rules.filter(isOwn);
  const reported = new Set<string>();
  return written.flatMap((merged) => {
    const name = ownerName(merged.rule.owner);
    if (namespaceOf(merged) === namespace || reported.has(name)) return [];
    for (const path of pathsOf(merged)) {
      const url = routes.urlOf(host, path);
      const decision = routes.decide(url);
      if (decision.kind !== "rule" || decision.rule !== merged) continue;
      const target = normaliseTarget(url);
      const rule = target.ok ? matchReadings(own, target.target, VIEW) : null;
      if (rule === null || rule === "ambiguous") continue;
      const loser = ownRules[own.rules.indexOf(rule)];
      if (loser === undefined || loser.rule.role !== "rule") continue;
      reported.add(name);
      return [finding(merged, loser, url)];
    }
    return [];
  });
}

/** A host of its own below a wildcard of another namespace. */
function belowWildcard(routes: MergedRoutes, host: MergedHost): Diagnostic[] {
  const { hostname, rules } = host;
  const dot = hostname.indexOf(".");
  if (hostname.startsWith("*") || dot <= 0) return [];
  const wildcard = routes.named(`*${hostname.slice(dot)}`);
  const loser = wildcard?.rules.find(({ rule }) => rule.role === "rule");
  if (loser === undefined) return [];
  const namespaces = new Set(wildcard?.rules.map(namespaceOf));
  // Where the wildcard's namespace has rules for the host too, it is one that several share (`withinHost`).
  if (rules.some((merged) => merged.rule.role === "rule" && namespaces.has(namespaceOf(merged)))) return [];
  const foreign = rules.find(({ rule }) => rule.role === "rule");
  if (foreign === undefined || byAge(loser.rule.owner, foreign.rule.owner) > 0) return [];
  for (const path of pathsOf(foreign)) {
    const url = routes.urlOf(host, path);
    const decision = routes.decide(url);
    if (decision.kind === "rule" && decision.rule === foreign) return [finding(foreign, loser, url)];
  }
  return [];
}

function finding({ rule }: MergedRule, loser: MergedRule, url: string): Diagnostic {
  const { at } = loser.rule;
  const from = ownerName(loser.rule.owner);
  const says = `${ownerName(rule.owner)} takes requests of a host that ${from} of another namespace had first, GET ${url} for one`;
  return diagnose("EI5006", rule.at, says, {
    related: at === null ? [] : [{ message: `the rule of ${from}, which takes them otherwise`, position: at }],
  });
}

function namespaceOf({ rule }: MergedRule): string {
  return rule.owner.namespace;
}
