import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { MergedHost } from "../ir/merge.ts";
import { reportForeignNamespaces } from "./foreign-namespaces.ts";
import { reportHiddenWildcards } from "./hidden-wildcards.ts";
import { MergedRoutes } from "./merged-routes.ts";
import { reportRedirectLoops } from "./redirect-loops.ts";
import { reportUnreachable } from "./unreachable-rules.ts";

/** Checks over all merged rules, which ask where requests go. A new one is a file beside this and a line here. */
const CHECKS: readonly ((routes: MergedRoutes) => readonly Diagnostic[])[] = [
  reportUnreachable,
  reportForeignNamespaces,
  reportHiddenWildcards,
  reportRedirectLoops,
];

export function checkRoutes(hosts: readonly MergedHost[]): Diagnostic[] {
  const routes = new MergedRoutes(hosts);
  return CHECKS.flatMap((check) => check(routes));
}
