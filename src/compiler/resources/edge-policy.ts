import * as z from "zod";
import { closest } from "../diagnostics/suggest.ts";
import type { PolicySetting } from "../ir/policy.ts";
import { access } from "./edge-policy-access.ts";
import { apiKey } from "./edge-policy-api-key.ts";
import { authorization } from "./edge-policy-authorization.ts";
import { bandwidthLimit } from "./edge-policy-bandwidth-limit.ts";
import { basicAuth, basicAuthIn } from "./edge-policy-basic-auth.ts";
import { clientCertificate } from "./edge-policy-client-certificate.ts";
import { concurrencyLimit, concurrencyLimitIn } from "./edge-policy-concurrency-limit.ts";
import { cors } from "./edge-policy-cors.ts";
import { externalAuth } from "./edge-policy-external-auth.ts";
import { fallback } from "./edge-policy-fallback.ts";
import { headerModifiers } from "./edge-policy-headers.ts";
import { jwt } from "./edge-policy-jwt.ts";
import { loadBalancing } from "./edge-policy-load-balancing.ts";
import { mirror, mirrorIn } from "./edge-policy-mirror.ts";
import { oidc, oidcIn } from "./edge-policy-oidc.ts";
import { rateLimit, rateLimitIn } from "./edge-policy-rate-limit.ts";
import { requestBody } from "./edge-policy-request-body.ts";
import { retry } from "./edge-policy-retry.ts";
import { targetRef } from "./edge-policy-targets.ts";
import { timeouts } from "./edge-policy-timeouts.ts";
import { edgePolicyWarnings } from "./edge-policy-warnings.ts";
import { type Kind, objectFields, parseObject } from "./kind.ts";
import { dnsSubdomain } from "./names.ts";
import type { Metadata } from "./resource.ts";
import { between, exactly, type Fields, oneOf, quote, type Report, rule } from "./schema.ts";

const METADATA = { name: dnsSubdomain, namespaced: true };

const satisfy = oneOf(["all", "any"]);

/** What a policy may set. A new one is a schema, a line here and one in `PolicyValues`. */
const SETTINGS = {
  loadBalancing,
  retry,
  fallback,
  timeouts,
  requestBody,
  bandwidthLimit,
  satisfy,
  access,
  authorization,
  cors,
  jwt,
  apiKey,
  externalAuth,
  basicAuth,
  oidc,
  headers: headerModifiers,
  rateLimit,
  concurrencyLimit,
  clientCertificate,
  mirror,
} as const;

const spec = z
  .looseObject({
    targetRefs: z
      .array(targetRef)
      .check(rule(oneAtLeast))
      .describe("What the policy is for: Ingresses, Services, hosts, paths of hosts, or the whole edge."),
    loadBalancing: loadBalancing
      .nullish()
      .describe("How a cluster is chosen: locality, consistent hash, session affinity."),
    retry: retry.nullish().describe("When a request goes to the next cluster, and how often."),
    fallback: fallback.nullish().describe("What answers when no cluster can."),
    timeouts: timeouts.nullish().describe("How long a request and each attempt of it may take."),
    requestBody: requestBody.optional().describe("The largest body that is let through; larger ones get 413."),
    bandwidthLimit: bandwidthLimit.optional().describe("Bytes a second of each answer."),
    jwt: jwt.optional().describe("JSON Web Tokens that a request must carry."),
    apiKey: apiKey.optional().describe("API keys that a request must carry."),
    satisfy: satisfy.optional().describe("Whether all guards must admit a request, or any one."),
    access: access.optional().describe("Client addresses that are admitted or refused."),
    authorization: authorization.optional().describe("Rules over who asked for what, after authentication."),
    cors: cors.optional().describe("Cross-origin requests that browsers may make."),
    externalAuth: externalAuth.optional().describe("A service of yours that is asked whether a request may pass."),
    basicAuth: basicAuth.optional().describe("User names and passwords (RFC 7617)."),
    oidc: oidc.optional().describe("A login by OpenID Connect."),
    headers: headerModifiers.optional().describe("Header fields that are set, added or removed."),
    rateLimit: rateLimit.optional().describe("How many requests a key may make in a period."),
    concurrencyLimit: concurrencyLimit.optional().describe("How many requests of a key may be under way at a time."),
    clientCertificate: clientCertificate
      .optional()
      .describe("Client certificates that a request must come with (mTLS)."),
    mirror: mirror.optional().describe("Where a copy of requests goes that are let through."),
  })
  .meta({ additionalProperties: false })
  .check(between(onlyHonoured));

export const edgePolicySchema = exactly({ ...objectFields(METADATA), spec });

/** edge-ingress.dev/v1alpha1 EdgePolicy: policy attachment as in Gateway API (GEP-713). */
export const edgePolicy: Kind<"edgePolicies"> = {
  set: "edgePolicies",
  apiVersion: "edge-ingress.dev/v1alpha1",
  kind: "EdgePolicy",
  scoped: true,
  parse(document) {
    const parsed = parseObject(document, edgePolicySchema, METADATA, ({ spec: written }, metadata) => ({
      targetRefs: written.targetRefs,
      settings: settingsOf(written, metadata),
    }));
    if (parsed.value === null) return parsed;
    return { ...parsed, diagnostics: [...parsed.diagnostics, ...edgePolicyWarnings(document, parsed.value.body)] };
  },
};

function settingsOf(written: z.output<typeof spec>, metadata: Metadata): PolicySetting[] {
  const settings: (PolicySetting | null)[] = [
    written.loadBalancing ? { field: "loadBalancing", value: written.loadBalancing } : null,
    written.retry ? { field: "retry", value: written.retry } : null,
    written.fallback ? { field: "fallback", value: written.fallback } : null,
    written.timeouts ? { field: "timeouts", value: written.timeouts } : null,
    written.requestBody ? { field: "requestBody", value: written.requestBody } : null,
    written.bandwidthLimit ? { field: "bandwidthLimit", value: written.bandwidthLimit } : null,
    written.jwt ? { field: "jwt", value: written.jwt } : null,
    written.apiKey ? { field: "apiKey", value: written.apiKey } : null,
    written.satisfy ? { field: "satisfy", value: written.satisfy } : null,
    written.access ? { field: "access", value: written.access } : null,
    written.authorization ? { field: "authorization", value: written.authorization } : null,
    written.cors ? { field: "cors", value: written.cors } : null,
    written.externalAuth ? { field: "externalAuth", value: written.externalAuth } : null,
    written.headers ? { field: "headers", value: written.headers } : null,
    written.basicAuth ? { field: "basicAuth", value: basicAuthIn(metadata.namespace, written.basicAuth) } : null,
    written.rateLimit ? { field: "rateLimit", value: rateLimitIn(metadata, written.rateLimit) } : null,
    written.concurrencyLimit
      ? { field: "concurrencyLimit", value: concurrencyLimitIn(metadata, written.concurrencyLimit) }
      : null,
    written.oidc ? { field: "oidc", value: oidcIn(metadata, written.oidc) } : null,
    written.clientCertificate ? { field: "clientCertificate", value: written.clientCertificate } : null,
    written.mirror ? { field: "mirror", value: mirrorIn(metadata, written.mirror) } : null,
  ];
  return settings.filter((setting) => setting !== null);
}

function oneAtLeast(targets: readonly unknown[], report: Report): void {
  if (targets.length === 0) report({ code: "EI1250", message: "targetRefs must have at least one target" });
}

/** What other fields would say may be a guard, so they are never passed over. */
function onlyHonoured(fields: Fields, report: Report): void {
  const known = ["targetRefs", ...Object.keys(SETTINGS)];
  for (const key of Object.keys(fields)) {
    if (known.includes(key)) continue;
    const near = closest(key, known);
    report({
      code: "EI1230",
      message: `spec.${/^\w+$/.test(key) ? key : quote(key)} is not honoured, and its routes are not published without it`,
      path: [key],
      part: "key",
      ...(near !== null && { fix: `Write \`${near}\` if that is what is meant, or remove the field.` }),
    });
  }
}
