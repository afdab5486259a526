import type { PlatformOptions } from "../clusters/transport.ts";
import type { Diagnostic, Position } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { byAge } from "../ir/order.ts";
import { isGuard, POLICY_FIELDS, type Policy, settingOf } from "../ir/policy.ts";
import type { RouteRule, Timeouts } from "../ir/rule.ts";
import { covers, overlaps, type Scope } from "../ir/scope.ts";
import { durationText } from "../resources/durations.ts";
import type { EdgePolicyBody, PolicyTargetRef, Resource, ResourceSet } from "../resources/resource.ts";
import { reportJoinedChecks } from "./joined-checks.ts";
import { graver, nameOf, reportReach } from "./reach.ts";
import { EXEMPTION, INGRESS, specificity, TargetIndex, targetText } from "./targets.ts";
import { reportUnproved } from "./unproved.ts";

export interface AttachResult {
  readonly rules: readonly RouteRule[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A setting that may hold for a rule, and how near its source is to the rule. */
interface Candidate {
  readonly setting: Policy;
  readonly specificity: number;
  /** Null for an annotation of the rule's Ingress, which gives way to policies as specific as it. */
  readonly policy: Resource<EdgePolicyBody> | null;
}

/**
 * Attaches EdgePolicies to the rules of all front ends. Each field of a rule is taken as a whole from the most specific
 * source: Edge < Host < Ingress < Host with a path; the older one where two are equally specific.
 */
export function attachPolicies(
  rules: readonly RouteRule[],
  resources: ResourceSet,
  { platform }: Pick<PlatformOptions, "platform">,
): AttachResult {
  if (resources.edgePolicies.length === 0) return { rules, diagnostics: [] };
  const index = new TargetIndex(rules);
  const clusters = resources.clusters.map(({ metadata }) => metadata.name);
  const diagnostics: Diagnostic[] = [];
  const candidates = new Map<RouteRule, Candidate[]>();
  for (const policy of resources.edgePolicies) {
    const scope = spelledOut(policy.scope, clusters);
    const byTarget = policy.body.targetRefs.map((target) =>
      index.reached(target, policy.metadata.namespace).filter(({ owner }) => overlaps(scope, owner.scope)),
    );
    diagnostics.push(...reportReach(policy, byTarget, index, resources));
    for (const [number, reached] of byTarget.entries()) {
      const inAllClusters = reached.filter(({ owner }) => covers(scope, owner.scope));
      const missed = reached.filter((rule) => rule.role !== "unmatched" && !inAllClusters.includes(rule));
      diagnostics.push(...reportScope(policy, number, missed.length));
      if (inAllClusters.length === 0) continue;
      const more = candidatesOf(policy, specificity(policy.body.targetRefs[number] as PolicyTargetRef));
      for (const rule of inAllClusters) {
        const known = candidates.get(rule);
        if (known === undefined) candidates.set(rule, [...more]);
        else known.push(...more);
      }
    }
    if (platform === "cloudflare") diagnostics.push(...reportPatience(policy));
  }
  const settling = new Settling();
  const settled = rules.map((rule) => {
    const ofPolicies = candidates.get(rule);
    return ofPolicies === undefined ? rule : settling.settle(rule, ofPolicies);
  });
  return { rules: settled, diagnostics: [...diagnostics, ...settling.diagnostics(), ...reportUnproved(settled)] };
}

/** All clusters by name are every cluster. */
function spelledOut(scope: Scope, clusters: readonly string[]): Scope {
  const isEvery = scope.kind === "clusters" && clusters.every((name) => scope.names.includes(name));
  return isEvery ? { kind: "every-cluster" } : scope;
}

function candidatesOf(policy: Resource<EdgePolicyBody>, degree: number): Candidate[] {
  const from = nameOf(policy);
  return policy.body.settings.map((setting) => {
    const at = policy.locate(["spec", setting.field], "key");
    return { setting: { ...setting, from, at }, specificity: degree, policy };
  });
}

/** Who is exempt from what holds for the whole edge (`enable-global-auth`) is not from what is said of his host. */
function degreeOf(setting: Policy): number {
  return setting.field === "externalAuth" && setting.value === null ? EXEMPTION : INGRESS;
}

/** Chooses among candidates, rule by rule, and keeps what is to be said once for all rules. */
class Settling {
  readonly #findings = new Map<string, Diagnostic>();
  readonly #used = new Set<string>();
  readonly #unused = new Map<string, Policy>();
  /** Guards that gave way, and to what. */
  readonly #replaced = new Map<string, { readonly other: Candidate; readonly winners: Map<string, Candidate> }>();

  settle(rule: RouteRule, ofPolicies: readonly Candidate[]): RouteRule {
    const ofAnnotations = rule.policies.map((setting) => ({ setting, specificity: degreeOf(setting), policy: null }));
    const all: Candidate[] = [...ofPolicies, ...ofAnnotations];
    const chosen = POLICY_FIELDS.flatMap((field) => {
      const candidates = all.filter(({ setting }) => setting.field === field);
      return candidates.length === 0 ? [] : [this.#choose(candidates)];
    });
    const policies = chosen.map(({ setting }) => setting);
    const timeouts = settingOf(policies, "timeouts") ?? rule.timeouts;
    for (const candidate of chosen) this.#reportIdle(candidate, timeouts);
    for (const finding of reportJoinedChecks(chosen)) {
      this.#findings.set(JSON.stringify([finding.message, finding.position]), finding);
    }
    return { ...rule, policies, timeouts };
  }

  #choose(candidates: readonly Candidate[]): Candidate {
    const [best, ...rest] = [...candidates].sort(bySpecificity) as [Candidate, ...Candidate[]];
    this.#used.add(keyOf(best.setting));
    for (const other of rest) {
      if (other.policy === best.policy) continue;
      const isEqual = other.policy !== null && best.policy !== null && other.specificity === best.specificity;
      if (!isEqual && losesGuard(best, other)) this.#keepReplaced(best, other);
      else if (other.policy === null || best.policy === null)
        this.#report("EI6003", besideAnnotation(best, other), best, other);
      else if (other.specificity === best.specificity) {
        this.#report(isGuard(other.setting) ? "EI6009" : "EI6002", inConflict(best, other), other, best);
      }
      if (other.policy !== null) this.#unused.set(keyOf(other.setting), other.setting);
    }
    return best.policy === null ? best : { ...best, setting: withReplaced(best.setting, rest) };
  }

  #keepReplaced(best: Candidate, other: Candidate): void {
    const key = keyOf(other.setting);
    const { winners } = this.#replaced.get(key) ?? { winners: new Map<string, Candidate>() };
    this.#replaced.set(key, { other, winners: winners.set(keyOf(best.setting), best) });
  }

  /** Times of a retry policy that the rule's own limits never let come. */
  #reportIdle({ setting, policy }: Candidate, { request, backendRequest }: Timeouts): void {
    if (setting.field !== "retry" || policy === null) return;
    const limit = Math.min(...[request, backendRequest].filter((each) => each !== 0));
    const { perTryTimeout, hedge } = setting.value;
    const times = { perTryTimeout, "hedge.delay": hedge?.delay ?? 0 };
    for (const [field, time] of Object.entries(times)) {
      if (time === 0 || time < limit) continue;
      const at = policy.locate(["spec", "retry", ...field.split(".")], "key");
      const says = `${field} of ${setting.from} has no effect on rules whose tries end after ${durationText(limit)}`;
      this.#findings.set(JSON.stringify([says, at]), diagnose("EI1253", at, says));
    }
  }

  #report(
    code: "EI6002" | "EI6003" | "EI6009",
    says: string,
    { setting: { at } }: Candidate,
    { setting: other }: Candidate,
  ): void {
    const related = other.at === null ? [] : [{ message: `${other.from} sets it here`, position: other.at }];
    const diagnostic = diagnose(code, at, says, { related });
    this.#findings.set(JSON.stringify([says, at, other.at]), diagnostic);
  }

  diagnostics(): Diagnostic[] {
    const replaced = [...this.#replaced.values()].map(({ other, winners }) =>
      reportReplaced(other, [...winners.values()]),
    );
    const findings = [...this.#findings.values(), ...replaced];
    const reported = new Set(findings.map(({ position }) => positionKey(position)));
    const overruled = [...this.#unused]
      .filter(([key, { at }]) => !this.#used.has(key) && !reported.has(positionKey(at)))
      .map(([, { field, from, at }]) =>
        diagnose("EI6004", at, `${field} of ${from} is overruled by more specific ones on each rule that it reaches`),
      );
    return [...findings, ...overruled];
  }
}

function bySpecificity(a: Candidate, b: Candidate): number {
  if (a.specificity !== b.specificity) return b.specificity - a.specificity;
  if (a.policy === null || b.policy === null) return Number(a.policy === null) - Number(b.policy === null);
  const age = ({ metadata, scope }: Resource<EdgePolicyBody>) => ({ ...metadata, scope });
  return byAge(age(a.policy), age(b.policy));
}

/** Whether a guard is replaced by something else, where ingress-nginx itself would not have it so. */
function losesGuard({ setting: winner, policy }: Candidate, { setting: loser, policy: other }: Candidate): boolean {
  if (!isGuard(loser) || JSON.stringify(winner.value) === JSON.stringify(loser.value)) return false;
  return policy !== null || other?.body.writtenAs !== "ConfigMap";
}

const MOST_NAMED = 3;

function reportReplaced(loser: Candidate, winners: readonly Candidate[]): Diagnostic {
  const named = winners.slice(0, MOST_NAMED);
  const more = winners.length > MOST_NAMED ? ` and ${winners.length - MOST_NAMED} more` : "";
  const says = `${textOf(loser)} is not used where something more specific is: ${named.map(textOf).join(", ")}${more}`;
  const related = named.flatMap(({ setting: { from, at } }) =>
    at === null ? [] : [{ message: `${from} sets it here`, position: at }],
  );
  return diagnose("EI6012", loser.setting.at, says, { related });
}

function withReplaced(setting: Policy, rest: readonly Candidate[]): Policy {
  const annotation = rest.find(({ policy }) => policy === null)?.setting;
  if (annotation?.field !== "mirror" || !annotation.value.onlyServices) return setting;
  return { ...setting, insteadOf: { from: annotation.from, at: annotation.at } };
}

function textOf({ setting: { field, from }, policy }: Candidate): string {
  return policy === null ? from : `${field} of ${from}`;
}

function inConflict({ setting: winner }: Candidate, { setting: loser }: Candidate): string {
  return `${loser.field} of ${loser.from} is not used where the older ${winner.from} sets it too`;
}

function besideAnnotation(winner: Candidate, loser: Candidate): string {
  const { from, field } = winner.setting;
  return winner.policy === null
    ? `${from} is used in the place of ${field} of ${loser.setting.from}, which is less specific`
    : `${field} of ${from} is used in the place of ${loser.setting.from}`;
}

function keyOf({ field, from, at }: Policy): string {
  return `${field} ${from} ${positionKey(at)}`;
}

function positionKey(at: Position | null): string {
  return at === null ? "" : `${at.file}:${at.line}:${at.column}`;
}

function reportScope(policy: Resource<EdgePolicyBody>, index: number, missed: number): Diagnostic[] {
  const target = policy.body.targetRefs[index];
  if (missed === 0 || target === undefined || policy.scope.kind === "every-cluster") return [];
  const where = policy.scope.names.join(", ");
  const what = `${missed === 1 ? "a rule" : `${missed} rules`} of ${targetText(target, policy.metadata.namespace)}`;
  const says = `${nameOf(policy)} exists in ${where} alone and is not attached to ${what} in other clusters`;
  return [diagnose(graver(policy, "EI6007"), policy.locate(["spec", "targetRefs", index]), says)];
}

/** Milliseconds after which Cloudflare answers 524 in the place of an origin. */
const PLATFORM_PATIENCE = 120_000;

function reportPatience({ body, locate }: Resource<EdgePolicyBody>): Diagnostic[] {
  const timeouts = body.settings.find(({ field }) => field === "timeouts");
  if (timeouts?.field !== "timeouts") return [];
  const { request, backendRequest } = timeouts.value;
  const limits = [request, backendRequest].filter((limit) => limit !== 0);
  if (Math.min(...limits) <= PLATFORM_PATIENCE) return [];
  const says = "the platform itself waits 120s for a cluster's answer, not longer";
  return [diagnose("EI6008", locate(["spec", "timeouts"], "key"), says)];
}
