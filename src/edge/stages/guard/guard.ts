import type { RulePolicies } from "../../../table/policies/rule-policies.ts";
import type { Stage } from "../chain.ts";
import type { Visit } from "../visit.ts";
import { accessCheck } from "./access.ts";
import { apiKeyCheck } from "./api-key/check.ts";
import { basicCheck } from "./basic/check.ts";
import type { Allowed, Check, CheckFactory, Denied } from "./check.ts";
import { externalAuthCheck } from "./external-auth/check.ts";
import { jwtCheck } from "./jwt/check.ts";
import { oidcCheck } from "./oidc/check.ts";

/** Every check, in the order in which requests meet them: the cheap ones first, as in ingress-nginx. */
const CHECKS: readonly CheckFactory[] = [accessCheck, basicCheck, externalAuthCheck, jwtCheck, apiKeyCheck, oidcCheck];

/** The guard of a rule: lets in whom all of its checks allow, or any of them where `satisfy` says so. */
export function guard(policies: RulePolicies): Stage | null {
  const checks = CHECKS.map((make) => make(policies)).filter((check) => check !== null);
  if (checks.length === 0) return null;
  const ask = policies.satisfy === "any" ? askAny : askAll;
  const signIn = checks.find((check) => check.signIn !== undefined)?.signIn;
  return {
    async handle(visit) {
      const denied = await ask(checks, visit);
      if (denied?.status === 401 && signIn !== undefined) return (await signIn(visit)) ?? denied.answer;
      return denied?.answer ?? null;
    },
  };
}

async function askAll(checks: readonly Check[], visit: Visit): Promise<Denied | null> {
  for (const check of checks) {
    const verdict = await check.judge(visit);
    if (!verdict.allowed) return verdict;
    admit(verdict, visit);
  }
  return null;
}

/**
 * Where none allows: 401 if one asked for credentials, else the first answer (ingress-nginx, `satisfy: any`). Where all
 * abstain, nothing keeps the request out.
 */
async function askAny(checks: readonly Check[], visit: Visit): Promise<Denied | null> {
  let denied: Denied | null = null;
  for (const check of checks) {
    const verdict = await check.judge(visit);
    if (verdict.allowed) {
      if (verdict.abstains) continue;
      // Before its own changes, for it may put something of its own in the same place.
      for (const other of checks) if (other !== check) other.withhold?.(visit, verdict.taken ?? null);
      admit(verdict, visit);
      return null;
    }
    if (denied === null || (verdict.status === 401 && denied.status !== 401)) denied = verdict;
  }
  return denied;
}

function admit({ identity, apply }: Allowed, visit: Visit): void {
  if (identity !== undefined) visit.identities.push(identity);
  apply?.(visit);
}
