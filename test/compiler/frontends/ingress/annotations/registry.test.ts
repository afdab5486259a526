import { describe, expect, test } from "vitest";
import {
  families,
  nearestEntry,
  registry,
} from "../../../../../src/compiler/frontends/ingress/annotations/registry.ts";

/** Every annotation of ingress-nginx 1.15.1 with its class, written down apart from the registry. */
const KNOWN = [
  // Matching and rewriting
  ["use-regex", "E"],
  ["rewrite-target", "E"],
  ["app-root", "E"],
  ["preserve-trailing-slash", "E"],
  ["enable-rewrite-log", "C"],
  ["x-forwarded-prefix", "E"],
  // Redirects
  ["ssl-redirect", "E"],
  ["force-ssl-redirect", "E"],
  ["use-port-in-redirects", "E"],
  ["permanent-redirect", "E"],
  ["permanent-redirect-code", "E"],
  ["temporal-redirect", "E"],
  ["temporal-redirect-code", "E"],
  ["relative-redirects", "E"],
  ["from-to-www-redirect", "E"],
  ["proxy-redirect-from", "P"],
  ["proxy-redirect-to", "P"],
  // Canary
  ["canary", "E"],
  ["canary-by-header", "E"],
  ["canary-by-header-value", "E"],
  ["canary-by-header-pattern", "P"],
  ["canary-by-cookie", "E"],
  ["canary-weight", "E"],
  ["canary-weight-total", "E"],
  ["affinity-canary-behavior", "P"],
  // Authentication
  ["auth-type", "P"],
  ["auth-secret", "E"],
  ["auth-secret-type", "E"],
  ["auth-realm", "E"],
  ["auth-url", "E"],
  ["auth-method", "E"],
  ["auth-signin", "E"],
  ["auth-signin-redirect-param", "E"],
  ["auth-response-headers", "E"],
  ["auth-request-redirect", "E"],
  ["auth-proxy-set-headers", "E"],
  ["auth-cache-key", "P"],
  ["auth-cache-duration", "E"],
  ["auth-always-set-cookie", "E"],
  ["auth-keepalive", "C"],
  ["auth-keepalive-requests", "C"],
  ["auth-keepalive-timeout", "C"],
  ["auth-keepalive-share-vars", "C"],
  ["auth-snippet", "N"],
  ["enable-global-auth", "E"],
  ["satisfy", "E"],
  ["auth-tls-secret", "P"],
  ["auth-tls-verify-client", "P"],
  ["auth-tls-verify-depth", "N"],
  ["auth-tls-error-page", "P"],
  ["auth-tls-pass-certificate-to-upstream", "P"],
  ["auth-tls-match-cn", "P"],
  // Access lists and rate limits
  ["allowlist-source-range", "E"],
  ["whitelist-source-range", "E"],
  ["denylist-source-range", "E"],
  ["limit-rps", "P"],
  ["limit-rpm", "P"],
  ["limit-burst-multiplier", "P"],
  ["limit-connections", "P"],
  ["limit-rate", "P"],
  ["limit-rate-after", "P"],
  ["limit-allowlist", "E"],
  ["limit-whitelist", "E"],
  // CORS
  ["enable-cors", "E"],
  ["cors-allow-origin", "E"],
  ["cors-allow-methods", "E"],
  ["cors-allow-headers", "E"],
  ["cors-expose-headers", "E"],
  ["cors-allow-credentials", "E"],
  ["cors-max-age", "E"],
  // Backend choice, errors, load balancing
  ["default-backend", "P"],
  ["custom-http-errors", "E"],
  ["disable-proxy-intercept-errors", "E"],
  ["backend-protocol", "P"],
  ["upstream-vhost", "P"],
  ["connection-proxy-header", "C"],
  ["custom-headers", "E"],
  ["load-balance", "C"],
  ["upstream-hash-by", "P"],
  ["upstream-hash-by-subset", "C"],
  ["upstream-hash-by-subset-size", "C"],
  ["service-upstream", "C"],
  ["proxy-next-upstream", "P"],
  ["proxy-next-upstream-timeout", "P"],
  ["proxy-next-upstream-tries", "P"],
  // Session affinity
  ["affinity", "P"],
  ["affinity-mode", "C"],
  ["session-cookie-name", "P"],
  ["session-cookie-path", "P"],
  ["session-cookie-domain", "P"],
  ["session-cookie-expires", "P"],
  ["session-cookie-max-age", "P"],
  ["session-cookie-samesite", "P"],
  ["session-cookie-conditional-samesite-none", "P"],
  ["session-cookie-secure", "P"],
  ["session-cookie-change-on-failure", "P"],
  // Proxy settings
  ["proxy-body-size", "E"],
  ["proxy-connect-timeout", "P"],
  ["proxy-read-timeout", "P"],
  ["proxy-send-timeout", "P"],
  ["proxy-http-version", "N"],
  ["proxy-cookie-domain", "E"],
  ["proxy-cookie-path", "E"],
  ["proxy-buffering", "C"],
  ["proxy-request-buffering", "C"],
  ["proxy-buffers-number", "C"],
  ["proxy-buffer-size", "C"],
  ["proxy-busy-buffers-size", "C"],
  ["proxy-max-temp-file-size", "C"],
  ["client-body-buffer-size", "C"],
  ["http2-push-preload", "N"],
  ["enable-access-log", "P"],
  // Upstream TLS, mTLS, passthrough
  ["proxy-ssl-secret", "N"],
  ["proxy-ssl-verify", "N"],
  ["proxy-ssl-verify-depth", "N"],
  ["proxy-ssl-ciphers", "N"],
  ["proxy-ssl-protocols", "N"],
  ["proxy-ssl-name", "N"],
  ["proxy-ssl-server-name", "N"],
  ["ssl-passthrough", "N"],
  ["ssl-ciphers", "N"],
  ["ssl-prefer-server-ciphers", "N"],
  // Server, mirror, snippets, WAF, telemetry
  ["server-alias", "E"],
  ["mirror-target", "E"],
  ["mirror-request-body", "P"],
  ["mirror-host", "P"],
  ["configuration-snippet", "N"],
  ["server-snippet", "N"],
  ["stream-snippet", "N"],
  ["enable-modsecurity", "N"],
  ["enable-owasp-core-rules", "N"],
  ["modsecurity-transaction-id", "N"],
  ["modsecurity-snippet", "N"],
  ["enable-opentelemetry", "P"],
  ["opentelemetry-trust-incoming-span", "P"],
  ["opentelemetry-operation-name", "P"],
  ["fastcgi-index", "N"],
  ["fastcgi-params-configmap", "N"],
] as const;

describe("the registry", () => {
  test.each(KNOWN)("has %s in class %s", (name, expected) => {
    expect(registry.get(name)?.class).toBe(expected);
  });

  test("has nothing else, and nothing twice", () => {
    const names = families.flatMap((family) => family.entries.map((entry) => entry.name));
    expect(names.toSorted()).toEqual(KNOWN.map(([name]) => name).toSorted());
    expect(names).toHaveLength(138);
  });

  test("lets no annotation guard that is left to the cluster: it would be an info", () => {
    const contradictory = [...registry.values()].filter((entry) => entry.guards && entry.class === "C");
    expect(contradictory).toEqual([]);
  });

  test("has a sentence for each", () => {
    for (const entry of registry.values()) expect(entry.summary, entry.name).toMatch(/^\S.{8,100}\.$/);
  });

  test("does not list values as inert that its own reader takes", () => {
    for (const { name, inert, read } of registry.values()) {
      for (const value of inert ?? []) {
        const effect = read?.parse(value);
        expect(effect?.ok && Object.keys(effect.effect).length > 0, `${name}: ${value}`).not.toBe(true);
      }
    }
  });
});

describe("what guards", () => {
  test.each([
    ...["auth-url", "auth-type", "auth-secret", "auth-tls-secret", "auth-tls-match-cn", "satisfy"],
    ...["allowlist-source-range", "whitelist-source-range", "denylist-source-range"],
    ...["limit-rps", "limit-rpm", "limit-connections", "limit-rate", "proxy-body-size"],
    ...["enable-modsecurity", "modsecurity-snippet", "enable-owasp-core-rules"],
    ...["configuration-snippet", "server-snippet", "stream-snippet", "auth-snippet"],
  ])("%s", (name) => {
    expect(registry.get(name)?.guards).toBe(true);
  });

  test.each(["rewrite-target", "enable-cors", "canary", "ssl-redirect", "auth-keepalive", "enable-global-auth"])(
    "is not %s",
    (name) => {
      expect(registry.get(name)?.guards).toBe(false);
    },
  );
});

describe("the nearest name", () => {
  test.each([
    ["auht-url", "auth-url"],
    ["Auth-URL", "auth-url"],
    ["rewrite-targets", "rewrite-target"],
    ["whitelist-source-ranges", "whitelist-source-range"],
    ["limit-rp", "limit-rps"],
    ["canary-wieght", "canary-weight"],
  ])("to %s is %s", (typed, known) => {
    expect(nearestEntry(typed)?.name).toBe(known);
  });

  test.each(["secure-backends", "x", "", "influxdb-host"])("to %s is none", (typed) => {
    expect(nearestEntry(typed)).toBeNull();
  });
});

test("of each annotation that can't be honoured there is a sentence on what to do instead, and of no other", () => {
  const without = families.flatMap(({ entries }) =>
    entries.filter((entry) => (entry.class === "N") !== /^[A-Z].*\.$/.test(entry.instead ?? "")),
  );
  expect(without.map(({ name }) => name)).toEqual([]);
});
