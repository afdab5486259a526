import type { SecretRef } from "../../table/policies/secret-ref.ts";
import { byText } from "../by-text.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { eachOnce } from "../diagnostics/order.ts";
import { diagnose } from "../diagnostics/report.ts";
import { editDistance } from "../diagnostics/suggest.ts";
import type { MergedHost } from "../ir/merge.ts";
import type { Policy } from "../ir/policy.ts";
import type { RouteRule } from "../ir/rule.ts";
import { covers, EVERY_CLUSTER, type Scope, union } from "../ir/scope.ts";
import type { Resource, ResourceSet, SecretBody } from "../resources/resource.ts";
import type { SecretContent } from "../resources/secret-content.ts";
import { originSecretUse, type SecretUse, secretUsesOf } from "./uses.ts";

export interface SecretOptions {
  /** `--external-secrets`: Secrets that are not among the manifests will be at the edge at run time. */
  readonly externalSecrets?: boolean;
}

/** A Secret that compiled routes need. */
export interface UsedSecret extends SecretRef {
  /** Sorted; null: all of them, whatever their names. */
  readonly keys: readonly string[] | null;
  /** What needs it, sorted: `auth-secret of Ingress shop/cart`. */
  readonly neededBy: readonly string[];
  readonly isGiven: boolean;
  /** The text that the edge reads, which is a secret; null where the Secret is not given. */
  readonly payload: () => string | null;
}

export interface SecretsResult {
  /** Sorted by name. */
  readonly secrets: readonly UsedSecret[];
  readonly diagnostics: readonly Diagnostic[];
}

/** One place that needs a Secret. */
interface Need extends SecretUse {
  /** What names it, and where. */
  readonly policy: Pick<Policy, "from" | "at">;
  /** The clusters in which it is needed. */
  readonly scope: Scope;
}

/** Finds the Secrets that the policies in effect name, and judges what they hold. Messages never show any of it. */
export function resolveSecrets(
  hosts: readonly MergedHost[],
  { secrets, clusters }: Pick<ResourceSet, "secrets" | "clusters">,
  { externalSecrets = false }: SecretOptions,
): SecretsResult {
  const byName = Map.groupBy(secrets, ({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const clusterNames = clusters.map(({ metadata }) => metadata.name);
  const needs = Map.groupBy([...needsOf(hosts), ...needsOfClusters(clusters)], ({ ref }) => ref.name);
  const results = [...needs]
    .sort(([a], [b]) => byText(a, b))
    .map(([name, ofName]) => {
      const given = byName.get(name) ?? [];
      return given.length === 0 ? notGiven(ofName, secrets, externalSecrets) : resolve(ofName, given, clusterNames);
    });
  return {
    secrets: results.map(({ secret }) => secret),
    diagnostics: eachOnce(results.flatMap(({ diagnostics }) => diagnostics)),
  };
}

function needsOf(hosts: readonly MergedHost[]): Need[] {
  const needs: Need[] = [];
  const add = ({ policies, owner }: RouteRule) => {
    for (const policy of policies) {
      for (const use of secretUsesOf(policy)) needs.push({ ...use, policy, scope: owner.scope });
    }
  };
  for (const { rules } of hosts) {
    for (const { rule, mergedFrom } of rules) {
      add(rule);
      mergedFrom.forEach(add);
    }
  }
  return needs;
}

/** The edge alone reads them: no cluster has to have their manifests. */
function needsOfClusters(clusters: ResourceSet["clusters"]): Need[] {
  return clusters.flatMap(({ metadata: { name }, body: { upstream }, locate }) => {
    if (upstream.originSecret === null) return [];
    const policy = { from: `originSecret of Cluster ${name}`, at: locate(["spec", "originSecret"], "key") };
    return [{ ...originSecretUse(upstream.originSecret), policy, scope: { kind: "clusters", names: [] } as const }];
  });
}

interface Result {
  readonly secret: UsedSecret;
  readonly diagnostics: readonly Diagnostic[];
}

function describe(needs: readonly Need[], payload: () => string | null, isGiven: boolean): UsedSecret {
  const [{ ref }] = needs as [Need, ...Need[]];
  const keys = needs.map(({ key }) => key);
  const named = keys.filter((key) => key !== null);
  return {
    ...ref,
    keys: named.length < keys.length ? null : [...new Set(named)].sort(byText),
    neededBy: [...new Set(needs.map(({ policy }) => policy.from))].sort(byText),
    isGiven,
    payload,
  };
}

function notGiven(needs: readonly Need[], secrets: ResourceSet["secrets"], isExternal: boolean): Result {
  const diagnostics = needs.map(({ policy, ref }) => {
    const namespace = ref.name.slice(0, ref.name.indexOf("/"));
    if (isExternal) {
      const says = `${policy.from} names a Secret of namespace ${namespace} that must be at the edge at run time`;
      return diagnose("EI7002", policy.at, says);
    }
    const others = secrets
      .filter(({ metadata }) => metadata.namespace === namespace)
      .map(({ metadata }) => metadata.name);
    const has = others.length === 0 ? "of which there are none" : `which are ${others.sort(byText).join(", ")}`;
    const says = `${policy.from} names a Secret that is not among those of namespace ${namespace}, ${has}`;
    return diagnose("EI7001", policy.at, says);
  });
  return { secret: describe(needs, () => null, false), diagnostics };
}

function resolve(needs: readonly Need[], given: readonly Resource<SecretBody>[], clusters: readonly string[]): Result {
  const [first, ...others] = given as [Resource<SecretBody>, ...Resource<SecretBody>[]];
  const secret = describe(needs, () => payloadOf(first, secret.keys), true);
  const scope = spelledOut(given.map((each) => each.scope).reduce(union), clusters);
  const unmet = needs.filter((need) => !covers(scope, need.scope));
  const payload = secret.payload();
  const different = others.filter((other) => payloadOf(other, secret.keys) !== payload);
  return {
    secret,
    diagnostics: [
      ...unmet.map(({ policy }) =>
        diagnose("EI7004", policy.at, `${policy.from} names a Secret that not all of its clusters have`),
      ),
      ...needs.flatMap((need) => judge(need, first)),
      ...different.map((other) => {
        const related = [{ message: "the other one", position: first.locate(["metadata", "name"]) }];
        const says = `Secret ${secret.name} differs between clusters, and the edge has one of each name`;
        return diagnose("EI7004", other.locate(["metadata", "name"]), says, { related });
      }),
    ],
  };
}

/** What the edge gets: the texts of the keys that are needed, in JSON. */
function payloadOf({ body: { content } }: Resource<SecretBody>, keys: UsedSecret["keys"]): string {
  return JSON.stringify(Object.fromEntries(textsOf(content, keys ?? content.keys)));
}

function textsOf(content: SecretContent, keys: readonly string[]): ReadonlyMap<string, string> {
  const texts = keys.flatMap((key): [string, string][] => {
    const value = content.read(key);
    return value === null || value === "unreadable" ? [] : [[key, value.text]];
  });
  return new Map(texts);
}

function judge({ policy, ref, key, judge: judgeValues }: Need, { body, locate }: Resource<SecretBody>): Diagnostic[] {
  const { content } = body;
  const related = policy.at === null ? [] : [{ message: `${policy.from} needs it`, position: policy.at }];
  if (key !== null && content.read(key) === null) {
    // Only a name that is near: what stands where keys do may be a slip, and a secret.
    const near = content.keys.find((each) => editDistance(key, each) <= 2) ?? null;
    const says = `${policy.from} names a Secret without the key ${JSON.stringify(key)}`;
    const message = near === null ? says : `${says}: did you mean \`${near}\`?`;
    return [diagnose("EI7003", policy.at, message)];
  }
  const at = key === null ? locate(["metadata", "name"]) : locate(content.pathOf(key), "key");
  const needed = key === null ? content.keys : [key];
  const unreadable = needed.filter((each) => content.read(each) === "unreadable");
  if (unreadable.length > 0) {
    const what = key === null ? `${unreadable.length} of the keys` : `the key ${JSON.stringify(key)}`;
    const says = `${what} of Secret ${ref.name} can't be read: it must be base64 of text in UTF-8`;
    return [diagnose("EI7005", at, says, { related })];
  }
  return judgeValues(textsOf(content, needed)).map(({ code, says }) =>
    diagnose(code, at, `Secret ${ref.name}, ${says}`, { related }),
  );
}

/** All clusters by name are every cluster. */
function spelledOut(scope: Scope, clusters: readonly string[]): Scope {
  const isEvery = scope.kind === "clusters" && clusters.every((name) => scope.names.includes(name));
  return isEvery ? EVERY_CLUSTER : scope;
}
