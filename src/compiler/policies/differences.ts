import { DEFAULT_API_KEY } from "../../table/policies/api-key.ts";
import type { Condition } from "../../table/policies/authorization.ts";
import { DEFAULT_CLIENT_CERTIFICATE } from "../../table/policies/client-certificate.ts";
import { DEFAULT_CORS } from "../../table/policies/cors.ts";
import type { ExternalAuth } from "../../table/policies/external-auth.ts";
import type { HeaderChange } from "../../table/policies/header-modifier.ts";
import { DEFAULT_JWT_PROVIDER, type JwtProvider } from "../../table/policies/jwt.ts";
import { DEFAULT_LOAD_BALANCING, DEFAULT_SESSION, type LoadBalancing } from "../../table/policies/load-balancing.ts";
import { DEFAULT_OIDC, type Oidc } from "../../table/policies/oidc.ts";
import { DEFAULT_RETRY } from "../../table/policies/retry.ts";
import type { Template } from "../../table/policies/template.ts";
import { NO_ACCESS_LISTS } from "../ir/access.ts";
import type { ConcurrencyLimit } from "../ir/concurrency-limit.ts";
import type { PolicySetting } from "../ir/policy.ts";
import type { RateLimit } from "../ir/rate-limit.ts";
import { DEFAULT_TIMEOUTS } from "../ir/rule.ts";
import { templateText } from "../resources/templates.ts";

/** What a setting changes of the defaults, as plain data in the units of the table. A fallback's body is only measured. */
export function differencesOf(setting: PolicySetting): Readonly<Record<string, unknown>> {
  switch (setting.field) {
    case "loadBalancing":
      return loadBalancingText(setting.value);
    case "retry":
      return differing(setting.value, DEFAULT_RETRY);
    case "timeouts":
      return differing(setting.value, DEFAULT_TIMEOUTS);
    case "fallback": {
      const { status, contentType, body } = setting.value;
      return { status, contentType, bodyBytes: Buffer.byteLength(body) };
    }
    case "authorization":
      return { rules: setting.value.rules.map(({ action, when }) => ({ action, when: askedBy(when) })) };
    case "cors":
      return differing(setting.value, DEFAULT_CORS);
    case "satisfy":
      return { satisfy: setting.value };
    case "access":
      return Object.fromEntries(
        Object.entries(differing(setting.value, NO_ACCESS_LISTS)).map(([name, list]) => [name, shortened(list)]),
      );
    case "jwt":
      return { providers: setting.value.providers.map(providerText) };
    case "apiKey":
      return differing(setting.value, DEFAULT_API_KEY);
    case "basicAuth": {
      const { secret, key, realm } = setting.value;
      return { secret: secret.name, key, realm };
    }
    case "oidc": {
      const { issuer, clientId, clientSecret, sessionKeys, name: _, ...more } = setting.value;
      const secrets = { clientSecret: secretText(clientSecret), sessionKeys: secretText(sessionKeys) };
      return { issuer, clientID: clientId, ...secrets, ...differing(more, DEFAULT_OIDC) };
    }
    case "headers": {
      const { request, response } = setting.value;
      return asked({ request: request.map(changeText), response: response.map(changeText) });
    }
    case "requestBody":
    case "bandwidthLimit":
      return setting.value;
    case "clientCertificate": {
      const { mode } = setting.value;
      return { mode, ...differing(setting.value, DEFAULT_CLIENT_CERTIFICATE) };
    }
    case "mirror": {
      const { service, path, body, percent } = setting.value;
      const to = `${service.scheme}://${service.hostname}:${service.port}`;
      return { service: to, path: templateText(path), body, percent };
    }
    case "externalAuth":
      return externalAuthText(setting.value);
    case "rateLimit":
      return rateLimitText(setting.value);
    case "concurrencyLimit":
      return concurrencyLimitText(setting.value);
  }
}

function secretText({ secret, key }: Oidc["clientSecret"]): Readonly<Record<string, string>> {
  return { secret: secret.name, key };
}

function loadBalancingText(value: LoadBalancing): Readonly<Record<string, unknown>> {
  const { consistentHash: hash, sessionPersistence: session } = value;
  const { template, ...plain } = hash ?? { template: [] };
  return {
    ...differing(value, DEFAULT_LOAD_BALANCING),
    ...(hash !== null && {
      consistentHash: template.length === 0 ? plain : { ...plain, name: templateText(template) },
    }),
    ...(session !== null && { sessionPersistence: differing(session, DEFAULT_SESSION) }),
  };
}

/** Without the value, which may hold what nobody else is to know. */
function changeText({ action, name }: HeaderChange): string {
  return `${action} ${name}`;
}

/** Without the query and the values of headers, which may hold what nobody else is to know. */
function externalAuthText(value: ExternalAuth | null): Readonly<Record<string, unknown>> {
  if (value === null) return { url: null };
  const { service, path, signIn, requestHeaders, requestRedirect, cache, ...more } = value;
  const host = service.hostname === "" ? "$host" : `${service.hostname}:${service.port}`;
  const scheme = service.scheme === "client" ? "$scheme" : service.scheme;
  const written = {
    url: `${scheme}://${host}${withoutQuery(path)}`,
    signIn: signIn === null ? null : withoutQuery(signIn),
    requestHeaders: requestHeaders.map(({ name }) => name),
    ...more,
    requestRedirect: requestRedirect === null ? null : withoutQuery(requestRedirect),
    cache: cache === null ? null : { key: templateText(cache.key), durations: cache.durations },
  };
  const isSaid = ([, each]: [string, unknown]) => each !== null && each !== false && JSON.stringify(each) !== "[]";
  return Object.fromEntries(Object.entries(written).filter(isSaid));
}

function withoutQuery(written: Template): string {
  return templateText(written).replace(/\?.*/s, "");
}

/** Written keys are counted: they are public, and long. */
function providerText(provider: JwtProvider): Readonly<Record<string, unknown>> {
  const { name, issuer, jwks, ...more } = provider;
  const keys = jwks.uri === "" ? { inline: jwks.keys.length } : { uri: jwks.uri };
  return { name, issuer, jwks: keys, ...differing(more, DEFAULT_JWT_PROVIDER) };
}

/** Of each limit what its user decides by. What it promises stands under `limits` of the report. */
function rateLimitText({ limits, quota, exempt, headers }: RateLimit): Readonly<Record<string, unknown>> {
  return {
    limits: limits.map(({ id, requests, period, burst, mode }) => ({ id, requests, period, burst, mode })),
    ...(quota !== null && { quota }),
    ...(exempt.length > 0 && { exempt: shortened(exempt) }),
    ...(!headers && { headers }),
  };
}

function concurrencyLimitText({ limits, exempt }: ConcurrencyLimit): Readonly<Record<string, unknown>> {
  return {
    limits: limits.map(({ id, maxRequests }) => ({ id, maxRequests })),
    ...(exempt.length > 0 && { exempt: shortened(exempt) }),
  };
}

const MOST_SHOWN = 20;

/** A list that is long would stand in the report once for each rule. */
function shortened(list: unknown): unknown {
  if (!Array.isArray(list) || list.length <= MOST_SHOWN) return list;
  return [...list.slice(0, MOST_SHOWN), `and ${list.length - MOST_SHOWN} more`];
}

/** What a condition asks, without what it does not. */
function askedBy({ all, any, not, principal, ...more }: Condition): Readonly<Record<string, unknown>> {
  return {
    ...(principal !== null && { principal: asked(principal) }),
    ...asked(more),
    ...asked({ all: all.map(askedBy), any: any.map(askedBy) }),
    ...(not !== null && { not: askedBy(not) }),
  };
}

function asked(lists: Readonly<Record<string, readonly unknown[]>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

function differing(value: object, usual: object): Readonly<Record<string, unknown>> {
  const defaults = new Map<string, unknown>(Object.entries(usual));
  const differ = ([name, written]: [string, unknown]) => JSON.stringify(written) !== JSON.stringify(defaults.get(name));
  return Object.fromEntries(Object.entries(value).filter(differ));
}
