import { readAuthMap, readHtpasswd } from "../../../../table/htpasswd.ts";
import type { BasicAuth } from "../../../../table/policies/basic-auth.ts";
import type { CredentialSource } from "../../../../table/policies/credential-source.ts";
import type { RulePolicies } from "../../../../table/policies/rule-policies.ts";
import { logRefusal } from "../../../observe/refusals.ts";
import { readSecret, reportSecret, type SecretContent } from "../../../secrets.ts";
import type { Visit } from "../../visit.ts";
import type { Check, Verdict } from "../check.ts";
import { UNDECIDED, unauthorized } from "../denied.ts";
import { Users } from "./users.ts";

const AUTHORIZATION: CredentialSource = { in: "header", name: "authorization", prefix: "Basic " };

/** Users and passwords of a Secret (RFC 7617), with the semantics of `auth-type: basic` of ingress-nginx. */
export function basicCheck({ basicAuth }: RulePolicies): Check | null {
  if (basicAuth === null) return null;
  const challenge = `Basic realm="${basicAuth.realm}"`;
  return { judge: (visit) => judge(visit, basicAuth, challenge) };
}

async function judge(visit: Visit, policy: BasicAuth, challenge: string): Promise<Verdict> {
  const secret = readSecret(policy.secret, visit);
  const content = secret instanceof Promise ? await secret : secret;
  const users = content === null ? null : usersIn(content, policy);
  if (users === null) return UNDECIDED;
  const header = visit.request.headers.get("authorization");
  if (header === null) return unauthorized(visit, challenge);
  const opinion = await users.judge(header, visit.client.address, visit.waitUntil);
  if (opinion === "tooMany") return { allowed: false, status: 429, answer: "tooMany" };
  if (opinion.user !== null) {
    return { allowed: true, identity: { by: "basic", subject: opinion.user, claims: {} }, taken: AUTHORIZATION };
  }
  if (opinion.tried) logRefusal({ by: "basic", reason: "wrong user or password", requestId: visit.requestId });
  return unauthorized(visit, challenge);
}

/** By the content, then by the key: what was found of one Secret never counts for another, nor after a change. */
const known = new WeakMap<SecretContent, Map<string | null, Users>>();

/** Null where the Secret lacks the key. */
function usersIn(content: SecretContent, { secret, key }: BasicAuth): Users | null {
  let ofContent = known.get(content);
  if (ofContent === undefined) {
    ofContent = new Map();
    known.set(content, ofContent);
  }
  const before = ofContent.get(key);
  if (before !== undefined) return before;
  const file = key === null ? null : content.values.get(key);
  if (file === undefined) {
    reportSecret(secret, `it has no key ${key}`);
    return null;
  }
  const users = new Users(file === null ? readAuthMap(content.values) : readHtpasswd(file));
  ofContent.set(key, users);
  return users;
}
