import type { Position } from "../../diagnostics/diagnostic.ts";
import type { ConfigMapBody, Resource, ResourceSet } from "../../resources/resource.ts";

/** The ConfigMap of the controller as its manifests and its chart name it. */
const NAME = /(?:^|-)(?:ingress-nginx-controller|nginx-ingress-controller|nginx-configuration)$/;

/** True for a name by which the controller's ConfigMap is known; its namespace says nothing. */
export function isControllerConfigName(name: string): boolean {
  return NAME.test(name);
}

/** One that asks for authentication of all routes is taken for it under any name. */
export function isOfController({ metadata, body }: Resource<ConfigMapBody>): boolean {
  return isControllerConfigName(metadata.name) || "global-auth-url" in body.data;
}

/** A key of the controller's ConfigMap that says something. */
export interface ControllerEntry {
  readonly key: string;
  /** Trimmed, not empty. */
  readonly value: string;
  /** `ConfigMap ingress-nginx/ingress-nginx-controller`. */
  readonly from: string;
  readonly at: Position;
}

/** A key of the controller's ConfigMap, where that is among the manifests and says something; else null. */
export function controllerEntry({ configMaps }: Pick<ResourceSet, "configMaps">, key: string): ControllerEntry | null {
  for (const configMap of configMaps) {
    const { metadata, body, locate } = configMap;
    const value = isOfController(configMap) ? (body.data[key]?.trim() ?? "") : "";
    if (value === "") continue;
    return { key, value, from: `ConfigMap ${metadata.namespace}/${metadata.name}`, at: locate(["data", key], "key") };
  }
  return null;
}
