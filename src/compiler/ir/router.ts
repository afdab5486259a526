import type { ClusterRecord } from "../../table/policies/cluster-record.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Settings } from "../../table/settings.ts";
import type { ResourceRef, ServiceRef } from "./backend.ts";
import type { BoundService, Endpoint, Target } from "./cluster.ts";
import type { RouteRule } from "./rule.ts";
import type { TlsHost } from "./tls.ts";

/** A backend whose Service has been found in its clusters. */
export interface Backend {
  readonly ref: ServiceRef | ResourceRef;
  readonly weight: number;
  /** In the order of cluster names; empty for a `resource` backend. */
  readonly targets: readonly Target[];
}

/** A rule with its backends resolved. */
export interface ResolvedRule {
  readonly rule: RouteRule;
  readonly backends: readonly Backend[];
  /** What the policies of the rule come to, defaults filled in. */
  readonly policies: RulePolicies;
  /** Rules of the same match and Service in other clusters that became part of this one. */
  readonly mergedFrom: readonly RouteRule[];
}

/** All rules of one hostname in the order in which they are tried. */
export interface VirtualHost {
  readonly hostname: string;
  readonly wildcard: RouteRule["wildcard"];
  readonly rules: readonly ResolvedRule[];
}

/** The one router that many resources are merged into: everything the table holds, and where it came from. */
export interface Router {
  /** Sorted by hostname, by code unit. */
  readonly hosts: readonly VirtualHost[];
  /** Those of the endpoints, sorted by name. */
  readonly clusters: readonly ClusterRecord[];
  /** Sorted by id. */
  readonly endpoints: readonly Endpoint[];
  /** Sorted by binding. */
  readonly services: readonly BoundService[];
  readonly tls: readonly TlsHost[];
  readonly settings: Settings;
}
