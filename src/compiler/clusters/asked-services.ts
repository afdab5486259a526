import type { AskedService, ExternalAuth } from "../../table/policies/external-auth.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { byText } from "../by-text.ts";
import type { Code } from "../diagnostics/catalogue/index.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { ServiceRef } from "../ir/backend.ts";
import type { BoundService } from "../ir/cluster.ts";
import type { MergedHost, MergedRule } from "../ir/merge.ts";
import { type Policy, settingOf } from "../ir/policy.ts";
import type { AddressBook, ClusterAddresses } from "./addresses.ts";
import { ruleAt, servingHost } from "./asked-routes.ts";
import { askedBinding } from "./bindings.ts";
import type { EndpointDraft } from "./endpoint-draft.ts";
import { IP_ADDRESS, type PlatformOptions } from "./transport.ts";

/** How the service that a rule's policies ask is reached. */
interface Reached {
  readonly via: AskedService["via"];
  readonly binding: string;
  /** For `clusters`; else empty. */
  readonly clusters: readonly ClusterAddresses[];
}

/** Names that no DNS outside of a cluster or a local network knows (RFC 6762, RFC 9476 and ICANN's `.internal`). */
const INSIDE = /^[^.[]+$|\.(?:svc|local|internal|cluster|lan|home\.arpa|localhost|alt)$/;
/** A server beside the one that runs the edge. */
const LOCAL = /^(?:.+\.)?localhost$/;
const SERVICE = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?$/;

/** Finds the services that policies ask: at hosts of this edge, at endpoints in the clusters, or outside of both. */
export class AskedServices {
  readonly #hosts: readonly MergedHost[];
  readonly #addresses: AddressBook;
  readonly #options: PlatformOptions;
  readonly #reached = new Map<MergedRule, Reached>();
  readonly #bound = new Map<string, BoundService>();
  readonly #findings = new Map<string, Diagnostic>();

  constructor(hosts: readonly MergedHost[], addresses: AddressBook, options: PlatformOptions) {
    this.#hosts = hosts;
    this.#addresses = addresses;
    this.#options = options;
  }

  /** To be called for each rule first; gives the endpoints that its question goes to. */
  locate(host: MergedHost, merged: MergedRule): readonly EndpointDraft[] {
    const policy = merged.rule.policies.find(({ field }) => field === "externalAuth");
    const asked = settingOf(merged.rule.policies, "externalAuth");
    if (policy === undefined || asked === null) return [];
    const reached = this.#reach(asked, host, merged, policy);
    this.#reached.set(merged, reached);
    return reached.clusters.flatMap(({ endpoints }) => endpoints);
  }

  /** The policies of a rule with the way to the service; `targetsOf` gives each endpoint its number and its share. */
  settle(
    policies: RulePolicies,
    merged: MergedRule,
    targetsOf: (clusters: readonly ClusterAddresses[]) => AskedService["targets"],
  ): RulePolicies {
    const { externalAuth } = policies;
    const reached = this.#reached.get(merged);
    if (externalAuth === null || reached === undefined) return policies;
    const { via, binding, clusters } = reached;
    const service = { ...externalAuth.service, via, binding, targets: targetsOf(clusters) };
    return { ...policies, externalAuth: { ...externalAuth, service } };
  }

  get bound(): readonly BoundService[] {
    return [...this.#bound.values()].sort((a, b) => byText(a.binding, b.binding));
  }

  get diagnostics(): readonly Diagnostic[] {
    return [...this.#findings.values()];
  }

  #reach(asked: ExternalAuth, host: MergedHost, merged: MergedRule, policy: Policy): Reached {
    const { service } = asked;
    const { hostname, port, scheme } = service;
    const own = hostname === "" ? host : this.#ownHost(service);
    if (own !== null) {
      this.#reportRoute(asked, own, policy);
      return { via: "edge", binding: "", clusters: [] };
    }
    const isLocal = this.#options.platform === "workerd" && LOCAL.test(hostname);
    if (INSIDE.test(hostname) && !isLocal) return this.#inClusters(service, merged, policy);
    if (this.#options.platform === "workerd") {
      const url = { scheme: scheme === "http" ? "http" : "https", hostname, port } as const;
      const binding = askedBinding(url);
      this.#bound.set(binding, { binding, url });
      return { via: "binding", binding, clusters: [] };
    }
    if (IP_ADDRESS.test(hostname)) {
      this.#report("EI3003", `${policy.from} asks an IP address, which Workers can't fetch`, policy);
    } else if (scheme === "http") {
      this.#report("EI3023", `${policy.from} asks over plain HTTP, across the Internet`, policy);
    }
    return { via: "name", binding: "", clusters: [] };
  }

  #inClusters(service: AskedService, merged: MergedRule, policy: Policy): Reached {
    const ref = serviceRef(service, merged.rule.owner.namespace);
    const clusters = ref === null ? [] : this.#addresses.ofService(ref, merged.scope);
    if (clusters.every(({ endpoints }) => endpoints.length === 0)) {
      const what = ref === null ? "a name" : `Service ${ref.namespace}/${ref.name}:${ref.port}`;
      const says = `${policy.from} asks ${what} that is known inside a cluster only, and no address is given for it`;
      this.#report("EI3020", says, policy);
    }
    return { via: "clusters", binding: "", clusters };
  }

  #ownHost({ hostname, port, scheme }: AskedService): MergedHost | null {
    return port === (scheme === "https" ? 443 : 80) ? servingHost(this.#hosts, hostname) : null;
  }

  #reportRoute({ path }: ExternalAuth, own: MergedHost, policy: Policy): void {
    const found = ruleAt(own, path);
    if (found === "unknown") return;
    if (found === null) {
      this.#report(
        "EI3022",
        `${policy.from} asks ${own.hostname}, where this edge serves nothing at that path`,
        policy,
      );
    } else if (settingOf(found.rule.policies, "externalAuth") !== null) {
      this.#report("EI3021", `${policy.from} asks ${own.hostname} at a path that asks in its turn`, policy);
    }
  }

  #report(code: Code, says: string, { at }: Policy): void {
    this.#findings.set(JSON.stringify([code, says, at]), diagnose(code, at, says));
  }
}

/** A single label is a Service of the rule's own namespace, as a pod there would find it. */
function serviceRef({ hostname, port }: AskedService, namespace: string): ServiceRef | null {
  const [, name, written] = SERVICE.exec(hostname) ?? [];
  if (name !== undefined && written !== undefined) return { kind: "Service", namespace: written, name, port };
  return hostname.includes(".") ? null : { kind: "Service", namespace, name: hostname, port };
}
