import { byText } from "../by-text.ts";
import type { Code } from "../diagnostics/catalogue/index.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { closest } from "../diagnostics/suggest.ts";
import { isGuard } from "../ir/policy.ts";
import type { RouteRule } from "../ir/rule.ts";
import type { EdgePolicyBody, PolicyTargetRef, Resource, ResourceSet } from "../resources/resource.ts";
import { isAtOrBelow, reachesAcross, type TargetIndex, targetText } from "./targets.ts";

type HostTarget = Extract<PolicyTargetRef, { kind: "Host" }>;

/** What is to be said of the rules that the targets of a policy reach, or do not; `byTarget` in their order. */
export function reportReach(
  policy: Resource<EdgePolicyBody>,
  byTarget: readonly (readonly RouteRule[])[],
  rules: TargetIndex,
  resources: ResourceSet,
): Diagnostic[] {
  const covered = new Set(byTarget.flat());
  return policy.body.targetRefs.flatMap((target, index) => {
    const at = (...field: readonly string[]) => policy.locate(["spec", "targetRefs", index, ...field]);
    const reached = byTarget[index] ?? [];
    if (reached.length === 0) {
      const { says, near, field } = whyNothing(target, policy.metadata.namespace, rules, resources);
      const more = near === null ? {} : { fix: `Write \`name: ${near}\` if that is what is meant.` };
      const message = `${nameOf(policy)} is attached to no rule: ${says}`;
      return [diagnose(graver(policy, "EI6001"), at(...field), message, more)];
    }
    if (target.kind !== "Host") return [];
    return [
      ...acrossPath(policy, target, reached, covered, rules, () => at("path")),
      ...outOfReach(policy, target, rules, () => at("name")),
    ];
  });
}

/** `EdgePolicy shop/cart`. */
export function nameOf({ metadata, body }: Resource<EdgePolicyBody>): string {
  return `${body.writtenAs ?? "EdgePolicy"} ${metadata.namespace}/${metadata.name}`;
}

/** The code of a finding by which a policy leaves something uncovered: an error where it is a guard. */
export function graver<Usual extends Code>({ body }: Resource<EdgePolicyBody>, usual: Usual): Usual | "EI6009" {
  return body.settings.some(isGuard) ? "EI6009" : usual;
}

interface Nothing {
  readonly says: string;
  /** The name that may be meant. */
  readonly near: string | null;
  /** Which field of the target is to blame. */
  readonly field: readonly ("name" | "path")[];
}

function whyNothing(target: PolicyTargetRef, namespace: string, rules: TargetIndex, resources: ResourceSet): Nothing {
  if (rules.reached(target, namespace).length > 0) {
    return { says: `${targetText(target, namespace)} has none in the clusters of the policy`, near: null, field: [] };
  }
  if (target.kind === "Edge") return { says: "there is none", near: null, field: [] };
  if (target.kind === "Ingress") return whyNoIngress(target.name, namespace, resources);
  const ofHost = rules.ofHost(target.name);
  const own = ofHost.filter(({ owner }) => owner.namespace === namespace);
  if (own.length > 0) {
    const says = `no rule of ${target.name} in namespace ${namespace} is at or below ${target.path}`;
    return { says, near: null, field: ["path"] };
  }
  if (ofHost.length > 0) {
    const namespaces = namespacesOf(ofHost).join(", ");
    return {
      says: `the rules of ${target.name} are in namespace ${namespaces}, not in ${namespace}`,
      near: null,
      field: ["name"],
    };
  }
  const known = rules.hostnames.filter((name) =>
    rules.ofHost(name).some(({ owner }) => owner.namespace === namespace && name !== "*"),
  );
  return suggesting(`no Ingress of namespace ${namespace} has a rule for the host ${target.name}`, target.name, known);
}

function whyNoIngress(name: string, namespace: string, { ingresses }: ResourceSet): Nothing {
  const named = ingresses.filter(({ metadata }) => metadata.name === name);
  if (named.some(({ metadata }) => metadata.namespace === namespace)) {
    return { says: `Ingress ${namespace}/${name} has no rule that is served here`, near: null, field: ["name"] };
  }
  const says = `there is no Ingress ${namespace}/${name}`;
  const known = ingresses
    .filter(({ metadata }) => metadata.namespace === namespace)
    .map(({ metadata }) => metadata.name);
  const suggestion = suggesting(says, name, known);
  const [elsewhere] = named;
  if (suggestion.near !== null || elsewhere === undefined) return suggestion;
  return {
    says: `${says}, and one of another namespace (${elsewhere.metadata.namespace}) is not reached`,
    near: null,
    field: ["name"],
  };
}

function suggesting(says: string, name: string, known: readonly string[]): Nothing {
  const near = closest(name, [...known].sort(byText));
  return { says: near === null ? says : `${says}: did you mean \`${near}\`?`, near, field: ["name"] };
}

/** Requests below the path that no rule of the target takes but one across that the policy does not cover. */
function acrossPath(
  policy: Resource<EdgePolicyBody>,
  target: HostTarget,
  reached: readonly RouteRule[],
  covered: ReadonlySet<RouteRule>,
  rules: TargetIndex,
  at: () => Diagnostic["position"],
): Diagnostic[] {
  const { path, name } = target;
  if (path === null) return [];
  const takesAll = reached.some(
    ({ match }) =>
      match.path.type === "PathPrefix" &&
      match.path.value === path &&
      match.method === null &&
      match.headers.length === 0,
  );
  const written = rules.ofHost(name).filter(({ role }) => role !== "unmatched");
  const across = written.find((rule) => !covered.has(rule) && reachesAcross(rule, path));
  if (takesAll || across === undefined) return [];
  const says = `other requests below ${path} go to the rule ${across.match.path.type} ${across.match.path.value}, which ${nameOf(policy)} does not cover`;
  const related = across.at === null ? [] : [{ message: "that rule", position: across.at }];
  return [diagnose(graver(policy, "EI6005"), at(), says, { related })];
}

function outOfReach(
  policy: Resource<EdgePolicyBody>,
  target: HostTarget,
  rules: TargetIndex,
  at: () => Diagnostic["position"],
): Diagnostic[] {
  const { namespace } = policy.metadata;
  const says = (what: string) => `${nameOf(policy)} for ${targetText(target, namespace)} does not reach ${what}`;
  const findings: Diagnostic[] = [];
  const { path } = target;
  const foreign = rules
    .ofHost(target.name)
    .filter(({ owner, match }) => owner.namespace !== namespace && (path === null || isAtOrBelow(match.path, path)));
  if (foreign.length > 0) {
    const what = `the rules that namespace ${namespacesOf(foreign).join(", ")} has for this host`;
    findings.push(diagnose(graver(policy, "EI6006"), at(), says(what)));
  }
  if (!target.name.startsWith("*.")) return findings;
  const domain = target.name.slice(1);
  const below = rules.hostnames
    .filter((name) => name.endsWith(domain) && name !== target.name && !name.slice(0, -domain.length).includes("."))
    .sort(byText);
  if (below.length > 0) {
    const more = below.length > 3 ? ` and ${below.length - 3} more` : "";
    const what = `${below.slice(0, 3).join(", ")}${more}, which ${below.length === 1 ? "has" : "have"} rules of their own`;
    findings.push(diagnose("EI6006", at(), says(below.length === 1 ? what.replace("their", "its") : what)));
  }
  return findings;
}

function namespacesOf(rules: readonly RouteRule[]): string[] {
  return [...new Set(rules.map(({ owner }) => owner.namespace))].sort(byText);
}
