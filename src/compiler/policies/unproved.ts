import type { Condition } from "../../table/policies/authorization.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { type Policy, settingOf } from "../ir/policy.ts";
import type { RouteRule } from "../ir/rule.ts";
import { PROVERS } from "../resources/edge-policy-authorization.ts";

/**
 * Authorizations that ask who sends a request where none of the rule's checks proves it: what they deny would be let in,
 * and what they allow never.
 */
export function reportUnproved(rules: readonly RouteRule[]): Diagnostic[] {
  const findings = new Map<string, Diagnostic>();
  for (const { policies } of rules) {
    const policy = policies.find(({ field }) => field === "authorization");
    if (policy?.field !== "authorization") continue;
    const proved = provedBy(policies);
    const asked = policy.value.rules.flatMap(({ when }) => principalsIn(when));
    const unproved = asked.filter(({ by }) => !(by.length === 0 ? proved.size > 0 : by.some((one) => proved.has(one))));
    for (const { by } of unproved) {
      const names = Object.entries(PROVERS).flatMap(([field, name]) =>
        by.length === 0 || by.includes(name) ? [field] : [],
      );
      const says = `authorization of ${policy.from} asks for a principal on rules that have no ${names.join(" or ")} to prove one`;
      findings.set(`${says} ${JSON.stringify(policy.at)}`, diagnose("EI6010", policy.at, says));
    }
  }
  return [...findings.values()];
}

/** Null stands for an external auth that is switched off. */
function provedBy(policies: readonly Policy[]): ReadonlySet<string> {
  const fields = Object.keys(PROVERS) as (keyof typeof PROVERS)[];
  return new Set(fields.flatMap((field) => (settingOf(policies, field) === null ? [] : [PROVERS[field]])));
}

function principalsIn({ principal, all, any, not }: Condition): NonNullable<Condition["principal"]>[] {
  const inner = [...all, ...any, ...(not === null ? [] : [not])].flatMap(principalsIn);
  return principal === null ? inner : [principal, ...inner];
}
