import { cluster } from "./cluster.ts";
import { configMap } from "./config-map.ts";
import { edgePolicy } from "./edge-policy.ts";
import { ingress } from "./ingress.ts";
import { ingressClass } from "./ingress-class.ts";
import { secret } from "./secret.ts";
import { service } from "./service.ts";

/** Every kind that is read. A new one is a file beside this and a line here. */
export const KINDS = [cluster, configMap, edgePolicy, ingress, ingressClass, secret, service] as const;

/** Kinds that are known by name. */
interface NamedKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Kinds of ours that other commands read: they may lie beside manifests. */
export const READ_ELSEWHERE: readonly NamedKind[] = [{ apiVersion: "edge-ingress.dev/v1alpha1", kind: "RouteTest" }];

/** What the compiler itself writes: it may lie among the manifests, and says nothing about them. */
export const WRITTEN_BY_US: readonly NamedKind[] = [{ apiVersion: "edge-ingress.dev/v1alpha1", kind: "CompileReport" }];
