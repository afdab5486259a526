import { GUARD_FIELDS } from "../../table/policies/guards.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { eachOnce } from "../diagnostics/order.ts";
import { diagnose } from "../diagnostics/report.ts";
import { movesOf } from "../ir/filter.ts";
import { isOfEdgePolicy, type Policy } from "../ir/policy.ts";
import type { VirtualHost } from "../ir/router.ts";
import type { RouteRule } from "../ir/rule.ts";

/** The client's certificate is asked for before any line. */
const PASSED: ReadonlySet<string> = new Set(GUARD_FIELDS.filter((field) => field !== "clientCertificate"));

/**
 * Rules whose lines of snippets lead requests to another rule of the host before a guard has seen them. Guards of an
 * EdgePolicy are asked by the edge alone, and a cluster's own ingress gets the path that the client asked for, so that nobody would
 * ask again: an error. Guards of annotations are passed by in nginx too: a warning.
 */
export function reportMovedPastGuards(hosts: readonly VirtualHost[]): Diagnostic[] {
  const findings = hosts.flatMap(({ rules }) => {
    const all = rules.map(({ rule }) => rule);
    return all.flatMap((rule) => findingsOf(rule, all));
  });
  return eachOnce(findings);
}

function findingsOf(rule: RouteRule, others: readonly RouteRule[]): Diagnostic[] {
  const [filter] = rule.filters.filter((one) => movesOf(one).length > 0);
  if (filter === undefined) return [];
  return rule.policies
    .filter(({ field, value }) => PASSED.has(field) && value !== null)
    .filter((policy) => policy.field === "authorization" || !others.every((other) => hasSame(other, policy)))
    .map((policy) => {
      const says = `${filter.from} leads requests to other rules of ${rule.hostname} before ${policy.field} of ${policy.from} is asked`;
      const related = policy.at === null ? [] : [{ message: "the guard", position: policy.at }];
      return diagnose(isOfEdgePolicy(policy) ? "EI6073" : "EI6074", filter.at, says, { related });
    });
}

function hasSame({ policies }: RouteRule, { field, from }: Policy): boolean {
  return policies.some((other) => other.field === field && other.from === from);
}
