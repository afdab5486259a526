import { byText } from "../by-text.ts";
import { byPosition } from "../diagnostics/order.ts";
import { byScope } from "../ir/scope.ts";
import type { Resource } from "./resource.ts";

/**
 * A copy in the order of namespace and name. Objects of the same name live in different clusters: their scopes decide,
 * and after that the place in the manifests.
 */
export function sortResources<Body>(resources: readonly Resource<Body>[]): readonly Resource<Body>[] {
  return [...resources].sort(
    (a, b) =>
      byText(a.metadata.namespace, b.metadata.namespace) ||
      byText(a.metadata.name, b.metadata.name) ||
      byScope(a.scope, b.scope) ||
      byPosition(a.locate([]), b.locate([])),
  );
}
