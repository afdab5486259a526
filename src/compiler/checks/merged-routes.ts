import { CATCH_ALL } from "../../table/layout.ts";
import { buildHostRouter, type HostRouter, matchReadings, type RequestView } from "../../table/match.ts";
import type { Rule } from "../../table/model.ts";
import { DEFAULT_RULE_POLICIES } from "../../table/policies/rule-policies.ts";
import { normaliseTarget } from "../../table/target.ts";
import { hasConditions } from "../ir/match.ts";
import type { MergedHost, MergedRule } from "../ir/merge.ts";
import { sampleTexts } from "../patterns/sample.ts";
import { rememberedOf } from "../remembered.ts";

/** What becomes of a request: the rule that takes it, or the status that it is answered. */
export type Decision =
  | { readonly kind: "rule"; readonly host: MergedHost; readonly rule: MergedRule }
  | { readonly kind: "answer"; readonly status: 400 | 404 };

const VIEW: RequestView = { method: "GET", header: () => null, queryParam: () => null };

/**
 * The merged rules as the edge's own matcher sees them, before there is a table: checks ask it where requests go, also
 * where errors leave no table to ask.
 */
export class MergedRoutes {
  readonly hosts: readonly MergedHost[];
  readonly #byName: ReadonlyMap<string, MergedHost>;
  readonly #routers = new Map<MergedHost, HostRouter>();
  readonly #effects = new Map<string, Pick<Rule, "backends" | "policies">>();
  /** All rules of an Ingress mostly share their policies and filters. */
  readonly #textOf = rememberedOf((values: readonly unknown[]) => (values.length === 0 ? "" : JSON.stringify(values)));

  constructor(hosts: readonly MergedHost[]) {
    this.hosts = hosts;
    this.#byName = new Map(hosts.map((host) => [host.hostname, host]));
  }

  named(hostname: string): MergedHost | null {
    return this.#byName.get(hostname) ?? null;
  }

  /** The host whose rules take requests for a name, as `Table.routerFor` finds it. */
  hostFor(name: string): MergedHost | null {
    const exact = this.named(name);
    if (exact !== null) return exact;
    for (let dot = name.indexOf("."), depth = 1; dot > 0; dot = name.indexOf(".", dot + 1), depth++) {
      const wildcard = this.named(`*${name.slice(dot)}`);
      if (wildcard !== null && (depth === 1 || wildcard.wildcard === "any-depth")) return wildcard;
    }
    return this.named(CATCH_ALL);
  }

  /** A name of which requests come to that host. */
  nameOf({ hostname }: MergedHost): string {
    if (!hostname.startsWith("*")) return hostname;
    const suffix = hostname === CATCH_ALL ? ".invalid" : hostname.slice(1);
    let label = "any";
    while (this.#byName.has(label + suffix)) label += "x";
    return label + suffix;
  }

  urlOf(host: MergedHost, path: string): string {
    return `https://${this.nameOf(host)}${path}`;
  }

  decide(url: string): Decision {
    const normalised = normaliseTarget(url);
    if (!normalised.ok) return { kind: "answer", status: 400 };
    const host = this.hostFor(normalised.target.host);
    if (host === null) return { kind: "answer", status: 404 };
    const router = this.routerOf(host);
    const rule = matchReadings(router, normalised.target, VIEW);
    if (rule === "ambiguous") return { kind: "answer", status: 400 };
    const merged = rule === null ? undefined : host.rules[router.rules.indexOf(rule)];
    return merged === undefined ? { kind: "answer", status: 404 } : { kind: "rule", host, rule: merged };
  }

  routerOf(host: MergedHost): HostRouter {
    const known = this.#routers.get(host);
    if (known !== undefined) return known;
    const written = host.rules.filter(({ rule }) => rule.owner.kind !== "Edge");
    const isNginx = written.length > 0 && written.every(({ rule }) => rule.owner.dialect === "ingress-nginx");
    const router = buildHostRouter(
      host.hostname,
      host.rules.map((merged) => this.#ruleOf(merged)),
      isNginx,
    );
    this.#routers.set(host, router);
    return router;
  }

  #ruleOf({ rule }: MergedRule): Rule {
    const { match, timeouts, owner } = rule;
    const { path, method, headers, queryParams } = match;
    return {
      name: `${owner.namespace}/${owner.name}`,
      pathType: path.type,
      path: path.type === "RegularExpression" ? path.source : path.value,
      conditions: hasConditions(match) ? { method, headers, queryParams } : null,
      requestTimeout: timeouts.request,
      backendRequestTimeout: timeouts.backendRequest,
      ...this.#effectOf(rule),
    };
  }

  /** One object for all rules of the same effect: the matcher asks whether two patterns come to the same. */
  #effectOf({ backendRefs, policies, filters }: MergedRule["rule"]): Pick<Rule, "backends" | "policies"> {
    const backends = JSON.stringify(backendRefs.map(({ ref, weight }) => [ref, weight]));
    const key = `${backends} ${this.#textOf(policies)} ${this.#textOf(filters)}`;
    const known = this.#effects.get(key) ?? { backends: [], policies: { ...DEFAULT_RULE_POLICIES } };
    this.#effects.set(key, known);
    return known;
  }
}

/** Paths that a rule takes where no other one comes first. */
export function pathsOf({ rule }: MergedRule): readonly string[] {
  const { path } = rule.match;
  if (path.type === "RegularExpression") return sampleTexts(path.source);
  return path.type === "Exact" ? [path.value] : [path.value, `${path.value === "/" ? "" : path.value}/x`];
}

/** A rule in a sentence. */
export function ruleText({ rule }: MergedRule): string {
  const { path } = rule.match;
  if (path.type === "RegularExpression") return `the pattern ${JSON.stringify(path.written)}`;
  return `${path.type === "Exact" ? "Exact" : "Prefix"} ${JSON.stringify(path.value)}`;
}
