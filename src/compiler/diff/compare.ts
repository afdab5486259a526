import type { Rule } from "../../table/model.ts";
import type { PathRewrite } from "../../table/policies/path-rewrite.ts";
import { leadsElsewhere, type RewriteAction, type RewriteModule } from "../../table/policies/rewrite-module.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { rewritePath } from "../../table/rewrite.ts";
import { isGuard } from "../ir/policy.ts";
import { CHANGE_KINDS, type ChangeKind } from "./change.ts";
import type { Decision, Effect, Side } from "./side.ts";
import { isAsStrict } from "./strictness.ts";

/** What a request meets that differs, in words, and how much it weighs; null where nothing does. */
export interface Difference {
  readonly kind: ChangeKind;
  readonly differences: readonly string[];
}

/** Compares what two sides do with one request. */
export function compare(old: Side, was: Decision, young: Side, is: Decision): Difference | null {
  const statuses = [was, is].map((decision) => (decision.kind === "answer" ? decision.status : null));
  if (statuses[0] === statuses[1] && statuses[0] !== null) return null;
  // Only spellings that some servers read in another way get there: no sane client sends them.
  if (statuses[1] === 400) return { kind: "changed", differences: ["refused for its spelling"] };
  if (statuses[0] === 400) return { kind: "changed", differences: ["no longer refused for its spelling"] };
  if (was.kind === "answer" && is.kind === "rule") {
    const guards = guardsOf(young.effectOf(is.rule));
    return {
      kind: "added",
      differences: [guards.length === 0 ? "without a guard" : `guarded by ${guards.join(", ")}`],
    };
  }
  if (was.kind === "rule" && is.kind === "answer") {
    return { kind: "removed", differences: [`answered ${is.status}: ${is.reason}`] };
  }
  if (was.kind !== "rule" || is.kind !== "rule") return null;
  return compareEffects(old.effectOf(was.rule), young.effectOf(is.rule), was, is);
}

/** Whether two rules that rewrite in the same words may come to other paths: by the groups of other patterns. */
export function mayRewriteOtherwise(was: Rule, is: Rule): boolean {
  return was.path !== is.path && [was, is].every(({ policies }) => hasGroup(policies.pathRewrite));
}

function hasGroup(rewrite: PathRewrite | null): boolean {
  return rewrite !== null && /\$[1-9]/.test(rewrite.template + rewrite.forwardedPrefix);
}

function rewritten({ rule, target }: Taken): string {
  const { pathRewrite } = rule.policies;
  return JSON.stringify(pathRewrite === null ? null : rewritePath(rule, pathRewrite, target));
}

type Taken = Extract<Decision, { kind: "rule" }>;

function compareEffects(was: Effect, is: Effect, taken: Taken, takes: Taken): Difference | null {
  const found: { kind: ChangeKind; text: string }[] = [];
  for (const field of Object.keys(is.policies)) {
    const [before, after] = [was.policies[field], is.policies[field]];
    if (before !== after) found.push(comparePolicy(field, taken.rule.policies, takes.rule.policies));
  }
  if (was.policies.pathRewrite === is.policies.pathRewrite && rewritten(taken) !== rewritten(takes)) {
    found.push({ kind: "re-targeted", text: "the path is rewritten to another one" });
  }
  if (was.backends !== is.backends) {
    found.push({ kind: "re-targeted", text: backendsText(taken.rule, takes.rule) });
  }
  if (was.timeouts !== is.timeouts) found.push({ kind: "changed", text: "timeouts differ" });
  const worst = CHANGE_KINDS.find((kind) => found.some((one) => one.kind === kind));
  if (worst === undefined) return null;
  return { kind: worst, differences: found.map(({ text }) => text) };
}

const NOTHING = "null";

/** Guards of which one is enough where `satisfy` says so. */
const ALTERNATIVES = ["access", "basicAuth", "externalAuth", "jwt", "apiKey", "oidc"] as const;

function comparePolicy(field: string, was: RulePolicies, is: RulePolicies): { kind: ChangeKind; text: string } {
  const [before, after] = [was[field as keyof RulePolicies], is[field as keyof RulePolicies]];
  if (field === "satisfy") {
    return is.satisfy === "any"
      ? { kind: "guard-removed", text: "one guard is enough where all had to let in" }
      : { kind: "guard-added", text: "all guards have to let in where one was enough" };
  }
  if (field === "rewriteModule") return compareLines(was.rewriteModule, is.rewriteModule);
  const guards = isGuard({ field });
  // What guards tell clusters is believed there, whoever sent it.
  if (field === "identityHeaders" && !was.identityHeaders.every((name) => is.identityHeaders.includes(name))) {
    return { kind: "guard-changed", text: "clients may send headers by which guards tell who they are" };
  }
  if (after === null) return { kind: guards ? "guard-removed" : "changed", text: `${field} is gone` };
  if (before === null) {
    if (isAlternative(field) && is.satisfy === "any" && ALTERNATIVES.some((other) => was[other] !== null)) {
      return { kind: "guard-changed", text: `${field} is new, and one guard is enough` };
    }
    return { kind: guards ? "guard-added" : "changed", text: `${field} is new` };
  }
  if (!guards) return { kind: "changed", text: `${field} differs` };
  return isAsStrict(field, was, is)
    ? { kind: "guard-tightened", text: `${field} differs, and lets in no more` }
    : { kind: "guard-changed", text: `${field} differs` };
}

/** Lines of snippets refuse requests, and lead them past guards or elsewhere: what differs in them is seldom harmless. */
function compareLines(was: RewriteModule, is: RewriteModule): { kind: ChangeKind; text: string } {
  const has = (lines: RewriteModule, holds: (action: RewriteAction) => boolean) =>
    lines.some(({ actions }) => actions.some(holds));
  const refuses = (lines: RewriteModule) => has(lines, ({ does, status }) => does === "answer" && status >= 400);
  const writes = ({ does }: RewriteAction) => does === "path" || does === "break";
  if (refuses(was) && !refuses(is)) return { kind: "guard-removed", text: "snippets no longer refuse any request" };
  if (refuses(was) || has([...was, ...is], leadsElsewhere)) {
    return {
      kind: "guard-changed",
      text: "lines of snippets differ, which refuse requests or lead them to other rules",
    };
  }
  if (has([...was, ...is], writes)) {
    return { kind: "re-targeted", text: "lines of snippets differ, which write another path" };
  }
  return { kind: refuses(is) ? "guard-added" : "changed", text: "lines of snippets differ" };
}

function isAlternative(field: string): boolean {
  return ALTERNATIVES.some((one) => one === field);
}

function backendsText(was: Rule, is: Rule): string {
  const names = (rule: Rule) =>
    rule.backends.map(({ name, weight }) => (rule.backends.length > 1 ? `${name} (${weight})` : name)).join(", ");
  const [before, after] = [names(was), names(is)];
  if (before !== after) return `goes to ${after || "nothing"}, not ${before || "nothing"}`;
  return `${after}: endpoints or shares differ`;
}

function guardsOf({ policies }: Effect): string[] {
  return Object.keys(policies).filter((field) => isGuard({ field }) && policies[field] !== NOTHING);
}
