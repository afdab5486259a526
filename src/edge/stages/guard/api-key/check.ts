import type { ApiKey } from "../../../../table/policies/api-key.ts";
import type { RulePolicies } from "../../../../table/policies/rule-policies.ts";
import { logRefusal } from "../../../observe/refusals.ts";
import type { Visit } from "../../visit.ts";
import type { Check, Verdict } from "../check.ts";
import { findCredential, withholdCredentials } from "../credentials.ts";
import { UNDECIDED, unauthorized } from "../denied.ts";
import { ApiKeys } from "./keys.ts";

/** No scheme is registered for keys; one must be named (RFC 9110 §11.6.1). */
const CHALLENGE = "ApiKey";

/** One for the isolate: all rules read the same namespace. */
const keys = new ApiKeys();

/** Keys of `edge-ingress keys`: a request must have one with all the scopes that the rule asks for. */
export function apiKeyCheck({ apiKey }: RulePolicies): Check | null {
  if (apiKey === null) return null;
  return {
    judge: (visit) => judge(visit, apiKey),
    withhold: (visit, taken) => withholdCredentials(visit, apiKey.from, taken),
  };
}

async function judge(visit: Visit, policy: ApiKey): Promise<Verdict> {
  const { requestId } = visit;
  const found = findCredential(visit, policy.from);
  if (found === "absent") return unauthorized(visit, CHALLENGE);
  if (found === "repeated") {
    logRefusal({ by: "api-key", reason: "several keys at one place", requestId });
    return unauthorized(visit, CHALLENGE);
  }
  const opinion = await keys.judge(found.value, visit.env);
  if (!opinion.valid) {
    const { reason, id } = opinion;
    logRefusal({ by: "api-key", reason, requestId, ...(id !== undefined && { of: id }) });
    return opinion.isUndecided ? UNDECIDED : unauthorized(visit, CHALLENGE);
  }
  const { id, record } = opinion;
  const missing = policy.scopes.filter((scope) => !record.scopes.includes(scope));
  if (missing.length > 0) {
    logRefusal({ by: "api-key", reason: `without the scope ${missing[0]}`, requestId, of: id });
    return { allowed: false, status: 403, answer: "forbidden" };
  }
  const { owner, scopes, plan } = record;
  return {
    allowed: true,
    identity: { by: "apiKey", subject: owner, claims: { id, owner, scopes, plan } },
    taken: found.source,
    apply: () => {
      withholdCredentials(visit, policy.from, policy.forward ? found.source : null);
      if (policy.ownerHeader !== "") visit.toCluster.set(policy.ownerHeader, owner);
    },
  };
}
