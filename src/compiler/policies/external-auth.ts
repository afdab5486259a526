import type { Template } from "../../table/policies/template.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { Policy } from "../ir/policy.ts";
import type { ResolvedRule, VirtualHost } from "../ir/router.ts";

/** What is worth a word about external auth as it is in effect, once for each place where it is written. */
export function reportExternalAuth(hosts: readonly VirtualHost[]): Diagnostic[] {
  const findings = new Map<string, Diagnostic>();
  for (const rule of hosts.flatMap(({ rules }) => rules)) {
    for (const finding of findingsOf(rule)) findings.set(JSON.stringify([finding.code, finding.position]), finding);
  }
  return [...findings.values()];
}

function findingsOf({ rule, backends }: ResolvedRule): Diagnostic[] {
  const policy = rule.policies.find(({ field }) => field === "externalAuth");
  if (policy?.field !== "externalAuth" || policy.value === null) return [];
  const { cache, responseHeaders } = policy.value;
  const findings: Diagnostic[] = [];
  if (cache !== null && !cache.key.some(tellsClientsApart)) {
    const says = `the answers to ${policy.from} are kept under a key in which nothing tells clients apart`;
    findings.push(diagnose("EI6020", policy.at, says));
  }
  const credential = responseHeaders.find((name) => ["authorization", "cookie"].includes(name.toLowerCase()));
  const isAskedAgain = backends.some(({ targets }) => targets.some(({ endpoint }) => endpoint.mode === "ingress"));
  if (credential !== undefined && isAskedAgain && isAnnotation(policy)) {
    const says = `${policy.from} sets ${credential}, by which the cluster's own ingress asks again`;
    findings.push(diagnose("EI6021", policy.at, says));
  }
  return findings;
}

function tellsClientsApart({ type }: Template[number]): boolean {
  return ["http", "cookie", "arg", "args", "request_uri", "remote_addr", "remote_user"].includes(type);
}

function isAnnotation({ from }: Policy): boolean {
  return from.startsWith("auth-url ");
}
