import { expect, test } from "vitest";
import { isAsStrict } from "../../../src/compiler/diff/strictness.ts";
import { DEFAULT_API_KEY } from "../../../src/table/policies/api-key.ts";
import { DEFAULT_CLIENT_CERTIFICATE } from "../../../src/table/policies/client-certificate.ts";
import { DEFAULT_JWT_PROVIDER } from "../../../src/table/policies/jwt.ts";
import type { RateLimit } from "../../../src/table/policies/rate-limit.ts";
import { DEFAULT_RULE_POLICIES, type RulePolicies } from "../../../src/table/policies/rule-policies.ts";

const policies = (more: Partial<RulePolicies>): RulePolicies => ({ ...DEFAULT_RULE_POLICIES, ...more });

const NOBODY = { v4: [], v6: [] };
type Terms = RateLimit["limits"][number];
const TERMS: Terms = {
  id: "a",
  name: "a",
  requests: 10,
  period: 1_000,
  burst: 10,
  cost: 1,
  key: [],
  ipv6Prefix: 64,
  mode: "exact",
  mostHeld: 0,
  binding: "",
  onFailure: "open",
  deadline: 100,
  shadow: false,
  status: 429,
  shards: 1,
  locationHint: "",
  priority: [],
};
const rate = (...limits: readonly Partial<Terms>[]): Partial<RulePolicies> => ({
  rateLimit: { limits: limits.map((more) => ({ ...TERMS, ...more })), quota: null, exempt: NOBODY, headers: true },
});
const slots = (maxRequests: number): Partial<RulePolicies> => {
  const { requests: _, period: __, burst: ___, cost: ____, mode: _____, ...terms } = TERMS;
  const { mostHeld: ______, binding: _______, priority: ________, ...limit } = terms;
  return { concurrencyLimit: { limits: [{ ...limit, maxRequests }], exempt: NOBODY } };
};
const certificate = (more: Partial<RulePolicies["clientCertificate"]>): Partial<RulePolicies> => ({
  clientCertificate: { ...DEFAULT_CLIENT_CERTIFICATE, ...more },
});
const provider = (name: string) => ({ name, issuer: name, jwks: { uri: "u", keys: [] }, ...DEFAULT_JWT_PROVIDER });
const users = (key: string, realm: string) => ({ basicAuth: { secret: { name: "a/b", binding: "S" }, key, realm } });

test.each<[string, keyof RulePolicies, Partial<RulePolicies>, Partial<RulePolicies>]>([
  ["fewer requests", "rateLimit", rate({ requests: 10 }), rate({ requests: 9 })],
  ["a limit more", "rateLimit", rate({}), rate({ id: "b" }, {})],
  ["a limit that is no longer tried out", "rateLimit", rate({ shadow: true }), rate({})],
  ["a smaller body", "requestBody", { requestBody: { maxSize: 9 } }, { requestBody: { maxSize: 8 } }],
  [
    "slower answers",
    "bandwidthLimit",
    { bandwidthLimit: { rate: 9, after: 1, onlyServices: true } },
    { bandwidthLimit: { rate: 8, after: 1, onlyServices: false } },
  ],
  ["fewer at a time", "concurrencyLimit", slots(3), slots(2)],
  ["scopes more", "apiKey", { apiKey: DEFAULT_API_KEY }, { apiKey: { ...DEFAULT_API_KEY, scopes: ["a"] } }],
  [
    "a provider less",
    "jwt",
    { jwt: { providers: [provider("a"), provider("b")] } },
    { jwt: { providers: [provider("b")] } },
  ],
  ["another realm", "basicAuth", users("auth", "one"), users("auth", "two")],
  ["a certificate that has to be there", "clientCertificate", certificate({ mode: "Optional" }), certificate({})],
  ["fewer subjects", "clientCertificate", certificate({ subjects: ["a", "b"] }), certificate({ subjects: ["a"] })],
])("%s is as strict, and the other way round is not", (name, field, was, is) => {
  expect(isAsStrict(field, policies(was), policies(is))).toBe(true);
  expect(isAsStrict(field, policies(is), policies(was))).toBe(name === "another realm");
});

test.each<[string, keyof RulePolicies, Partial<RulePolicies>, Partial<RulePolicies>]>([
  ["of a limit that goes", "rateLimit", rate({}), rate({ id: "b" })],
  ["of another key", "rateLimit", rate({}), rate({ key: [{ by: "path", name: "" }] })],
  ["of another period", "rateLimit", rate({}), rate({ period: 500, requests: 5 })],
  ["of no provider", "jwt", { jwt: { providers: [provider("a")] } }, { jwt: { providers: [] } }],
  ["of another Secret's key", "basicAuth", users("auth", "one"), users("other", "one")],
  ["of a list of subjects that is gone", "clientCertificate", certificate({ subjects: ["a"] }), certificate({})],
  ["of rules", "authorization", { authorization: { rules: [] } }, { authorization: { rules: [] } }],
])("nothing is shown %s", (_, field, was, is) => {
  expect(isAsStrict(field, policies(was), policies(is))).toBe(false);
});
