import type { Diagnostic, Position } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import type { PolicySetting } from "../../ir/policy.ts";
import type { ConfigMapBody, EdgePolicyBody, Resource, ResourceSet } from "../../resources/resource.ts";
import { NO_BODY_SIZE, parseBodySize } from "./annotations/body-size.ts";
import { TRUE } from "./annotations/entry.ts";
import { readExternalAuth } from "./annotations/external-auth.ts";
import { FamilyValues } from "./annotations/family-values.ts";
import { isHonouredKey } from "./controller-keys.ts";

/** The ConfigMap of the controller as its manifests and its chart name it. */
const NAME = /(?:^|-)(?:ingress-nginx-controller|nginx-ingress-controller|nginx-configuration)$/;
const URL_KEY = "global-auth-url";
const FORWARDED_KEY = "use-forwarded-headers";
const BODY_SIZE_KEY = "proxy-body-size";
const GLOBAL_AUTH = /^global-auth-(?=.)/;

/** Keys that keep requests out of all routes, or may: what is not done by the edge would be open. */
const GUARDS: ReadonlySet<string> = new Set([
  "block-cidrs",
  "block-referers",
  "block-user-agents",
  "denylist-source-range",
  "enable-modsecurity",
  "enable-owasp-modsecurity-crs",
  "global-auth-snippet",
  "http-snippet",
  "location-snippet",
  "main-snippet",
  "modsecurity-snippet",
  "server-snippet",
  "whitelist-source-range",
]);

/** True for a name by which the controller's ConfigMap is known; its namespace says nothing. */
export function isControllerConfigName(name: string): boolean {
  return NAME.test(name);
}

/** Keys that annotations are read with. */
const OF_ANNOTATIONS: readonly string[] = [
  "global-allowed-response-headers",
  "limit-conn-status-code",
  "limit-req-status-code",
];

/** The value of a key of the controller's ConfigMap, where that is among the manifests; null where it is not. */
export function controllerValue({ configMaps }: Pick<ResourceSet, "configMaps">, key: string): string | null {
  const found = configMaps.find(({ metadata, body }) => isControllerConfigName(metadata.name) && key in body.data);
  return found?.body.data[key] ?? null;
}

export interface ControllerConfig {
  /** What holds for all rules, as if an EdgePolicy said it. */
  readonly policies: readonly Resource<EdgePolicyBody>[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads the ConfigMap of ingress-nginx's controller, where it is among the manifests: it holds for all of its Ingresses,
 * and nothing in them tells.
 */
export function readControllerConfig(
  { configMaps }: Pick<ResourceSet, "configMaps">,
  { trustedProxies }: { readonly trustedProxies: readonly string[] },
): ControllerConfig {
  const found = configMaps.filter(({ metadata, body }) => NAME.test(metadata.name) || URL_KEY in body.data);
  const readings = found.map((configMap) => readConfig(configMap, trustedProxies));
  return {
    policies: readings.flatMap(({ policies }) => policies),
    diagnostics: readings.flatMap(({ diagnostics }) => diagnostics),
  };
}

function readConfig(configMap: Resource<ConfigMapBody>, trustedProxies: readonly string[]): ControllerConfig {
  const { metadata, body, scope } = configMap;
  const at = (key: string): Position => configMap.locate(["data", key], "key");
  const name = `ConfigMap ${metadata.namespace}/${metadata.name}`;
  const written = Object.entries(body.data).filter(([, value]) => value.trim() !== "");
  const isAuth = (key: string) => GLOBAL_AUTH.test(key) && !GUARDS.has(key);
  const values = written.flatMap(([key, value]) =>
    isAuth(key) ? [[key.slice("global-".length), value.trim()] as const] : [],
  );
  const reading = new FamilyValues(new Map(values));
  const value = readExternalAuth(reading, () => ({ problem: "is no key of the controller" }));
  const diagnostics = reading.findings.map(({ name: auth, code, says }) =>
    diagnose(code, at(`global-${auth}`), `${name}: global-${auth} ${says.replace(/ auth-/, " global-auth-")}`),
  );
  const settings: PolicySetting[] = [];
  if (value !== null && reading.isSound) settings.push({ field: "externalAuth", value });
  const size = new Map(written).get(BODY_SIZE_KEY)?.trim();
  const requestBody = size === undefined ? null : parseBodySize(size);
  if (requestBody !== null) settings.push({ field: "requestBody", value: requestBody });
  else if (size !== undefined) {
    diagnostics.push(diagnose("EI4030", at(BODY_SIZE_KEY), `${name}: ${BODY_SIZE_KEY} ${NO_BODY_SIZE}`));
  }
  if (TRUE.includes(body.data[FORWARDED_KEY]?.trim() ?? "") && trustedProxies.length === 0) {
    diagnostics.push(
      diagnose("EI4021", at(FORWARDED_KEY), `${name}: ${FORWARDED_KEY} is not honoured: no --trusted-proxy is given`),
    );
  }
  const isRead = (key: string) => isAuth(key) || key === BODY_SIZE_KEY || OF_ANNOTATIONS.includes(key);
  const others = written.flatMap(([key, value]) => (isRead(key) || isHonouredKey(key, value) ? [] : [key]));
  const guards = others.filter((key) => GUARDS.has(key));
  for (const key of guards) {
    diagnostics.push(diagnose("EI4020", at(key), `${name}: ${key} guards all routes and is not honoured`));
  }
  const [first, ...more] = others.filter((key) => !GUARDS.has(key));
  if (first !== undefined) {
    const keys = [first, ...more].join(", ");
    diagnostics.push(
      diagnose("EI4021", at(first), `${name}: ${keys} ${more.length === 0 ? "is" : "are"} not honoured`),
    );
  }
  if (settings.length === 0) return { policies: [], diagnostics };
  const policy: Resource<EdgePolicyBody> = {
    metadata,
    scope,
    body: { writtenAs: "ConfigMap", targetRefs: [{ kind: "Edge" }], settings },
    locate: ([, field]) => at(field === "requestBody" ? BODY_SIZE_KEY : URL_KEY),
  };
  return { policies: [policy], diagnostics };
}
