import type { PathMatch } from "../ir/match.ts";
import { ownerName } from "../ir/merge.ts";
import type { RouteRule } from "../ir/rule.ts";
import type { PolicyTargetRef } from "../resources/resource.ts";

/** The rules of all front ends, as targets look for them. */
export class TargetIndex {
  readonly #all: readonly RouteRule[];
  readonly #byOwner: ReadonlyMap<string, readonly RouteRule[]>;
  readonly #byHostname: ReadonlyMap<string, readonly RouteRule[]>;

  constructor(rules: readonly RouteRule[]) {
    this.#all = rules;
    this.#byOwner = Map.groupBy(rules, ({ owner }) => ownerName(owner));
    this.#byHostname = Map.groupBy(rules, ({ hostname }) => hostname);
  }

  /** The rules that a target reaches from a namespace. */
  reached(target: PolicyTargetRef, namespace: string): readonly RouteRule[] {
    switch (target.kind) {
      case "Edge":
        return this.#all;
      case "Ingress":
        return this.#byOwner.get(`Ingress ${namespace}/${target.name}`) ?? [];
      case "Host": {
        const own = this.ofHost(target.name).filter(({ owner }) => owner.namespace === namespace);
        const { path } = target;
        return path === null ? own : own.filter(({ match }) => isAtOrBelow(match.path, path));
      }
    }
  }

  ofHost(hostname: string): readonly RouteRule[] {
    return this.#byHostname.get(hostname) ?? [];
  }

  get hostnames(): readonly string[] {
    return [...this.#byHostname.keys()];
  }
}

/**
 * How specific a target is, the greater the more: Edge, Host, Ingress, Host with a path, and of paths the one with more
 * elements. Gateway API leaves the order of attachments to the policy (GEP-713); a path is the narrowest of these.
 */
export function specificity(target: PolicyTargetRef): number {
  switch (target.kind) {
    case "Edge":
      return 0;
    case "Host":
      return target.path === null ? 1 : INGRESS + 1 + elements(target.path);
    case "Ingress":
      return INGRESS;
  }
}

/** The specificity of an Ingress, and so of its annotations. */
export const INGRESS = 2;
/** Between the edge and a host. */
export const EXEMPTION = 0.5;

/** True for a path whose requests are all at or below another path, element by element. A pattern's can't be told. */
export function isAtOrBelow({ type, value }: PathMatch, path: string): boolean {
  return type !== "RegularExpression" && (path === "/" || value === path || value.startsWith(`${path}/`));
}

/** True where a rule takes requests at or below the path, and others as well, or where that can't be told. */
export function reachesAcross({ match: { path: own } }: RouteRule, path: string): boolean {
  if (own.type === "RegularExpression") return true;
  return own.type === "PathPrefix" && own.value !== path && (own.value === "/" || path.startsWith(`${own.value}/`));
}

function elements(path: string): number {
  return path.split("/").filter((element) => element !== "").length;
}

/** `Ingress shop/cart`, `host shop.example.com, path /api`, `the edge`. */
export function targetText(target: PolicyTargetRef, namespace: string): string {
  switch (target.kind) {
    case "Edge":
      return "the edge";
    case "Ingress":
      return `Ingress ${namespace}/${target.name}`;
    case "Host":
      return `host ${target.name}${target.path === null ? "" : `, path ${target.path}`}`;
  }
}
