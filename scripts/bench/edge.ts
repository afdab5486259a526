import { readFileSync } from "node:fs";
import { get } from "node:http";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { claimPort } from "../../src/cli/dev/ports.ts";
import { compiled } from "../../test/support/compiled.ts";
import { median, runLoad, startBackend } from "./load.ts";

const CONNECTIONS = 16;
const SECONDS = 1;
const ROUNDS = 11;

/** A worker of the run: what it is, its code, its table if it has one. */
interface Contestant {
  readonly name: string;
  readonly code: string;
  readonly table?: Uint8Array<ArrayBuffer>;
  /** Names under which it has the backend. */
  readonly bindings?: readonly string[];
}

/**
 * Requests per second through the edge, beside two workers that only forward, on the same miniflare, in turns. `fetch`:
 * the pass-through as one writes it, to the backend's URL. `binding`: the least that can be done, the request
 * handed untouched to the same service binding that the edge uses; what is above it is the price of X-Forwarded-*,
 * X-Request-ID both ways, hop-by-hop headers, a time limit and the match. `features`: the edge with a rewrite by a pattern,
 * headers both ways, a canary and CORS on its route, as ingress-nginx's annotations ask for them.
 */
export async function benchEdge(): Promise<void> {
  const backend = await startBackend();
  const address = `127.0.0.1:${backend.port}`;
  const code = readFileSync("dist/edge/worker.js", "utf8");
  const plainRoute = compileRoute(plainManifests(address));
  const features = compileRoute(featureManifests(address));
  const [binding = ""] = plainRoute.bindings;
  const contestants: readonly Contestant[] = [
    { name: "edge", code, ...plainRoute },
    { name: "features", code, ...features },
    {
      name: "fetch",
      code: `export default { fetch(request) {
        const url = new URL(request.url);
        url.host = "${address}";
        return fetch(new Request(url, request));
      } }`,
    },
    {
      name: "binding",
      code: `export default { fetch: (request, env) => env.${binding}.fetch(request) }`,
      bindings: [binding],
    },
  ];
  const ports = await Promise.all(contestants.map(() => claimPort(0)));
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    enableDevRegistry: false,
    logRequests: false,
    log: new Log(LogLevel.NONE),
    workers: contestants.map((contestant, index) => worker(contestant, ports[index] as number, address)),
  });
  try {
    await miniflare.ready;
    await checkFeatures(ports[1] as number);
    const rates = contestants.map(() => [] as number[]);
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [index, port] of ports.entries()) {
        const { rate } = await runLoad(port, REQUEST, CONNECTIONS, round === 0 ? SECONDS : SECONDS / 2);
        if (round > 0) rates[index]?.push(rate);
      }
    }
    const [edge, full, plain, least] = rates.map(median) as [number, number, number, number];
    for (const [index, { name }] of contestants.entries()) {
      console.log(`${name.padEnd(8)} ${Math.round(median(rates[index] as number[]))} requests/s (median of ${ROUNDS})`);
    }
    console.log(`ratio to a pass-through with fetch:             ${(edge / plain).toFixed(3)} (at least 0.90)`);
    console.log(`with rewrite, headers, canary and CORS:         ${(full / plain).toFixed(3)} (at least 0.85)`);
    console.log(`ratio to a pass-through over the same binding:  ${(edge / least).toFixed(3)}`);
  } finally {
    await miniflare.dispose();
    backend.close();
  }
}

const REQUEST =
  "GET /api/items/42?page=1 HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\nCookie: a=1; b=2\r\nOrigin: https://app.example.com\r\n\r\n";

function plainManifests(address: string): string {
  return `
apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: bench }
spec: { endpoint: "http://${address}" }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: bench }
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - { path: /api, pathType: Prefix, backend: { service: { name: api, port: { number: 80 } } } }
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
`;
}

/** Towards Services: there the edge does all of it itself. */
function featureManifests(address: string): string {
  const nginx = "nginx.ingress.kubernetes.io";
  const path = (service: string) =>
    `{ path: "/api(/|$)(.*)", pathType: ImplementationSpecific, backend: { service: { name: ${service}, port: { number: 80 } } } }`;
  const rules = (service: string) => `  rules: [{ host: shop.example.com, http: { paths: [${path(service)}] } }]`;
  return `
apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: bench }
spec:
  services:
    - { namespace: default, name: api, endpoint: "http://${address}" }
    - { namespace: default, name: next, endpoint: "http://${address}" }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: bench
  annotations:
    ${nginx}/rewrite-target: /$2
    ${nginx}/upstream-vhost: api.internal
    ${nginx}/enable-cors: "true"
    ${nginx}/cors-allow-origin: https://app.example.com
    ${nginx}/configuration-snippet: |
      more_set_headers "X-Frame-Options: DENY";
      proxy_set_header X-Edge bench;
spec:
${rules("api")}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: next
  annotations: { ${nginx}/canary: "true", ${nginx}/canary-weight: "10" }
spec:
${rules("next")}
`;
}

/** A route that does less than it is measured for would look fast. */
async function checkFeatures(port: number): Promise<void> {
  const headers = { origin: "https://app.example.com" };
  const text = await new Promise<string>((resolve, reject) => {
    const asked = get({ port, path: "/api/items/42?page=1", headers: { ...headers, host: "shop.example.com" } });
    asked.on("response", (answer) => {
      answer.resume();
      resolve(JSON.stringify({ status: answer.statusCode, ...answer.headers }));
    });
    asked.on("error", reject);
  });
  for (const part of [
    '"status":200',
    '"access-control-allow-origin":"https://app.example.com"',
    '"x-frame-options":"DENY"',
  ]) {
    if (!text.includes(part)) throw new Error(`the route of the bench does not do what it says: ${text}`);
  }
}

function compileRoute(manifests: string) {
  const { output, diagnostics } = compiled(manifests, { dialect: "ingress-nginx" });
  const transports = output?.router.endpoints.map(({ transport }) => transport) ?? [];
  const bindings = transports.flatMap((each) => (each.name === "service-binding" ? [each.binding] : []));
  if (output === null || bindings.length === 0) throw new Error(JSON.stringify(diagnostics));
  return { table: output.table, bindings: [...new Set(bindings)] };
}

function worker(
  { name, code, table, bindings = [] }: Contestant,
  port: number,
  address: string,
): MiniflareOptions["workers"][number] {
  const main = { "worker.js": { type: "esm" as const, contents: code } };
  return {
    config: {
      name,
      compatibilityDate: "2026-04-01",
      manifest: {
        mainModule: "worker.js",
        modules: table === undefined ? main : { ...main, "table.bin": { type: "data" as const, contents: table } },
      },
      env: {
        ...Object.fromEntries(bindings.map((binding) => [binding, { type: "external", address, http: {} }])),
        EDGE_INGRESS_LOCAL_CLIENT: { type: "text", value: "127.0.0.1" },
      },
    },
    dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port }] },
  };
}
