import { rememberedOf } from "../../remembered.ts";
import type { ResourceSet } from "../../resources/resource.ts";
import { PREFIX } from "./annotations/registry.ts";
import { type ControllerEntry, controllerEntry } from "./controller-config-map.ts";
import { CONTROLLER_KEYS } from "./controller-keys.ts";
import type { ServedResource } from "./dialect.ts";

/** An Ingress with the annotations that the controller's ConfigMap adds where it does not say. */
export interface Annotated extends ServedResource {
  /** Those annotations, by their whole names. */
  readonly defaults: ReadonlyMap<string, ControllerEntry>;
}

export const NO_DEFAULTS: ReadonlyMap<string, ControllerEntry> = new Map();

/** Other names of the same annotation: where one is there, the ConfigMap is not asked. */
const OTHER_NAMES: Readonly<Record<string, string>> = { "whitelist-source-range": "allowlist-source-range" };

/** What keeps requests out holds for Ingresses of every dialect: better once too often. The rest is of its own dialect. */
export function withDefaults(ingress: ServedResource, resources: Pick<ResourceSet, "configMaps">): Annotated {
  const { annotations } = ingress.metadata;
  const isWritten = (name: string) => annotations[PREFIX + name] !== undefined;
  const asked = defaultsOf(resources.configMaps).filter(
    ({ key, guards }) =>
      (guards || ingress.dialect === "ingress-nginx") && !isWritten(key) && !isWritten(OTHER_NAMES[key] ?? key),
  );
  if (asked.length === 0) return { ...ingress, defaults: NO_DEFAULTS };
  const defaults = new Map(asked.map((entry) => [PREFIX + entry.key, entry]));
  const added = Object.fromEntries(asked.map(({ key, value }) => [PREFIX + key, value]));
  return {
    ...ingress,
    metadata: { ...ingress.metadata, annotations: { ...annotations, ...added } },
    defaults,
  };
}

interface Default extends ControllerEntry {
  readonly guards: boolean;
}

const defaultsOf = rememberedOf((configMaps: ResourceSet["configMaps"]): readonly Default[] =>
  CONTROLLER_KEYS.flatMap(({ name, effect, guards = false }) => {
    const entry = effect === "annotation" ? controllerEntry({ configMaps }, name) : null;
    return entry === null ? [] : [{ ...entry, guards }];
  }),
);
