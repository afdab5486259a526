import type { RulePolicies } from "../../../../table/policies/rule-policies.ts";
import { logRefusal } from "../../../observe/refusals.ts";
import type { Visit } from "../../visit.ts";
import type { Check, Verdict } from "../check.ts";
import { findCredential, withholdCredentials } from "../credentials.ts";
import { UNDECIDED, unauthorized } from "../denied.ts";
import { tellClaims } from "../tell-claims.ts";
import { Provider } from "./provider.ts";

/** JSON Web Tokens (RFC 7519, RFC 8725): a request must have a valid one of one of the providers. */
export function jwtCheck({ jwt }: RulePolicies): Check | null {
  if (jwt === null) return null;
  const providers = jwt.providers.map((settings) => new Provider(settings));
  const everywhere = providers.flatMap(({ settings }) => settings.from);
  return {
    judge: (visit) => judge(visit, providers),
    withhold: (visit, taken) => withholdCredentials(visit, everywhere, taken),
  };
}

async function judge(visit: Visit, providers: readonly Provider[]): Promise<Verdict> {
  const { requestId } = visit;
  let isPresent = false;
  let isUndecided = false;
  for (const provider of providers) {
    const { name, from, forward } = provider.settings;
    const found = findCredential(visit, from);
    if (found === "absent") continue;
    isPresent = true;
    if (found === "repeated") {
      logRefusal({ by: "jwt", reason: "several tokens at one place", requestId, of: name });
      continue;
    }
    const opinion = await provider.judge(found.value, visit.waitUntil);
    if (!opinion.valid) {
      logRefusal({ by: "jwt", reason: opinion.reason, requestId, of: name });
      isUndecided ||= opinion.isUndecided === true;
      continue;
    }
    const { claims } = opinion;
    return {
      allowed: true,
      identity: { by: "jwt", provider: name, subject: typeof claims.sub === "string" ? claims.sub : "", claims },
      taken: found.source,
      apply: () => {
        const everywhere = providers.flatMap(({ settings }) => settings.from);
        withholdCredentials(visit, everywhere, forward ? found.source : null);
        tellClaims(visit, provider.settings.claimsToHeaders, claims);
      },
    };
  }
  if (isUndecided) return UNDECIDED;
  // RFC 6750 §3: no error where nothing was sent.
  return unauthorized(visit, isPresent ? 'Bearer error="invalid_token"' : `Bearer realm="${visit.target.host}"`);
}
