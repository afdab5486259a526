import type { RulePolicies } from "./rule-policies.ts";

/**
 * Fields that keep requests out. What would leave one of them without effect is an error, and the answers of a rule that
 * has one are for those alone whom it lets in. A new guard is a line here.
 */
export const GUARD_FIELDS = [
  "access",
  "apiKey",
  "authorization",
  "basicAuth",
  "clientCertificate",
  "externalAuth",
  "jwt",
  "oidc",
] as const satisfies readonly (keyof RulePolicies)[];
