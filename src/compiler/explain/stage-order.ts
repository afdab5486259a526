import type { PolicyField } from "../ir/policy.ts";
import type { RuleReport } from "./explanation.ts";

/**
 * The order in which a request meets what policies say (`src/edge/stages/chain.ts`, which the compiler may not read), and
 * then the way to the cluster. Each field is here: the type sees to that.
 */
const ORDER = {
  clientCertificate: 1,
  requestBody: 5,
  cors: 10,
  concurrencyLimit: 19,
  rateLimit: 20,
  satisfy: 30,
  access: 31,
  basicAuth: 32,
  externalAuth: 33,
  jwt: 34,
  apiKey: 35,
  oidc: 36,
  authorization: 40,
  headers: 50,
  bandwidthLimit: 64,
  mirror: 65,
  timeouts: 60,
  loadBalancing: 61,
  retry: 62,
  fallback: 63,
} as const satisfies Readonly<Record<PolicyField, number>>;

/** Where there is no handshake in which one could be asked for. */
const CERTIFICATE_WITHOUT_TLS = 25;

/** The policies of a rule in the order in which they act on a request that came over TLS, or without. */
export function inStageOrder(policies: RuleReport["policies"], overTls: boolean): RuleReport["policies"] {
  const place = (field: PolicyField) =>
    field === "clientCertificate" && !overTls ? CERTIFICATE_WITHOUT_TLS : ORDER[field];
  return [...policies].sort((a, b) => place(a.field) - place(b.field));
}
