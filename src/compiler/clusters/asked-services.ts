import type { AskedService } from "../../table/policies/external-auth.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Template } from "../../table/policies/template.ts";
import { byText } from "../by-text.ts";
import type { Code } from "../diagnostics/catalogue/index.ts";
import type { Diagnostic, Position } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { ServiceRef } from "../ir/backend.ts";
import type { BoundService } from "../ir/cluster.ts";
import type { MergedHost, MergedRule } from "../ir/merge.ts";
import { settingOf } from "../ir/policy.ts";
import type { AddressBook, ClusterAddresses } from "./addresses.ts";
import { ruleAt, rulesTaking, servingHost } from "./asked-routes.ts";
import { askedBinding } from "./bindings.ts";
import { hasOwnPath, ownService, serviceAt, serviceOfBoth } from "./copies.ts";
import type { EndpointDraft } from "./endpoint-draft.ts";
import { IP_ADDRESS, type PlatformOptions } from "./transport.ts";

/** How the service that a rule's policies ask is reached. */
interface Reached {
  readonly via: AskedService["via"];
  readonly binding: string;
  /** For `clusters`; else empty. */
  readonly clusters: readonly ClusterAddresses[];
  /** True where nothing leads there. */
  readonly isLost?: boolean;
}

/** What a rule sends to a service besides its backends. */
interface Question {
  readonly field: "externalAuth" | "mirror";
  readonly service: AskedService;
  readonly path: Template;
  readonly from: string;
  readonly at: Position | null;
}

function questionsOf({ rule }: MergedRule): readonly Question[] {
  const questions: Question[] = [];
  for (const { field, value, from, at } of rule.policies) {
    if (field === "externalAuth" && value !== null) questions.push({ field, ...value, from, at });
    if (field === "mirror" && value.percent > 0) questions.push({ field, ...value, from, at });
  }
  return questions;
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
  readonly #reached = new Map<MergedRule, Map<Question["field"], Reached>>();
  readonly #bound = new Map<string, BoundService>();
  readonly #findings = new Map<string, Diagnostic>();

  constructor(hosts: readonly MergedHost[], addresses: AddressBook, options: PlatformOptions) {
    this.#hosts = hosts;
    this.#addresses = addresses;
    this.#options = options;
  }

  /** To be called for each rule first; gives the endpoints that its questions and copies go to. */
  locate(host: MergedHost, merged: MergedRule): readonly EndpointDraft[] {
    const questions = questionsOf(merged);
    if (questions.length === 0) return [];
    const reached = questions.map((question) => [question.field, this.#reach(question, host, merged)] as const);
    this.#reached.set(merged, new Map(reached));
    return reached.flatMap(([, { clusters }]) => clusters.flatMap(({ endpoints }) => endpoints));
  }

  /** The policies of a rule with the way to the service; `targetsOf` gives each endpoint its number and its share. */
  settle(
    policies: RulePolicies,
    merged: MergedRule,
    targetsOf: (clusters: readonly ClusterAddresses[]) => AskedService["targets"],
  ): RulePolicies {
    const reached = this.#reached.get(merged);
    if (reached === undefined) return policies;
    const settled = <Asks extends { readonly service: AskedService }>(
      asks: Asks | null,
      field: Question["field"],
    ): Asks | null => {
      const way = reached.get(field);
      if (asks === null || way === undefined) return asks;
      const { via, binding, clusters } = way;
      return { ...asks, service: { ...asks.service, via, binding, targets: targetsOf(clusters) } };
    };
    const mirror = reached.get("mirror")?.isLost === true ? null : settled(policies.mirror, "mirror");
    return { ...policies, externalAuth: settled(policies.externalAuth, "externalAuth"), mirror };
  }

  get bound(): readonly BoundService[] {
    return [...this.#bound.values()].sort((a, b) => byText(a.binding, b.binding));
  }

  get diagnostics(): readonly Diagnostic[] {
    return [...this.#findings.values()];
  }

  #reach(question: Question, host: MergedHost, merged: MergedRule): Reached {
    const { service } = question;
    const { hostname, port, scheme } = service;
    const own = hostname === "" ? host : this.#ownHost(service);
    if (own !== null) {
      const isLost = question.field === "mirror" ? this.#isAstray(question, own, merged) : false;
      if (question.field === "externalAuth") this.#reportRoute(question, own);
      return { via: "edge", binding: "", clusters: [], isLost };
    }
    if (this.#isOfOwnService(question, serviceAt(merged, service, this.#addresses))) {
      return { via: "name", binding: "", clusters: [], isLost: true };
    }
    const isLocal = this.#options.platform === "workerd" && LOCAL.test(hostname);
    if (INSIDE.test(hostname) && !isLocal) return this.#inClusters(question, merged);
    if (this.#options.platform === "workerd") {
      const url = { scheme: scheme === "http" ? "http" : "https", hostname, port } as const;
      const binding = askedBinding(url);
      this.#bound.set(binding, { binding, url });
      return { via: "binding", binding, clusters: [] };
    }
    const isLost = IP_ADDRESS.test(hostname);
    if (isLost) {
      this.#report("EI3003", "asks an IP address, which Workers can't fetch", question);
    } else if (scheme === "http") {
      this.#report("EI3023", "asks over plain HTTP, across the Internet", question);
    }
    return { via: "name", binding: "", clusters: [], isLost };
  }

  #inClusters(question: Question, merged: MergedRule): Reached {
    const ref = serviceRef(question.service, merged.rule.owner.namespace);
    if (this.#isOfOwnService(question, ownService(merged, ref))) {
      return { via: "clusters", binding: "", clusters: [], isLost: true };
    }
    const clusters = ref === null ? [] : this.#addresses.ofService(ref, merged.scope);
    const isLost = clusters.every(({ endpoints }) => endpoints.length === 0);
    if (isLost) {
      const what = ref === null ? "a name" : `Service ${ref.namespace}/${ref.name}:${ref.port}`;
      this.#report(
        "EI3020",
        `asks ${what} that is known inside a cluster only, and no address is given for it`,
        question,
      );
    }
    return { via: "clusters", binding: "", clusters, isLost };
  }

  #ownHost({ hostname, port, scheme }: AskedService): MergedHost | null {
    return port === (scheme === "https" ? 443 : 80) ? servingHost(this.#hosts, hostname) : null;
  }

  /** Whether a copy leads to nothing here, or may lead to the rule that it is made of, whose Service would have all twice. */
  #isAstray(question: Question, own: MergedHost, merged: MergedRule): boolean {
    const taking = rulesTaking(own, question.path);
    if (taking.length === 0) {
      this.#report("EI3022", `asks ${own.hostname}, where this edge serves nothing at that path`, question);
    } else if (taking.includes(merged)) {
      const says = `sends the copy to ${own.hostname}, where the route itself takes it: its Service would get requests twice`;
      this.#report("EI3024", says, question);
    } else return this.#isOfOwnService(question, serviceOfBoth(merged, own));
    return true;
  }

  /**
   * Whether a copy goes to the Service that has the request already, by another way. An annotation says it to the cluster's
   * own ingress too, which copies so.
   */
  #isOfOwnService(question: Question, service: string | null): boolean {
    if (service === null || question.field !== "mirror" || !hasOwnPath(question.path) || isAnnotation(question))
      return false;
    const says = `sends the copy to Service ${service}, which the route itself leads to: it would get requests twice`;
    this.#report("EI3024", says, question);
    return true;
  }

  #reportRoute(question: Question, own: MergedHost): void {
    const found = ruleAt(own, question.path);
    if (found === "unknown") return;
    if (found === null) {
      this.#report("EI3022", `asks ${own.hostname}, where this edge serves nothing at that path`, question);
    } else if (settingOf(found.rule.policies, "externalAuth") !== null) {
      this.#report("EI3021", `asks ${own.hostname} at a path that asks in its turn`, question);
    }
  }

  /** A copy for an annotation that goes nowhere keeps no request out: what is an error for a question is a warning there. */
  #report(code: Code, says: string, { field, from, at }: Question): void {
    const isCopy = code !== "EI3023" && isAnnotation({ field, from });
    const told = isCopy ? `${from} is not honoured: it ${says}` : `${from} ${says}`;
    const finding = diagnose(isCopy ? "EI4002" : code, at, told);
    this.#findings.set(JSON.stringify([code, told, at]), finding);
  }
}

function isAnnotation({ field, from }: Pick<Question, "field" | "from">): boolean {
  return field === "mirror" && from.startsWith("mirror-target ");
}

/** A single label is a Service of the rule's own namespace, as a pod there would find it. */
function serviceRef({ hostname, port }: AskedService, namespace: string): ServiceRef | null {
  const [, name, written] = SERVICE.exec(hostname) ?? [];
  if (name !== undefined && written !== undefined) return { kind: "Service", namespace: written, name, port };
  return hostname.includes(".") ? null : { kind: "Service", namespace, name: hostname, port };
}
