import { expect, test } from "vitest";
import { looksLikeGuard } from "../../../../../src/compiler/frontends/ingress/annotations/guard-names.ts";

test.each([
  ...["auth-url", "basicauth", "forwardAuth", "example.com/oauth2-proxy", "allowed-ips", "deny-list", "disallow"],
  ...["whitelist", "blacklist-source-range", "limit-req", "rate-limit", "rateLimit", "requestRate", "ratelimiting"],
  ...["auth-secret", "client-cert", "verify-certificate", "jwt-key", "oidc-issuer", "waf", "wafv2-acl-arn", "csrf"],
  ...["source-range", "source.range", "policies", "security-policy", "server-snippets", "cidrs", "middlewares"],
  ...["authority", "require-mTLS", "sourceRange", "useWAF"],
])("%s looks like a guard", (name) => {
  expect(looksLikeGuard(name)).toBe(true);
});

test.each([
  ...["strategy", "generate-host", "oracle-tns", "delimiter", "author", "authors", "unlimited", "rewrite-target"],
  ...["timeout", "protocol", "description", "example.com/owner", "concert"],
])("%s does not", (name) => {
  expect(looksLikeGuard(name)).toBe(false);
});
