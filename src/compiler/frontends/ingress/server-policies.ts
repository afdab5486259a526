import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import type { Policy, PolicyField } from "../../ir/policy.ts";
import type { RouteRule } from "../../ir/rule.ts";
import { byIngressAge } from "./owner.ts";
import { hostnameOf } from "./rules.ts";
import type { ServedIngress } from "./unmatched.ts";

/**
 * What annotations say of a whole host, whichever Ingress its paths are of (ingress-nginx, createServers in
 * internal/ingress/controller/controller.go): the handshake of TLS is over before there is a path.
 */
const OF_SERVERS: readonly PolicyField[] = ["clientCertificate"];

export interface ServerPolicies {
  readonly byHostname: ReadonlyMap<string, readonly Policy[]>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Of each host the policies of its oldest Ingress that has them. */
export function readServerPolicies(served: readonly ServedIngress[]): ServerPolicies {
  const byHostname = new Map<string, Policy[]>();
  const diagnostics = new Map<string, Diagnostic>();
  const oldestFirst = [...served].sort((a, b) => byIngressAge(a.ingress, b.ingress));
  for (const { ingress, policies } of oldestFirst) {
    for (const policy of policies.filter(({ field }) => OF_SERVERS.includes(field))) {
      for (const hostname of new Set(ingress.body.rules.map(({ host }) => hostnameOf(host)))) {
        const known = byHostname.get(hostname) ?? [];
        const used = known.find(({ field }) => field === policy.field);
        if (used === undefined) byHostname.set(hostname, [...known, policy]);
        else if (JSON.stringify(used.value) !== JSON.stringify(policy.value)) {
          const says = `${policy.from} is not used for ${hostname}: the older ${used.from} says something else`;
          const related = used.at === null ? [] : [{ message: "used", position: used.at }];
          diagnostics.set(says, diagnose("EI4036", policy.at, says, { related }));
        }
      }
    }
  }
  return { byHostname, diagnostics: [...diagnostics.values()] };
}

/** The policies of an Ingress at one of its hosts, with those of the host in the place of its own. */
export function policiesOnServer(policies: readonly Policy[], ofServer: readonly Policy[]): readonly Policy[] {
  if (ofServer.length === 0) return policies;
  const fields = new Set(ofServer.map(({ field }) => field));
  return [...policies.filter(({ field }) => !fields.has(field)), ...ofServer];
}

export function onServer(rule: RouteRule, { byHostname }: ServerPolicies): RouteRule {
  const ofServer = byHostname.get(rule.hostname);
  return ofServer === undefined ? rule : { ...rule, policies: policiesOnServer(rule.policies, ofServer) };
}
