import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { type MergedHost, ownerName } from "../ir/merge.ts";
import { type MergedRoutes, pathsOf } from "./merged-routes.ts";

/** Hosts of their own below a wildcard whose paths they do not have: requests for these are answered 404. */
export function reportHiddenWildcards(routes: MergedRoutes): Diagnostic[] {
  return routes.hosts.flatMap((host) => {
    const { hostname } = host;
    const dot = hostname.indexOf(".");
    const wildcard = hostname.startsWith("*") || dot <= 0 ? null : routes.named(`*${hostname.slice(dot)}`);
    return wildcard === null ? [] : hiddenBy(routes, host, wildcard);
  });
}

function hiddenBy(routes: MergedRoutes, host: MergedHost, wildcard: MergedHost): Diagnostic[] {
  const first = host.rules.find(({ rule }) => rule.role === "rule" && rule.at !== null);
  if (first === undefined) return [];
  for (const hidden of wildcard.rules) {
    const { rule } = hidden;
    if (rule.role !== "rule") continue;
    for (const path of pathsOf(hidden)) {
      const below = routes.decide(routes.urlOf(wildcard, path));
      if (below.kind !== "rule" || below.rule !== hidden || !isNotFound(routes, routes.urlOf(host, path))) continue;
      const { hostname } = wildcard;
      const says = `${host.hostname} has rules of its own and none for a path that ${ownerName(rule.owner)} has for ${hostname}: GET ${routes.urlOf(host, path)} is answered 404`;
      const related = rule.at === null ? [] : [{ message: `the rule of ${hostname}`, position: rule.at }];
      return [diagnose("EI5007", first.rule.at, says, { related })];
    }
  }
  return [];
}

function isNotFound(routes: MergedRoutes, url: string): boolean {
  const decision = routes.decide(url);
  if (decision.kind === "answer") return decision.status === 404;
  return decision.rule.rule.role === "unmatched" && decision.rule.rule.backendRefs.length === 0;
}
