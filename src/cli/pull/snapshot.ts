import { isMapping } from "../../compiler/resources/schema.ts";
import { ApiError, type KubeApi, type KubeObject } from "./api.ts";
import { cleaned } from "./clean.ts";
import { CONTROLLER_CONFIG, collectionPath, WANTED, type WantedKind } from "./wanted.ts";

const NGINX = "nginx.ingress.kubernetes.io/";

/** Keys of the controller's ConfigMap, and annotations, that name another ConfigMap. */
const NAMES_CONFIG_MAP = ["proxy-set-headers", "add-headers"];

/** Annotations that name a Secret, as `name` or `namespace/name`. */
const NAMES_SECRET = ["auth-secret", "auth-tls-secret", "proxy-ssl-secret"].map((name) => `${NGINX}${name}`);

/** The state of one cluster at one time, as far as an edge needs it. */
export interface Snapshot {
  readonly objects: readonly KubeObject[];
  /** What is not as an edge needs it; for people. */
  readonly warnings: readonly string[];
}

export interface SnapshotOptions {
  /** `NAMESPACE/NAME` of the controller's ConfigMap; null: by its usual name, wherever it is; false: there is none. */
  readonly controllerConfig: string | null | false;
  readonly secretNames: boolean;
  /** Told of the counts as they come. */
  readonly progress: (text: string) => void;
}

/**
 * Everything that an edge reads of a cluster. Throws `Error` with a sentence that says what to do: a part that can't be
 * read may be one that guards, so there is no snapshot without it.
 */
export async function snapshotOf(api: KubeApi, options: SnapshotOptions): Promise<Snapshot> {
  const objects: KubeObject[] = [];
  for (const wanted of WANTED) {
    if (wanted.resource === "configmaps" && options.controllerConfig !== null) continue;
    const found = await listOf(api, wanted);
    objects.push(...found);
    options.progress(`${found.length} ${wanted.resource}`);
  }
  if (typeof options.controllerConfig === "string") objects.push(await controllerConfig(api, options.controllerConfig));
  requireControllerConfig(objects, options);
  const warnings: string[] = [];
  for (const name of namedConfigMaps(objects)) {
    const found = await configMap(api, name);
    if (found !== null) objects.push(found);
    else warnings.push(`ConfigMap ${name} is named for its headers, and is not there`);
  }
  const kept = withoutStrangers(objects).map(cleaned);
  if (options.secretNames) warnings.push(...(await missingSecrets(api, kept)));
  return { objects: kept, warnings };
}

async function listOf(api: KubeApi, wanted: WantedKind): Promise<readonly KubeObject[]> {
  try {
    return await api.list(collectionPath(wanted));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404 && wanted.mayLack) return [];
    throw new Error(`${wanted.resource} can't be read: ${error.message}${hint(error)}`);
  }
}

async function controllerConfig(api: KubeApi, name: string): Promise<KubeObject> {
  const found = await configMap(api, name);
  if (found === null) throw new Error(`there is no ConfigMap ${name}`);
  return found;
}

async function configMap(api: KubeApi, name: string): Promise<KubeObject | null> {
  const [namespace = "", own = ""] = name.split("/");
  try {
    return await api.get(`/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(own)}`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 404) return null;
    throw new Error(`ConfigMap ${name} can't be read: ${error.message}${hint(error)}`);
  }
}

function hint({ status }: ApiError): string {
  if (status === 403) return "\n`edge-ingress pull --rbac` prints the rights that it needs";
  return status === 401 ? "\nthe credentials of the context are not taken: log in again" : "";
}

/** Its settings hold for all Ingresses of the controller; `whitelist-source-range` and `global-auth-url` guard them. */
function requireControllerConfig(objects: readonly KubeObject[], { controllerConfig }: SnapshotOptions): void {
  if (controllerConfig !== null || !objects.some(isOfNginx) || objects.some(({ kind }) => kind === "ConfigMap")) return;
  throw new Error(
    `ingress-nginx serves Ingresses of this cluster, but there is no ConfigMap ${CONTROLLER_CONFIG}: its settings may guard every host\n` +
      "name it with --controller-config NAMESPACE/NAME, or say --no-controller-config where the controller has none",
  );
}

/**
 * Of its controller, which is `k8s.io/internal-ingress-nginx` or the like where a cluster has several; or an Ingress that
 * names its class as before there were IngressClasses.
 */
function isOfNginx(object: KubeObject): boolean {
  const { kind, spec } = object;
  if (kind === "IngressClass") return isMapping(spec) && `${spec.controller}`.endsWith("ingress-nginx");
  return kind === "Ingress" && metadataOf(object).annotations["kubernetes.io/ingress.class"] === "nginx";
}

function namedConfigMaps(objects: readonly KubeObject[]): readonly string[] {
  const names = objects.flatMap((object) => {
    const { annotations, namespace } = metadataOf(object);
    const custom = annotations[`${NGINX}custom-headers`];
    const data = object.kind === "ConfigMap" && isMapping(object.data) ? object.data : {};
    const all = [custom, ...NAMES_CONFIG_MAP.map((key) => data[key])];
    return all.filter((name) => typeof name === "string" && name !== "").map((name) => qualified(`${name}`, namespace));
  });
  return [...new Set(names)].sort();
}

/** Services of namespaces without an Ingress have no part in the edge, unless they are load balancers. */
function withoutStrangers(objects: readonly KubeObject[]): readonly KubeObject[] {
  const served = new Set(
    objects.filter(({ kind }) => kind === "Ingress").map((object) => metadataOf(object).namespace),
  );
  return objects.filter((object) => {
    if (object.kind !== "Service" || served.has(metadataOf(object).namespace)) return true;
    return isMapping(object.spec) && object.spec.type === "LoadBalancer";
  });
}

async function missingSecrets(api: KubeApi, objects: readonly KubeObject[]): Promise<readonly string[]> {
  const accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
  const secrets = await api.list("/api/v1/secrets", { accept }).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    throw new Error(`the names of Secrets can't be read: ${error.message}${hint(error)}`);
  });
  const there = new Set(secrets.map((secret) => `${metadataOf(secret).namespace}/${metadataOf(secret).name}`));
  const asked = objects.filter(({ kind }) => kind === "Ingress").flatMap(secretsOf);
  const missing = [...new Set(asked)].filter((name) => !there.has(name)).sort();
  return missing.map((name) => `Secret ${name} is named by an Ingress, and is not there`);
}

function secretsOf(ingress: KubeObject): readonly string[] {
  const { namespace, annotations } = metadataOf(ingress);
  const tls = isMapping(ingress.spec) && Array.isArray(ingress.spec.tls) ? ingress.spec.tls : [];
  const names = [...tls.map((entry) => entry?.secretName), ...NAMES_SECRET.map((name) => annotations[name])];
  return names.filter((name) => typeof name === "string" && name !== "").map((name) => qualified(`${name}`, namespace));
}

function qualified(name: string, namespace: string): string {
  return name.includes("/") ? name : `${namespace}/${name}`;
}

interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, unknown>>;
}

/** The namespace is empty for objects that are in none. */
export function metadataOf({ metadata }: KubeObject): Metadata {
  const { name, namespace, annotations } = isMapping(metadata) ? metadata : {};
  return {
    name: typeof name === "string" ? name : "",
    namespace: typeof namespace === "string" ? namespace : "",
    annotations: isMapping(annotations) ? annotations : {},
  };
}
