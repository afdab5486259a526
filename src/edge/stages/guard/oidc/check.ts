import type { Oidc } from "../../../../table/policies/oidc.ts";
import type { RulePolicies } from "../../../../table/policies/rule-policies.ts";
import { PROBLEMS, type Problem } from "../../../problem.ts";
import type { Visit } from "../../visit.ts";
import type { Check, Denied, Verdict } from "../check.ts";
import { UNDECIDED, unauthorized } from "../denied.ts";
import { tellClaims } from "../tell-claims.ts";
import { beginLogin, finishLogin } from "./login.ts";
import { logOut } from "./logout.ts";
import { currentSession } from "./session.ts";

/** No scheme is registered for logins; one must be named (RFC 9110 §11.6.1). */
const CHALLENGE = "OpenIDConnect";

/** A request must be of a browser whose user has logged in at the provider; pages lead there. */
export function oidcCheck({ oidc: policy }: RulePolicies): Check | null {
  if (policy === null) return null;
  return { judge: (visit) => judge(visit, policy), signIn: (visit) => beginLogin(visit, policy) };
}

async function judge(visit: Visit, policy: Oidc): Promise<Verdict> {
  const { path } = visit.target;
  // The compiler gives these paths rules of their own, which no cluster answers.
  if (path === policy.redirectPath) return answered(await finishLogin(visit, policy));
  if (path === policy.logoutPath) return answered(await logOut(visit, policy));
  const session = await currentSession(policy, visit);
  if (session === null) return unauthorized(visit, CHALLENGE);
  if (session === "undecided") return UNDECIDED;
  const { claims, access } = session;
  return {
    allowed: true,
    identity: { by: "oidc", provider: policy.issuer, subject: String(claims.sub), claims },
    apply: () => {
      tellClaims(visit, policy.claimsToHeaders, claims);
      if (access !== null) visit.toCluster.set("authorization", `Bearer ${access}`);
    },
  };
}

function answered(answer: Response | Problem): Denied {
  return { allowed: false, status: typeof answer === "string" ? PROBLEMS[answer].status : answer.status, answer };
}
