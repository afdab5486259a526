import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { Policy } from "../ir/policy.ts";
import type { VirtualHost } from "../ir/router.ts";

/** Certificates that a cluster's own ingress asks of the edge, once for each annotation by which it does. */
export function reportClientCertificates(hosts: readonly VirtualHost[]): Diagnostic[] {
  const findings = new Map<string, Diagnostic>();
  for (const { rule, backends } of hosts.flatMap(({ rules }) => rules)) {
    const policy = rule.policies.find(({ field }) => field === "clientCertificate");
    if (policy === undefined || !isAnnotation(policy)) continue;
    const isAskedAgain = backends.some(({ targets }) => targets.some(({ endpoint }) => endpoint.mode === "ingress"));
    if (!isAskedAgain) continue;
    const says = `by ${policy.from} the cluster's own ingress asks the edge for a certificate, and answers 400 without`;
    findings.set(JSON.stringify(policy.at), diagnose("EI6070", policy.at, says));
  }
  return [...findings.values()];
}

function isAnnotation({ from }: Policy): boolean {
  return from.startsWith("auth-tls-secret ");
}
