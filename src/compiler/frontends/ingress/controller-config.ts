import { parseRange } from "../../../table/address.ts";
import type { Diagnostic, Position } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import { type Access, NO_ACCESS_LISTS } from "../../ir/access.ts";
import type { PolicySetting } from "../../ir/policy.ts";
import type { ConfigMapBody, EdgePolicyBody, Resource, ResourceSet } from "../../resources/resource.ts";
import { NO_BODY_SIZE, parseBodySize } from "./annotations/body-size.ts";
import { TRUE } from "./annotations/entry.ts";
import { readExternalAuth } from "./annotations/external-auth.ts";
import { FamilyValues } from "./annotations/family-values.ts";
import { controllerEntry, isOfController } from "./controller-config-map.ts";
import { controllerKey, isHonouredKey, mayGuard, nearestControllerKey } from "./controller-keys.ts";

const URL_KEY = "global-auth-url";
const FORWARDED_KEY = "use-forwarded-headers";
const BODY_SIZE_KEY = "proxy-body-size";
const BLOCKED_KEY = "block-cidrs";

/** The value of a key of the controller's ConfigMap, trimmed; null where it says nothing. */
export function controllerValue(resources: Pick<ResourceSet, "configMaps">, key: string): string | null {
  return controllerEntry(resources, key)?.value ?? null;
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
  const readings = configMaps.filter(isOfController).map((configMap) => readConfig(configMap, trustedProxies));
  return {
    policies: readings.flatMap(({ policies }) => policies),
    diagnostics: readings.flatMap(({ diagnostics }) => diagnostics),
  };
}

function readConfig(configMap: Resource<ConfigMapBody>, trustedProxies: readonly string[]): ControllerConfig {
  const { metadata, body, scope } = configMap;
  const at = (key: string): Position => configMap.locate(["data", key], "key");
  const name = `ConfigMap ${metadata.namespace}/${metadata.name}`;
  const written = Object.entries(body.data).flatMap(([key, value]) =>
    value.trim() === "" ? [] : [[key, value.trim()] as const],
  );
  const values = new Map(written);
  const diagnostics: Diagnostic[] = [];
  const settings: (PolicySetting & { readonly key: string })[] = [];
  const auth = readAuth(values);
  diagnostics.push(...auth.findings.map(({ key, code, says }) => diagnose(code, at(key), `${name}: ${key} ${says}`)));
  if (auth.value !== null) settings.push({ field: "externalAuth", value: auth.value, key: URL_KEY });
  const size = values.get(BODY_SIZE_KEY);
  const requestBody = size === undefined ? null : parseBodySize(size);
  if (requestBody !== null) settings.push({ field: "requestBody", value: requestBody, key: BODY_SIZE_KEY });
  else if (size !== undefined) {
    diagnostics.push(diagnose("EI4030", at(BODY_SIZE_KEY), `${name}: ${BODY_SIZE_KEY} ${NO_BODY_SIZE}`));
  }
  const blocked = blockedBy(values.get(BLOCKED_KEY));
  if (blocked === "unreadable") {
    const says = `${BLOCKED_KEY} must be addresses and CIDRs with commas between`;
    diagnostics.push(diagnose("EI4006", at(BLOCKED_KEY), `${name}: ${says}`));
  } else if (blocked !== null) settings.push({ field: "access", value: blocked, key: BLOCKED_KEY });
  if (TRUE.includes(values.get(FORWARDED_KEY) ?? "") && trustedProxies.length === 0) {
    const says = `${FORWARDED_KEY} is not honoured: no --trusted-proxy is given`;
    diagnostics.push(diagnose("EI4021", at(FORWARDED_KEY), `${name}: ${says}`));
  }
  diagnostics.push(...reportOthers(written, name, at));
  if (settings.length === 0) return { policies: [], diagnostics };
  const policy: Resource<EdgePolicyBody> = {
    metadata,
    scope,
    body: { writtenAs: "ConfigMap", targetRefs: [{ kind: "Edge" }], settings },
    locate: ([, field]) => at(settings.find((setting) => setting.field === field)?.key ?? URL_KEY),
  };
  return { policies: [policy], diagnostics };
}

/** `global-auth-…`, read as the annotations `auth-…` are. */
function readAuth(values: ReadonlyMap<string, string>) {
  const ofAuth = [...values].flatMap(([key, value]) => {
    const isRead = key.startsWith("global-auth-") && controllerKey(key)?.effect === "edge";
    return isRead ? [[key.slice("global-".length), value] as const] : [];
  });
  const reading = new FamilyValues(new Map(ofAuth));
  const value = readExternalAuth(reading, () => ({ problem: "is no key of the controller" }));
  const findings = reading.findings.map(({ name, code, says }) => ({
    key: `global-${name}`,
    code,
    says: says.replace(/ auth-/, " global-auth-"),
  }));
  return { value: reading.isSound ? value : null, findings };
}

function blockedBy(value: string | undefined): Access | "unreadable" | null {
  if (value === undefined) return null;
  const deny = value.split(",").map((part) => part.trim());
  return deny.some((range) => parseRange(range) === null) ? "unreadable" : { ...NO_ACCESS_LISTS, deny };
}

/** What is not done with keys: errors and names that nobody knows one by one, the rest together. */
function reportOthers(
  written: readonly (readonly [key: string, value: string])[],
  name: string,
  at: (key: string) => Position,
): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const missing: string[] = [];
  const elsewhere: string[] = [];
  for (const [key, value] of written) {
    const known = controllerKey(key);
    if (known === null) diagnostics.push(unknownKey(key, name, at(key)));
    else if (known.effect === "annotation" || known.inert?.includes(value)) continue;
    else if (known.effect === "guard") {
      diagnostics.push(diagnose("EI4020", at(key), `${name}: ${key} guards all routes and is not honoured`));
    } else if (known.effect === "platform" || known.effect === "cluster") elsewhere.push(key);
    else if (!isHonouredKey(key, value)) missing.push(key);
  }
  const together = (keys: readonly string[], code: "EI4021" | "EI4022", says: readonly [one: string, many: string]) => {
    const [first] = keys;
    if (first === undefined) return;
    const what = keys.length === 1 ? says[0] : says[1];
    diagnostics.push(diagnose(code, at(first), `${name}: ${keys.join(", ")} ${what}`));
  };
  together(missing, "EI4021", ["is not honoured", "are not honoured"]);
  together(elsewhere, "EI4022", [
    "is for the platform or for the clusters alone",
    "are for the platform or for the clusters alone",
  ]);
  return diagnostics;
}

function unknownKey(key: string, name: string, at: Position): Diagnostic {
  const near = nearestControllerKey(key);
  const says = `${name}: ingress-nginx has no key ${key}`;
  const code = mayGuard(key, near) ? "EI4024" : "EI4023";
  return diagnose(
    code,
    at,
    says,
    near === null ? {} : { fix: `Write ${near.name} if that is what is meant, or take the key away.` },
  );
}
