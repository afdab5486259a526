import type { Diagnostic, Position } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import { overlaps } from "../../ir/scope.ts";
import type { IngressPath } from "../../resources/resource.ts";
import type { ServedResource } from "./dialect.ts";
import { byIngressAge } from "./owner.ts";

/**
 * Ingresses of ingress-nginx that are a default backend and nothing else, the oldest first. They take `/` of all other
 * hosts before the paths of any Ingress are looked at, of whatever age (createServers and getBackendServers in
 * internal/ingress/controller/controller.go).
 */
export function catchAllsOf(served: readonly ServedResource[]): readonly ServedResource[] {
  return served
    .filter(({ dialect, body: { defaultBackend, rules } }) => {
      return dialect === "ingress-nginx" && rules.length === 0 && defaultBackend?.type === "service";
    })
    .sort(byIngressAge);
}

/** The one that has the place of this path of a rule without host; the location of `Exact /` is another one. */
export function catchAllBefore(
  { dialect, scope }: ServedResource,
  { path, pathType }: IngressPath,
  catchAlls: readonly ServedResource[],
): ServedResource | undefined {
  if (dialect !== "ingress-nginx" || pathType === "Exact" || (path !== "" && path !== "/")) return undefined;
  return catchAlls.find((each) => overlaps(each.scope, scope));
}

/** `isKept`: a guarded path has it here all the same, for the default backend would open it. */
export function reportClaimed(
  ingress: ServedResource,
  at: Position,
  winner: ServedResource,
  isKept: boolean,
): Diagnostic {
  const [its, other] = [ingress, winner].map(({ metadata }) => `Ingress ${metadata.namespace}/${metadata.name}`);
  const says = isKept
    ? `ingress-nginx gives the path / of ${its} without host to ${other}, which is a default backend alone, and opens what ${its} guards: here the guarded path keeps it`
    : `the path / of ${its} without host takes nothing: ${other}, which is a default backend alone, comes before it`;
  const position = winner.locate(["spec", "defaultBackend"], "key");
  return diagnose("EI5001", at, says, { related: [{ message: isKept ? "not kept" : "kept", position }] });
}
