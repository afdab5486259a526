import type { Position } from "../../../../src/compiler/diagnostics/diagnostic.ts";
import type { ServedResource } from "../../../../src/compiler/frontends/ingress/dialect.ts";
import type { Dialect } from "../../../../src/compiler/ir/dialect.ts";
import { EVERY_CLUSTER, type Scope } from "../../../../src/compiler/ir/scope.ts";
import type {
  ConfigMapBody,
  IngressBackend,
  IngressBody,
  IngressClassBody,
  IngressPath,
  Metadata,
  Resource,
  ResourceSet,
  ServiceBody,
} from "../../../../src/compiler/resources/resource.ts";

/** The scope of one or more clusters, by name. */
export function inClusters(...names: string[]): Scope {
  return { kind: "clusters", names };
}

/** A resource whose positions are readable: `file` is the object's name and the path of the value. */
function resource<Body>(name: string, body: Body, metadata: Partial<Metadata>, scope: Scope): Resource<Body> {
  const full: Metadata = { namespace: "shop", name, annotations: {}, createdAt: null, ...metadata };
  return {
    metadata: full,
    body,
    scope,
    locate(path, part = "value"): Position {
      return { file: `${name}:${path.join(".")}${part === "key" ? ":key" : ""}`, line: 1, column: 1, length: 1 };
    },
  };
}

export function ingress(
  name: string,
  body: Partial<IngressBody> = {},
  metadata: Partial<Metadata> = {},
  scope: Scope = EVERY_CLUSTER,
  dialect: Dialect = "kubernetes",
): ServedResource {
  const full = { ingressClassName: null, defaultBackend: null, rules: [], tls: [], loadBalancer: [], ...body };
  return { ...resource(name, full, metadata, scope), dialect };
}

export function ingressClass(
  name: string,
  controller: string,
  isDefault = false,
  scope: Scope = EVERY_CLUSTER,
): Resource<IngressClassBody> {
  return resource(name, { controller, isDefault }, { namespace: "" }, scope);
}

export function service(
  name: string,
  ports: ServiceBody["ports"],
  body: Partial<ServiceBody> = {},
  scope: Scope = EVERY_CLUSTER,
): Resource<ServiceBody> {
  const full: ServiceBody = { type: "ClusterIP", externalName: null, ports, loadBalancer: [], ...body };
  return resource(name, full, {}, scope);
}

/** A ConfigMap of the namespace in which the controller is. */
export function configMap(name: string, data: Readonly<Record<string, string>>): Resource<ConfigMapBody> {
  return resource(name, { data }, { namespace: "ingress-nginx" }, EVERY_CLUSTER);
}

/** A Service backend; a port is a number or a name. */
export function to(name: string, port: number | string = 80): IngressBackend {
  const ref = typeof port === "number" ? { number: port, name: null } : { number: null, name: port };
  return { type: "service", name, port: ref };
}

export function path(
  value: string,
  pathType: IngressPath["pathType"] = "Prefix",
  backend: IngressBackend = to("web"),
): IngressPath {
  return { path: value, pathType, backend };
}

export function resources(some: Partial<ResourceSet>): ResourceSet {
  return {
    ingresses: [],
    ingressClasses: [],
    services: [],
    secrets: [],
    configMaps: [],
    clusters: [],
    edgePolicies: [],
    ...some,
  };
}
