import { stringify } from "yaml";
import type { AnswerName } from "../wire/backend.ts";

/** One thing that ingress-nginx does, with what is asked of both to see whether they do it alike. */
export interface Behaviour {
  readonly name: string;
  /** YAML, for the compiler and the oracle alike. */
  readonly manifests: string;
  /** Hosts that the requests name, beside variants of them. */
  readonly hosts: readonly string[];
  /** Paths that they ask for, beside variants of them. */
  readonly paths: readonly string[];
  /** Headers that some of the requests have, each with one of its values. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  /** What Services answer; `ok` and `own` unless said. */
  readonly answers?: readonly AnswerName[];
  readonly methods?: readonly string[];
  /** Half of the requests come by https. */
  readonly https?: boolean;
  /** Addresses of clients. */
  readonly clients?: readonly string[];
  /** Bytes of bodies. */
  readonly bodies?: readonly number[];
}

export interface IngressSketch {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** `host type path service`, a rule each: `shop.test Prefix /cart cart`; the host `*` is none, a host alone has no paths. */
  readonly rules: readonly string[];
  readonly tls?: boolean;
  /** Place in the order of creation. */
  readonly age?: number;
  readonly defaultBackend?: string;
}

const PREFIX = "nginx.ingress.kubernetes.io/";

/** An Ingress of the class nginx, in namespace `default`. */
export function ingress({
  name = "web",
  annotations = {},
  rules,
  tls = false,
  age = 1,
  defaultBackend,
}: IngressSketch): string {
  const written = rules.map((rule) => rule.split(" ") as [string, string, string, string]);
  const hosts = [...new Set(written.map(([host]) => host))].filter((host) => host !== "*");
  return stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace: "default",
      creationTimestamp: `2024-01-01T00:00:${String(age).padStart(2, "0")}Z`,
      annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [PREFIX + key, value])),
    },
    spec: {
      ingressClassName: "nginx",
      ...(defaultBackend === undefined ? {} : { defaultBackend: backend(defaultBackend) }),
      ...(tls ? { tls: [{ hosts, secretName: "certificate" }] } : {}),
      rules: written.map(([host, pathType, path, service]) => ({
        ...(host === "*" ? {} : { host }),
        ...(path === undefined ? {} : { http: { paths: [{ path, pathType, backend: backend(service) }] } }),
      })),
    },
  });
}

function backend(name: string) {
  return { service: { name, port: { number: 80 } } };
}

/** A Service of one port. */
export function service(name: string): string {
  const spec = { ports: [{ port: 80 }] };
  return stringify({ apiVersion: "v1", kind: "Service", metadata: { name, namespace: "default" }, spec });
}

export function secret(name: string, stringData: Readonly<Record<string, string>>): string {
  return stringify({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "default" }, stringData });
}

export function configMap(name: string, data: Readonly<Record<string, string>>): string {
  return stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data });
}

/** The ConfigMap of the controller itself. */
export function controllerConfig(data: Readonly<Record<string, string>>): string {
  const metadata = { name: "ingress-nginx-controller", namespace: "ingress-nginx" };
  return stringify({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
}

export function documents(...texts: readonly string[]): string {
  return texts.join("---\n");
}
