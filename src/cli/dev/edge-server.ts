import { readFile } from "node:fs/promises";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import type { Endpoint, EndpointUrl } from "../../compiler/index.ts";
import { SECRETS_NAMESPACE } from "../../table/policies/secret-ref.ts";
import { TABLES_NAMESPACE } from "../../table/publication.ts";
import { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS } from "./compatibility.ts";
import { LocalKeys } from "./local-keys.ts";
import { PortUnavailable, portIn } from "./ports.ts";
import type { LocalCounter, Served } from "./served.ts";

/** The real worker bundle on local workerd. */
export interface EdgeServer {
  readonly ports: EdgePorts;
  /** Serves another table from now on; requests in flight are cut. The same table and Secrets change nothing: false. */
  update(served: Served): Promise<boolean>;
  close(): Promise<void>;
}

/** On loopback; null: none. Where they are asked for, 0 is a free one. */
export interface EdgePorts {
  readonly http: number;
  /** What arrives there is taken for HTTPS: a TLS front hands it over in the clear. */
  readonly https: number | null;
  /** Requests say there themselves how they come (`edge-ingress test`). */
  readonly test: number | null;
}

export interface EdgeServerOptions {
  /** Path of the worker's bundle. */
  readonly worker: string;
  /** Loopback port of plain HTTP, 0: a free one. */
  readonly port: number;
  /** Whether there are the other ports; free ones. */
  readonly opensHttps?: boolean;
  readonly opensTest?: boolean;
  /** Opens `/.edge-ingress/status`. */
  readonly statusToken: string;
  /** Text bindings of the worker about published tables (`TABLE_KEYS`…); null: it follows none. */
  readonly tables?: Readonly<Record<string, string>> | null;
  /** Called with each line that the worker logs. */
  readonly onLog: (line: string) => void;
}

/** Names of the workers. */
const EDGE = "edge";
const HTTPS = "https-front";
const TEST = "test-front";

/** Marks what came through TLS: the worker reads the scheme from the URL, as it does on the platform. */
const HTTPS_FRONT = `export default {
  fetch: (request, env) => env.EDGE.fetch(new Request("https" + request.url.slice(4), request), { redirect: "manual" }),
};`;

/** Gives a request the scheme and the place of a client that its header `edge-ingress-test` names, and takes that off. */
const TEST_FRONT = `export default {
  fetch(request, env) {
    const headers = new Headers(request.headers);
    const { scheme, cf } = JSON.parse(headers.get("edge-ingress-test"));
    headers.delete("edge-ingress-test");
    const { method, body } = request;
    return env.EDGE.fetch(new Request(scheme + request.url.slice(4), { method, headers, body, redirect: "manual", cf }));
  },
};`;

/**
 * Starts workerd through miniflare. Sockets lead straight to the worker: miniflare's own entry would resolve dot
 * segments, believe X-Forwarded-Proto and set Accept-Encoding before the worker sees the request. Rejects with
 * `PortUnavailable`.
 */
export async function startEdgeServer(served: Served, options: EdgeServerOptions): Promise<EdgeServer> {
  const worker = await readFile(options.worker, "utf8");
  const keys = new LocalKeys(process.cwd());
  const { port, opensHttps = false, opensTest = false } = options;
  const asked = { http: port, https: opensHttps ? 0 : null, test: opensTest ? 0 : null };
  let miniflare: Miniflare | null = null;
  let ports: EdgePorts;
  try {
    miniflare = new Miniflare(miniflareOptions(worker, served, keys, options, asked));
    ports = await portsOf(miniflare, asked);
  } catch (error) {
    // It rejects with the same, when all is closed.
    await miniflare?.dispose().catch(() => undefined);
    keys.close();
    throw isInUse(error) ? new PortUnavailable(port, "EADDRINUSE") : error;
  }
  let current = served;
  return {
    ports,
    async update(next) {
      if (isSame(current, next)) return false;
      await miniflare.setOptions(miniflareOptions(worker, next, keys, options, ports));
      await miniflare.ready;
      current = next;
      return true;
    },
    async close() {
      await miniflare.dispose();
      keys.close();
    },
  };
}

function isSame(a: Served, b: Served): boolean {
  return Buffer.compare(a.table, b.table) === 0 && JSON.stringify(a.secrets) === JSON.stringify(b.secrets);
}

/** Those that workerd took. */
async function portsOf(miniflare: Miniflare, { https, test }: EdgePorts): Promise<EdgePorts> {
  const portOf = async (worker: string) => portIn(await miniflare.unsafeGetDirectURL(worker));
  return {
    http: await portOf(EDGE),
    https: https === null ? null : await portOf(HTTPS),
    test: test === null ? null : await portOf(TEST),
  };
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_ADDRESS_IN_USE";
}

function miniflareOptions(
  worker: string,
  served: Served,
  keys: LocalKeys,
  options: EdgeServerOptions,
  ports: EdgePorts,
): MiniflareOptions {
  const host = "127.0.0.1";
  const { tables = null } = options;
  const edge: MiniflareOptions["workers"][number] = {
    config: {
      name: EDGE,
      compatibilityDate: COMPATIBILITY_DATE,
      compatibilityFlags: [...COMPATIBILITY_FLAGS],
      manifest: {
        mainModule: "worker.js",
        modules: {
          "worker.js": { type: "esm", contents: worker },
          "table.bin": { type: "data", contents: served.table },
        },
      },
      env: {
        EDGE_INGRESS_LOCAL_CLIENT: { type: "text", value: host },
        EDGE_INGRESS_LOCAL_CERTIFICATES: { type: "text", value: "headers" },
        EDGE_INGRESS_STATUS_TOKEN: { type: "text", value: options.statusToken },
        EDGE_INGRESS_HEALTH: { type: "durable-object", worker: EDGE, exportName: "HealthMonitor" },
        EDGE_INGRESS_LIMITS: { type: "durable-object", worker: EDGE, exportName: "RateLimiter" },
        ...(tables === null ? {} : tablesOf(tables)),
        ...Object.fromEntries(served.counters.map(counterOf)),
        ...(served.usesKeys ? keys.env : {}),
        ...(served.usesSecretsInKv ? { [SECRETS_NAMESPACE]: { type: "kv" as const, id: SECRETS_NAMESPACE } } : {}),
        ...Object.fromEntries(
          Object.entries(served.secrets).map(([binding, value]) => [binding, { type: "text" as const, value }]),
        ),
        ...Object.fromEntries(served.endpoints.flatMap(bindingOf)),
        ...Object.fromEntries(served.services.map(({ binding, url }) => [binding, externalService(url)])),
      },
      // Its storage lies in miniflare's temporary directory: it outlives a reload, and not this process.
      exports: {
        HealthMonitor: { type: "durable-object", storage: "sqlite" },
        RateLimiter: { type: "durable-object", storage: "sqlite" },
      },
    },
    dev: { unsafeDirectSockets: [{ host, port: ports.http }] },
  };
  const fronts = [
    ...(ports.https === null ? [] : [frontOf(HTTPS, HTTPS_FRONT, host, ports.https)]),
    ...(ports.test === null ? [] : [frontOf(TEST, TEST_FRONT, host, ports.test)]),
  ];
  return {
    host,
    port: 0,
    enableDevRegistry: false,
    ...((served.usesKeys || served.usesSecretsInKv || tables !== null) && { resourcePersistencePath: keys.storage() }),
    logRequests: false,
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: ({ message }: { message: string }) => options.onLog(message),
    workers: [edge, ...fronts],
  };
}

/** A worker before the edge, on a port of its own. */
function frontOf(name: string, contents: string, host: string, port: number): MiniflareOptions["workers"][number] {
  return {
    config: {
      name,
      compatibilityDate: COMPATIBILITY_DATE,
      manifest: { mainModule: "front.js", modules: { "front.js": { type: "esm", contents } } },
      env: { EDGE: { type: "worker", worker: EDGE } },
    },
    dev: { unsafeDirectSockets: [{ host, port }] },
  };
}

/** The tables that `edge-ingress publish --local` publishes in the same directory. */
function tablesOf(texts: Readonly<Record<string, string>>) {
  const settings = Object.entries(texts).map(([name, value]) => [name, { type: "text" as const, value }] as const);
  return { [TABLES_NAMESPACE]: { type: "kv" as const, id: TABLES_NAMESPACE }, ...Object.fromEntries(settings) };
}

/** Of one counter all limits of its binding count, by their own keys. */
function counterOf({ binding, requests, period }: LocalCounter) {
  const counter = { type: "rate-limit" as const, namespace: binding, simple: { limit: requests, period } };
  return [binding, counter] as const;
}

type ExternalService = { readonly type: "external"; readonly address: string } & (
  | { readonly http: Record<string, never> }
  | { readonly https: { readonly certificateHost: string; readonly tlsOptions: { readonly trustBrowserCas: true } } }
);

function bindingOf({ transport, url }: Endpoint): [string, ExternalService][] {
  return transport.name === "service-binding" ? [[transport.binding, externalService(url)]] : [];
}

function externalService({ scheme, hostname, port }: EndpointUrl): ExternalService {
  const address = `${hostname}:${port}`;
  return scheme === "http"
    ? { type: "external", address, http: {} }
    : { type: "external", address, https: { certificateHost: hostname, tlsOptions: { trustBrowserCas: true } } };
}
