import type { Diagnostic, Position } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import type { BackendRef } from "../../ir/backend.ts";
import { overlaps, type Scope } from "../../ir/scope.ts";
import type { IngressBackend, Resource, ServiceBody } from "../../resources/resource.ts";

/** Services by `namespace/name`; several where clusters have their own manifests of one Service. */
export type ServiceIndex = ReadonlyMap<string, readonly Resource<ServiceBody>[]>;

export function indexServices(services: readonly Resource<ServiceBody>[]): ServiceIndex {
  const index = new Map<string, Resource<ServiceBody>[]>();
  for (const service of services) {
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    const known = index.get(key);
    if (known) known.push(service);
    else index.set(key, [service]);
  }
  return index;
}

export interface BackendReading {
  readonly ref: BackendRef;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a backend of an Ingress; ports are looked up in the Service manifests of the clusters in `scope`. */
export function readBackend(
  backend: IngressBackend,
  namespace: string,
  scope: Scope,
  services: ServiceIndex,
  at: Position,
): BackendReading {
  if (backend.type === "resource") {
    const { apiGroup, kind, name } = backend;
    const shown = apiGroup === "" ? kind : `${apiGroup}/${kind}`;
    return {
      ref: { ref: { kind: "Resource", apiGroup, resourceKind: kind, namespace, name }, weight: 1, at },
      diagnostics: [diagnose("EI2058", at, `the backend ${shown} ${name} is not served: requests answer 503`)],
    };
  }
  // The API server lets exactly one of the two through.
  const port = backend.port.number ?? backend.port.name ?? 0;
  return readServiceBackend({ namespace, name: backend.name, port }, scope, services, at);
}

/**
 * A Service as backend. Without a Service manifest the port stays as written: manifests often leave Services out, and
 * the cluster knows them. `at` is null for a backend that an option gave.
 */
export function readServiceBackend(
  written: { readonly namespace: string; readonly name: string; readonly port: number | string },
  scope: Scope,
  services: ServiceIndex,
  at: Position | null,
): BackendReading {
  const { namespace, name, port } = written;
  const present = (services.get(`${namespace}/${name}`) ?? []).filter((service) => overlaps(service.scope, scope));
  const diagnostics = present
    .filter((service) => service.body.type !== "ExternalName" && portNumber(service.body, port) === null)
    .map((service) => missingPort(service, port, at));
  return {
    ref: { ref: { kind: "Service", namespace, name, port: agreedPort(present, port) }, weight: 1, at },
    diagnostics,
  };
}

/** The number on which all manifests of the Service agree; a name that means different numbers stays a name. */
function agreedPort(present: readonly Resource<ServiceBody>[], port: number | string): number | string {
  const numbers = new Set(present.map((service) => portNumber(service.body, port)));
  const [only] = numbers;
  return numbers.size === 1 && only !== null && only !== undefined ? only : port;
}

function portNumber(service: ServiceBody, port: number | string): number | null {
  const found = service.ports.find(
    (candidate) => (typeof port === "number" ? candidate.port : candidate.name) === port,
  );
  return found?.port ?? null;
}

function missingPort(service: Resource<ServiceBody>, port: number | string, at: Position | null): Diagnostic {
  const { namespace, name } = service.metadata;
  const ports = service.body.ports.map((each) => (each.name === null ? `${each.port}` : `${each.port} (${each.name})`));
  const has = ports.length === 0 ? "it has none" : `it has ${ports.join(", ")}`;
  return diagnose("EI2057", at, `Service ${namespace}/${name} has no port ${port}: ${has}`, {
    related: [
      {
        message: `Service ${namespace}/${name} lists its ports here`,
        position: service.locate(["spec", "ports"], "key"),
      },
    ],
  });
}
