import type { ResourceSet } from "../../resources/resource.ts";
import { TRUE } from "./annotations/entry.ts";
import { controllerValue } from "./controller-config.ts";
import { isHonouredKey } from "./controller-keys.ts";

type ConfigMaps = Pick<ResourceSet, "configMaps">;

export function controllerBoolean(resources: ConfigMaps, key: string, usual: boolean): boolean {
  const value = controllerText(resources, key);
  return value === null ? usual : TRUE.includes(value);
}

/** The value where it is one that the key takes; null where it is not, or there is none. */
export function controllerText(resources: ConfigMaps, key: string): string | null {
  const value = controllerValue(resources, key);
  return value !== null && isHonouredKey(key, value) ? value.trim() : null;
}
