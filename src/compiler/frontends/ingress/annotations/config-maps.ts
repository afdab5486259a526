import { covers } from "../../../ir/scope.ts";
import type { ConfigMapBody } from "../../../resources/resource.ts";
import type { Unreadable } from "../../../resources/templates.ts";
import type { FamilyContext } from "./entry.ts";

/** The ConfigMap that an annotation names: of the Ingress's own namespace, unless the controller's operator allows others. */
export function configMapNamed(value: string, { ingress, resources }: FamilyContext): ConfigMapBody | Unreadable {
  const [namespace, name, ...more] = value.split("/");
  if (!namespace || !name || more.length > 0)
    return { problem: "is not the namespace and name of a ConfigMap, as in shop/headers" };
  if (namespace !== ingress.metadata.namespace) return { problem: "names a ConfigMap of another namespace" };
  const known = resources.configMaps.filter(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
  );
  const configMap = known.find(({ scope }) => covers(scope, ingress.scope));
  if (configMap !== undefined) return configMap.body;
  if (known.length === 0) return { problem: "names a ConfigMap that is not among the manifests" };
  return { problem: "names a ConfigMap that not all clusters of the Ingress have", ofEdge: true };
}
