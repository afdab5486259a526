import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments, stringify } from "yaml";
import { startEdgeServer } from "../../src/cli/dev/edge-server.ts";
import { startHttpsFront } from "../../src/cli/dev/https-front.ts";
import { servedBy } from "../../src/cli/dev/served.ts";
import { type CompileResult, compile } from "../../src/compiler/index.ts";
import type { NginxCase } from "./ingress-nginx-cases.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

const WORKER = fileURLToPath(new URL("../../dist/edge/worker.js", import.meta.url));
const API_VERSION = "edge-ingress.dev/v1alpha1";
const PREFIX = "nginx.ingress.kubernetes.io/";

/** A case as its user would give it to the compiler, and the Services that it speaks of. */
export interface World {
  readonly result: CompileResult;
  readonly backends: readonly Recorder[];
  /** Takes the place of whatever service outside of the clusters is asked. */
  readonly auth: Recorder;
  /** The edge over what was compiled; asked for where there is something. */
  serve(): Promise<Edge>;
  close(): Promise<void>;
}

export interface Edge {
  readonly port: number;
  readonly httpsPort: number;
  close(): Promise<void>;
}

/** `lenient`: as with `--lenient`. */
export async function worldOf(one: NginxCase, { lenient }: { readonly lenient: boolean }): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), "ingress-nginx-"));
  const documents = parseAllDocuments(one.manifests).map((document) => document.toJS());
  const backends = await Promise.all(servicesOf(documents).map(startRecorder));
  const auth = await startRecorder("auth");
  writeFileSync(join(directory, "manifests.yaml"), one.manifests);
  writeFileSync(join(directory, "more.yaml"), [...backendsOf(backends), ...given(one)].map(stringified).join("---\n"));
  const result = compile([directory], {
    cwd: directory,
    readStdin: () => "",
    ingressClass: ["nginx"],
    controller: [],
    defaultBackend: null,
    platform: "workerd",
    lenient,
    zones: [],
    trustedProxies: one.configMap["use-forwarded-headers"] === "true" ? ["0.0.0.0/0", "::/0"] : [],
  });
  return {
    result,
    backends,
    auth,
    serve: () => serve(result, auth),
    close: async () => {
      await Promise.all([auth, ...backends].map((backend) => backend.close()));
      rmSync(directory, { recursive: true });
    },
  };
}

interface Written {
  readonly kind?: string;
  readonly metadata?: { readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** `namespace/name:port` of every Service that an Ingress names; named ports by the Service's manifest. */
function servicesOf(documents: readonly Written[]): string[] {
  const names = documents.flatMap((document) => {
    const namespace = document.metadata?.namespace ?? "default";
    if (document.kind === "Service") {
      const { metadata, spec } = document as { metadata: { name: string }; spec: { ports: { port: number }[] } };
      return spec.ports.map(({ port }) => `${namespace}/${metadata.name}:${port}`);
    }
    const fallback = document.metadata?.annotations?.[`${PREFIX}default-backend`];
    const references = [
      ...JSON.stringify(document).matchAll(/"service":\{"name":"([^"]+)","port":\{"number":(\d+)\}\}/g),
    ];
    return [
      ...references.map(([, name, port]) => `${namespace}/${name}:${port}`),
      ...(fallback === undefined ? [] : [`${namespace}/${fallback}:80`]),
    ];
  });
  return [...new Set(names)];
}

/** One cluster with a load balancer for each Service: nothing but the edge does what the annotations say. */
function backendsOf(backends: readonly Recorder[]): unknown[] {
  const services = backends.map(({ name, port }) => {
    const [namespace, service, number] = name.split(/[/:]/);
    return { namespace, name: service, port: Number(number), endpoint: `http://127.0.0.1:${port}` };
  });
  return [{ apiVersion: API_VERSION, kind: "Cluster", metadata: { name: "only" }, spec: { services } }];
}

/** The case's Secrets and the controller's ConfigMap, as manifests. */
function given({ secrets, configMap }: NginxCase): unknown[] {
  const asSecrets = Object.entries(secrets).map(([reference, stringData]) => {
    const [namespace, name] = reference.split("/");
    return { apiVersion: "v1", kind: "Secret", metadata: { namespace, name }, type: "Opaque", stringData };
  });
  if (Object.keys(configMap).length === 0) return asSecrets;
  const metadata = { namespace: "ingress-nginx", name: "ingress-nginx-controller" };
  return [...asSecrets, { apiVersion: "v1", kind: "ConfigMap", metadata, data: configMap }];
}

const stringified = (document: unknown) => stringify(document);

async function serve({ output }: CompileResult, auth: Recorder): Promise<Edge> {
  if (output === null) throw new Error("nothing was compiled");
  const url = { scheme: "http", hostname: "127.0.0.1", port: auth.port } as const;
  const services = output.router.services.map((service) => ({ ...service, url }));
  const edge = await startEdgeServer(
    { ...servedBy(output), services },
    { worker: WORKER, port: 0, opensHttps: true, statusToken: "conformance", onLog: () => undefined },
  );
  const hosts = output.router.hosts.map(({ hostname }) => hostname);
  const front = await startHttpsFront(0, edge.ports.https as number, hosts);
  return {
    port: edge.ports.http,
    httpsPort: front.port,
    close: async () => {
      await front.close();
      await edge.close();
    },
  };
}
