import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { NO_ACCESS_LISTS } from "../../src/compiler/ir/access.ts";
import { DEFAULT_TIMEOUTS } from "../../src/compiler/ir/rule.ts";
import { EVERY_CLUSTER } from "../../src/compiler/ir/scope.ts";
import { PROVERS } from "../../src/compiler/resources/edge-policy-authorization.ts";
import { DEFAULT_QUOTA } from "../../src/compiler/resources/edge-policy-rate-limit.ts";
import { loadResources } from "../../src/compiler/resources/load.ts";
import type { ResourceSet } from "../../src/compiler/resources/resource.ts";
import { parseYaml } from "../../src/compiler/sources/parse-yaml.ts";
import { DEFAULT_API_KEY } from "../../src/table/policies/api-key.ts";
import { DEFAULT_CLIENT_CERTIFICATE } from "../../src/table/policies/client-certificate.ts";
import { DEFAULT_CLUSTER } from "../../src/table/policies/cluster-record.ts";
import { DEFAULT_CORS } from "../../src/table/policies/cors.ts";
import { DEFAULT_HEALTH_CHECK } from "../../src/table/policies/health-check.ts";
import { DEFAULT_JWT_PROVIDER } from "../../src/table/policies/jwt.ts";
import { DEFAULT_OIDC } from "../../src/table/policies/oidc.ts";
import { DEFAULT_RULE_POLICIES } from "../../src/table/policies/rule-policies.ts";
import { compiled } from "../support/compiled.ts";
import { readPage, tableOf } from "./markdown.ts";

/** The examples and tables of the page, run through the compiler: `docs/policies.md` says what is, or this fails. */
const page = readPage("docs/policies.md");
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)\n```$/gm)].map(([, text = ""]) => text);
const [clusterExample = "", ...policyExamples] = examples;

/** What the policies of the page are for: Ingress shop with rules for `/` and `/api`. */
const SHOP = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
          - { path: /api, pathType: Prefix, backend: { service: { name: api, port: { number: 80 } } } }
---
apiVersion: v1
kind: Secret
metadata: { name: users, namespace: shop }
stringData: { auth: "ann:{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM=" }
---
apiVersion: v1
kind: Secret
metadata: { name: origin, namespace: edge }
stringData: { eu-west: 0123456789abcdef }
---
apiVersion: v1
kind: Secret
metadata: { name: login, namespace: shop }
stringData: { client-secret: "a", session-keys: "a key of more than thirty-two characters" }`;

describe("the examples compile without a word", () => {
  test.each(examples.map((text) => [parse(text).metadata.name as string, text]))("%s", (_, text) => {
    const manifests = [SHOP, text, ...(text === clusterExample ? [] : [clusterExample])];
    const { output, diagnostics } = compiled(manifests.join("\n---\n"));
    const said = diagnostics.filter(({ severity }) => severity !== "info");
    expect(said.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
    expect(output).not.toBeNull();
  });

  test("one for each field of EdgePolicy, and one for Cluster", () => {
    const fields = policyExamples.flatMap((text) => Object.keys(parse(text).spec));
    expect([...new Set(fields)].sort()).toEqual(["targetRefs", ...Object.keys(DEFAULTS), ...IN_LISTS].sort());
    expect(parse(clusterExample).kind).toBe("Cluster");
  });
});

/** What a policy comes to that writes nothing of a field. */
const DEFAULTS = {
  loadBalancing: DEFAULT_RULE_POLICIES.loadBalancing,
  retry: DEFAULT_RULE_POLICIES.retry,
  fallback: { status: 503, contentType: "text/plain; charset=utf-8", body: "" },
  timeouts: DEFAULT_TIMEOUTS,
  apiKey: DEFAULT_API_KEY,
};

/** Fields whose defaults are those of items, each with a test of its own. */
const IN_LISTS = [
  "access",
  "authorization",
  "cors",
  "satisfy",
  "basicAuth",
  "clientCertificate",
  "oidc",
  "jwt",
  "externalAuth",
  "headers",
  "rateLimit",
  "concurrencyLimit",
  "requestBody",
  "bandwidthLimit",
  "mirror",
];

describe("the defaults of the page, written out, are those of", () => {
  test.each(Object.entries(DEFAULTS))("%s", (field, usual) => {
    const rows = tableOf(page, field, "Default", "Means");
    expect(topLevel(rows).sort()).toEqual(Object.keys(usual).sort());
    const written = edgePolicyOf({ targetRefs: [{ kind: "Edge" }], [field]: fieldsOf(rows) });
    expect(written).toEqual([{ field, value: usual }]);
  });

  test("a provider of jwt", () => {
    const rows = tableOf(page, "jwt.providers", "Default", "Means");
    expect(topLevel(rows).sort()).toEqual(["name", "issuer", "jwks", ...Object.keys(DEFAULT_JWT_PROVIDER)].sort());
    const required = { name: "a", issuer: "b", "jwks.uri": "https://a.test/" };
    const provider = fieldsOf(rows, required);
    const [setting] = edgePolicyOf({ targetRefs: [{ kind: "Edge" }], jwt: { providers: [provider] } }) ?? [];
    const jwks = { uri: "https://a.test/", keys: [] };
    expect(setting?.value).toEqual({ providers: [{ ...DEFAULT_JWT_PROVIDER, name: "a", issuer: "b", jwks }] });
  });

  test("externalAuth, its sign-in and its cache", () => {
    const url = "https://auth.test/";
    const settingOf = (externalAuth: object) => edgePolicyOf({ targetRefs: [{ kind: "Edge" }], externalAuth });
    const rows = tableOf(page, "externalAuth", "Default", "Means");
    expect(settingOf(fieldsOf(rows, { url }))).toEqual(settingOf({ url }));
    const parts = tableOf(page, "signin and cache", "Default", "Means");
    const required = { "signin.url": "https://login.test/", "cache.key": "$cookie_a" };
    const shorter = nested(Object.entries(required));
    expect(settingOf({ url, ...fieldsOf(parts, required) })).toEqual(settingOf({ url, ...shorter }));
    const [setting] = settingOf({ url, ...shorter }) ?? [];
    const names = ["url", "signin", ...Object.keys(setting?.value ?? {})];
    const inTable = ["service", "path", "signIn"];
    expect(topLevel(rows).sort()).toEqual(names.filter((name) => !inTable.includes(name)).sort());
  });

  test("rateLimit and its limits", () => {
    const settingOf = (rateLimit: object) => edgePolicyOf({ targetRefs: [{ kind: "Edge" }], rateLimit });
    const required = { name: "a", requests: 5, period: "10s" };
    const rows = tableOf(page, "rateLimit", "Default", "Means");
    const limits = [required];
    expect(settingOf(fieldsOf(rows, { limits }))).toEqual(settingOf({ limits }));
    const ofLimit = tableOf(page, "limits", "Default", "Means");
    expect(settingOf({ limits: [fieldsOf(ofLimit, required)] })).toEqual(settingOf({ limits }));
    const [setting] = settingOf({ limits }) ?? [];
    if (setting?.field !== "rateLimit") throw new Error("there is no limit");
    expect(topLevel(rows).sort()).toEqual(["exempt", "headers", "limits", "quota"]);
    const ofQuota = tableOf(page, "quota", "Default", "Means");
    expect(topLevel(ofQuota).sort()).toEqual(Object.keys(DEFAULT_QUOTA).sort());
    expect(settingOf({ quota: fieldsOf(ofQuota) })).toEqual(settingOf({ quota: {} }));
    const written = Object.keys(setting.value.limits[0] ?? {}).filter((name) => !["id", "binding"].includes(name));
    expect(topLevel(ofLimit).sort()).toEqual(written.map((name) => name.replace("mostHeld", "overshoot")).sort());
  });

  test("concurrencyLimit and its limits", () => {
    const settingOf = (concurrencyLimit: object) => edgePolicyOf({ targetRefs: [{ kind: "Edge" }], concurrencyLimit });
    const required = { name: "a", maxRequests: 5 };
    const rows = tableOf(page, "concurrencyLimit", "Default", "Means");
    const limits = [required];
    const ofLimit = tableOf(page, "concurrencyLimit.limits", "Default", "Means");
    expect(settingOf(fieldsOf(rows, { limits }))).toEqual(settingOf({ limits }));
    expect(settingOf({ limits: [fieldsOf(ofLimit, required)] })).toEqual(settingOf({ limits }));
    const [setting] = settingOf({ limits }) ?? [];
    if (setting?.field !== "concurrencyLimit") throw new Error("there is no limit");
    const written = Object.keys(setting.value.limits[0] ?? {}).filter((name) => name !== "id");
    expect(topLevel(ofLimit).sort()).toEqual(written.sort());
    expect(topLevel(rows).sort()).toEqual(["exempt", "limits"]);
  });

  test("access", () => {
    const rows = tableOf(page, "access", "Default", "Means");
    expect(rows.map(([name]) => name)).toEqual(Object.keys(NO_ACCESS_LISTS));
    expect(fieldsOf(rows)).toEqual({});
    const lists = { deny: ["192.0.2.1"] };
    const [setting] = edgePolicyOf({ targetRefs: [{ kind: "Edge" }], access: lists }) ?? [];
    expect(setting?.value).toEqual({ ...NO_ACCESS_LISTS, ...lists });
  });

  test("cors", () => {
    const rows = tableOf(page, "cors", "Default", "Means");
    expect(topLevel(rows).sort()).toEqual(Object.keys(DEFAULT_CORS).sort());
    const written = fieldsOf(rows, { allowOrigins: ["*"], allowHeaders: DEFAULT_CORS.allowHeaders.split(",") });
    const [setting] = edgePolicyOf({ targetRefs: [{ kind: "Edge" }], cors: written }) ?? [];
    expect(setting?.value).toEqual({ ...DEFAULT_CORS, allowHeaders: DEFAULT_CORS.allowHeaders.replaceAll(",", ", ") });
    const [, , means = ""] = rows.find(([name]) => name === "allowHeaders") ?? [];
    const named = means.replaceAll("`", "").split("by default ")[1]?.split(", ");
    expect(named).toEqual(DEFAULT_CORS.allowHeaders.split(","));
  });

  test("conditions of authorization", () => {
    const when = { methods: ["GET"], principal: { subjects: ["a"] } };
    const authorization = { rules: [{ action: "Allow", when }] };
    const [setting] = edgePolicyOf({ targetRefs: [{ kind: "Edge" }], authorization }) ?? [];
    if (setting?.field !== "authorization") throw new Error("there is no authorization");
    const condition = setting.value.rules[0]?.when;
    const ofCondition = tableOf(page, "when", "Default", "Holds where").map(([name]) => name);
    expect([...ofCondition].sort()).toEqual(Object.keys(condition ?? {}).sort());
    const ofPrincipal = tableOf(page, "principal", "Default", "Is one that");
    expect(ofPrincipal.map(([name]) => name)).toEqual(Object.keys(condition?.principal ?? {}));
    expect(ofPrincipal[0]?.[2]?.match(/`(\w+)`/g)).toEqual(Object.keys(PROVERS).map((name) => `\`${name}\``));
  });

  test("clientCertificate", () => {
    const rows = tableOf(page, "clientCertificate", "Default", "Means");
    const { subjectPattern: _, errorPage: __, ...usual } = DEFAULT_CLIENT_CERTIFICATE;
    expect(topLevel(rows)).toEqual(Object.keys(usual));
    const lists = rows.filter(([, value]) => value === "[]").map(([name = ""]) => name);
    expect(lists).toEqual(["subjects", "issuers", "fingerprints", "subjectAltNames"]);
    const written = Object.fromEntries(Object.entries(fieldsOf(rows)).filter(([name]) => !lists.includes(name)));
    const [setting] = edgePolicyOf({ targetRefs: [{ kind: "Edge" }], clientCertificate: written }) ?? [];
    expect(setting?.value).toEqual(DEFAULT_CLIENT_CERTIFICATE);
  });

  test("basicAuth", () => {
    const rows = tableOf(page, "basicAuth", "Default", "Means");
    expect(topLevel(rows)).toEqual(["secretRef", "realm"]);
    const required = { "secretRef.name": "users" };
    const [full, short] = [fieldsOf(rows, required), nested(Object.entries(required))].map((basicAuth) =>
      edgePolicyOf({ targetRefs: [{ kind: "Edge" }], basicAuth }),
    );
    expect(full).toEqual(short);
  });

  test("oidc", () => {
    const rows = tableOf(page, "oidc", "Default", "Means");
    const required = {
      "provider.issuer": "https://a.test",
      clientID: "a",
      "clientSecretRef.name": "b",
      "session.secretRef.name": "b",
    };
    const [full, short] = [fieldsOf(rows, required), nested(Object.entries(required))].map(
      (oidc) => edgePolicyOf({ targetRefs: [{ kind: "Edge" }], oidc })?.[0],
    );
    expect(full).toEqual(short);
    expect(full?.value).toMatchObject(DEFAULT_OIDC);
    const own = ["provider", "clientID", "clientSecretRef", "session", "cookieNames"];
    const inSession = ["absoluteTimeout", "idleTimeout"];
    const names = Object.keys(DEFAULT_OIDC).filter((name) => !inSession.includes(name));
    expect(topLevel(rows).sort()).toEqual([...own, ...names].sort());
  });

  test("bandwidthLimit", () => {
    const rows = tableOf(page, "bandwidthLimit", "Default", "Means");
    const [full, short] = [fieldsOf(rows, { rate: "1Gi" }), { rate: "1Gi" }].map((bandwidthLimit) =>
      edgePolicyOf({ targetRefs: [{ kind: "Edge" }], bandwidthLimit }),
    );
    expect(full).toEqual(short);
    expect(topLevel(rows)).toEqual(["rate", "after"]);
  });

  test("mirror", () => {
    const url = "https://copies.test";
    const rows = tableOf(page, "mirror", "Default", "Means");
    const settingOf = (mirror: object) => edgePolicyOf({ targetRefs: [{ kind: "Edge" }], mirror });
    expect(settingOf(fieldsOf(rows, { url }))).toEqual(settingOf({ url }));
    expect(topLevel(rows)).toEqual(["backendRef", "url", "percent", "body"]);
  });

  test("requestBody", () => {
    const rows = tableOf(page, "requestBody", "Default", "Means");
    const requestBody = fieldsOf(rows, { maxSize: "1024Gi" });
    const [setting] = edgePolicyOf({ targetRefs: [{ kind: "Edge" }], requestBody }) ?? [];
    expect(setting?.value).toEqual({ maxSize: 1024 ** 4 });
  });

  test("consistentHash and sessionPersistence", () => {
    const rows = tableOf(page, "Of these", "Default", "Means");
    const required = {
      "consistentHash.type": "Path",
      "sessionPersistence.sessionName": "a",
    };
    const balancing = { type: "ConsistentHash", ...fieldsOf(rows, required) };
    const shorter = { type: "ConsistentHash", ...nested(Object.entries(required)) };
    const [full, short] = [balancing, shorter].map((loadBalancing) =>
      edgePolicyOf({ targetRefs: [{ kind: "Edge" }], loadBalancing }),
    );
    expect(full).toEqual(short);
  });

  test("Cluster", () => {
    const rows = tableOf(page, "Cluster", "Default", "Means");
    const watched = ["circuitBreaker", "drain", "near", "priority", "region", "slowStart", "weight"];
    expect(topLevel(rows).sort()).toEqual(watched);
    const { serviceChecks: _, ...usual } = DEFAULT_CLUSTER;
    expect(clusterOf(fieldsOf(rows))?.upstream).toEqual(usual);
    expect(clusterOf(fieldsOf(rows))?.weight).toBe(clusterOf({})?.weight);
  });

  test("healthCheck", () => {
    const rows = tableOf(page, "healthCheck", "Default", "Means");
    const names = Object.keys(DEFAULT_HEALTH_CHECK).map((name) => name.replace("jitterPercent", "jitter"));
    expect(topLevel(rows).sort()).toEqual(names.sort());
    expect(clusterOf({ healthCheck: fieldsOf(rows) })?.upstream.healthCheck).toEqual(DEFAULT_HEALTH_CHECK);
  });

  test("outlierDetection", () => {
    const rows = tableOf(page, "outlierDetection", "Default", "Means");
    expect(topLevel(rows).sort()).toEqual(Object.keys(DEFAULT_CLUSTER.outlierDetection).sort());
    const written = clusterOf({ outlierDetection: fieldsOf(rows) })?.upstream.outlierDetection;
    expect(written).toEqual(DEFAULT_CLUSTER.outlierDetection);
  });
});

type Rows = ReturnType<typeof tableOf>;

function topLevel(rows: Rows): string[] {
  return [...new Set(rows.map(([name = ""]) => name.split(".")[0] ?? ""))];
}

/** The fields with their defaults as an object; those that have none stay out, or are as `required` says. */
function fieldsOf(rows: Rows, required: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const written = rows.flatMap(([name = "", value = ""]): [string, unknown][] => {
    if (name in required) return [[name, required[name]]];
    return /^(none|required)/.test(value) ? [] : [[name, parse(value)]];
  });
  return nested(written);
}

/** `a.b` as a field of a field. */
function nested(fields: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> {
  const whole: Record<string, unknown> = {};
  for (const [path, value] of fields) {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let inner = whole;
    for (const name of names) {
      inner[name] ??= {};
      inner = inner[name] as Record<string, unknown>;
    }
    inner[last] = value;
  }
  return whole;
}

function edgePolicyOf(spec: object) {
  return loaded("EdgePolicy", spec).edgePolicies[0]?.body.settings;
}

function clusterOf(spec: object) {
  return loaded("Cluster", spec).clusters[0]?.body;
}

/** A resource of ours; what is only warned of is valid. */
function loaded(kind: string, spec: object): ResourceSet {
  const text = JSON.stringify({ apiVersion: "edge-ingress.dev/v1alpha1", kind, metadata: { name: "a" }, spec });
  const { documents } = parseYaml({ name: "in.yaml", realPath: null, text });
  const { resources, diagnostics } = loadResources(documents, () => EVERY_CLUSTER);
  expect(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
  return resources;
}
