import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { Policy, PolicyField } from "../ir/policy.ts";
import type { EdgePolicyBody, Resource } from "../resources/resource.ts";

/** A setting in effect on a rule; `policy` is null for an annotation of the rule's Ingress. */
interface Sourced {
  readonly setting: Policy;
  readonly policy: Resource<EdgePolicyBody> | null;
}

/** Those that `satisfy` speaks of. */
const CHECKS: readonly PolicyField[] = ["access", "basicAuth", "externalAuth", "jwt", "apiKey", "oidc"];

/**
 * A `satisfy: any` among whose checks are some that somebody else has set: each was meant to be met, and one of the others
 * would be enough. Annotations and ingress-nginx's ConfigMap are one source, for there `any` joins them too.
 */
export function reportJoinedChecks(settings: readonly Sourced[]): Diagnostic[] {
  const satisfy = settings.find(({ setting }) => setting.field === "satisfy");
  if (satisfy?.setting.value !== "any") return [];
  const checks = settings.filter(({ setting: { field, value } }) => CHECKS.includes(field) && value !== null);
  const foreign = checks.filter((check) => sourceOf(check) !== sourceOf(satisfy));
  if (checks.length < 2 || foreign.length === 0) return [];
  const says = `by ${textOf(satisfy)} one check would be enough, and ${foreign.map(textOf).join(" and ")} ${foreign.length === 1 ? "is" : "are"} set elsewhere, to be met`;
  const related = foreign.flatMap(({ setting: { at } }) =>
    at === null ? [] : [{ message: "set here", position: at }],
  );
  return [diagnose("EI6009", satisfy.setting.at, says, { related, fix: FIX })];
}

const FIX =
  "Write `satisfy: any` and all checks that it joins in one EdgePolicy, or in the annotations of one Ingress. Where all have to be met take `any` away.";

function sourceOf({ policy }: Sourced): Sourced["policy"] {
  return policy?.body.writtenAs === "ConfigMap" ? null : policy;
}

function textOf({ setting: { field, from }, policy }: Sourced): string {
  return policy === null ? from : `${field} of ${from}`;
}
