import type { Diagnostic, Position } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import { ACME_CHALLENGE } from "../../ir/acme-challenge.ts";
import type { PathMatch } from "../../ir/match.ts";
import type { Policy, PolicyField } from "../../ir/policy.ts";
import { isAtOrBelow } from "../../policies/targets.ts";

/** The default of ingress-nginx's `no-auth-locations`. */
const FREE_OF_AUTH = ACME_CHALLENGE;

/** What its annotations don't ask for there; access lists hold. */
const AUTHENTICATION: readonly PolicyField[] = ["basicAuth", "externalAuth"];

/**
 * The policies of an Ingress's annotations that hold for one of its paths. Paths of the ACME challenge are free of
 * authentication, as in ingress-nginx: it is the path of the rule that counts, not that of the request.
 */
export function policiesAt(
  path: PathMatch,
  policies: readonly Policy[],
  at: Position,
): { readonly policies: readonly Policy[]; readonly diagnostics: readonly Diagnostic[] } {
  const isFree =
    path.type === "RegularExpression" ? path.value.startsWith(FREE_OF_AUTH) : isAtOrBelow(path, FREE_OF_AUTH);
  if (!isFree) return { policies, diagnostics: [] };
  const asking = policies.filter(({ field, value }) => AUTHENTICATION.includes(field) && value !== null);
  if (asking.length === 0) return { policies, diagnostics: [] };
  const says = `${asking.map(({ from }) => from).join(" and ")} asks for nothing at ${path.value}, a path of the ACME challenge`;
  const diagnostics = [diagnose("EI4017", at, says)];
  return { policies: policies.filter((policy) => !asking.includes(policy)), diagnostics };
}
