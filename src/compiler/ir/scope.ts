import { byText } from "../by-text.ts";

/**
 * The clusters in which a manifest exists: every cluster, or those whose `spec.manifests` name its file.
 * Names are sorted and without repetition.
 */
export type Scope =
  | { readonly kind: "every-cluster" }
  | { readonly kind: "clusters"; readonly names: readonly string[] };

/** The scope of a manifest that no Cluster claims. */
export const EVERY_CLUSTER: Scope = { kind: "every-cluster" };

/** True when a manifest of this scope exists in that cluster. */
export function inScope(scope: Scope, cluster: string): boolean {
  return scope.kind === "every-cluster" || scope.names.includes(cluster);
}

/** The clusters in which manifests of both scopes exist; null where there is none. */
export function intersection(a: Scope, b: Scope): Scope | null {
  if (a.kind === "every-cluster") return b;
  if (b.kind === "every-cluster") return a;
  const names = a.names.filter((name) => b.names.includes(name));
  return names.length === 0 ? null : { kind: "clusters", names };
}

/** True when at least one cluster has manifests of both scopes. */
export function overlaps(a: Scope, b: Scope): boolean {
  return intersection(a, b) !== null;
}

/** True when every cluster of `b` is one of `a`. */
export function covers(a: Scope, b: Scope): boolean {
  if (a.kind === "every-cluster") return true;
  return b.kind === "clusters" && b.names.every((name) => a.names.includes(name));
}

/** True when both are the same clusters, or every cluster. */
export function isSameScope(a: Scope, b: Scope): boolean {
  return covers(a, b) && covers(b, a);
}

/** The clusters in which a manifest of either scope exists. */
export function union(a: Scope, b: Scope): Scope {
  if (a.kind === "every-cluster" || b.kind === "every-cluster") return EVERY_CLUSTER;
  return { kind: "clusters", names: [...new Set([...a.names, ...b.names])].sort(byText) };
}

/** An order of scopes, every cluster first: for objects that nothing else tells apart. */
export function byScope(a: Scope, b: Scope): number {
  return byText(scopeText(a), scopeText(b));
}

function scopeText(scope: Scope): string {
  return scope.kind === "every-cluster" ? "" : scope.names.join(" ");
}
