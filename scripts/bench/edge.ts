import { readFileSync } from "node:fs";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { claimPort } from "../../src/cli/dev/ports.ts";
import { compile } from "../../src/compiler/index.ts";
import { median, runLoad, startBackend } from "./load.ts";

const CONNECTIONS = 16;
const SECONDS = 1;
const ROUNDS = 11;

/** A worker of the run: what it is, its code, its table if it has one. */
interface Contestant {
  readonly name: string;
  readonly code: string;
  readonly table?: Uint8Array<ArrayBuffer>;
}

/**
 * Requests per second through the edge, beside two workers that only forward, on the same miniflare, in turns. `fetch`:
 * the pass-through as one writes it, to the backend's URL. `binding`: the least that can be done, the request
 * handed untouched to the same service binding that the edge uses; what is above it is the price of X-Forwarded-*,
 * X-Request-ID both ways, hop-by-hop headers, a time limit and the match.
 */
export async function benchEdge(): Promise<void> {
  const backend = await startBackend();
  const address = `127.0.0.1:${backend.port}`;
  const { table, binding } = compileRoute(address);
  const contestants: readonly Contestant[] = [
    { name: "edge", code: readFileSync("dist/edge/worker.js", "utf8"), table },
    {
      name: "fetch",
      code: `export default { fetch(request) {
        const url = new URL(request.url);
        url.host = "${address}";
        return fetch(new Request(url, request));
      } }`,
    },
    { name: "binding", code: `export default { fetch: (request, env) => env.${binding}.fetch(request) }` },
  ];
  const ports = await Promise.all(contestants.map(() => claimPort(0)));
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    enableDevRegistry: false,
    logRequests: false,
    log: new Log(LogLevel.NONE),
    workers: contestants.map((contestant, index) => worker(contestant, ports[index] as number, binding, address)),
  });
  try {
    await miniflare.ready;
    const rates = contestants.map(() => [] as number[]);
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [index, port] of ports.entries()) {
        const { rate } = await runLoad(port, REQUEST, CONNECTIONS, round === 0 ? SECONDS : SECONDS / 2);
        if (round > 0) rates[index]?.push(rate);
      }
    }
    const [edge, plain, least] = rates.map(median) as [number, number, number];
    for (const [index, { name }] of contestants.entries()) {
      console.log(`${name.padEnd(8)} ${Math.round(median(rates[index] as number[]))} requests/s (median of ${ROUNDS})`);
    }
    console.log(`ratio to a pass-through with fetch:             ${(edge / plain).toFixed(3)} (at least 0.90)`);
    console.log(`ratio to a pass-through over the same binding:  ${(edge / least).toFixed(3)}`);
  } finally {
    await miniflare.dispose();
    backend.close();
  }
}

const REQUEST =
  "GET /api/items/42?page=1 HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\nCookie: a=1; b=2\r\n\r\n";

function compileRoute(address: string) {
  const manifests = `
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
  const { output, diagnostics } = compile(["-"], {
    cwd: process.cwd(),
    readStdin: () => manifests,
    ingressClass: [],
    controller: [],
    defaultBackend: null,
    platform: "workerd",
    zones: [],
    trustedProxies: [],
  });
  const transport = output?.router.endpoints[0]?.transport;
  if (output === null || transport?.name !== "service-binding") throw new Error(JSON.stringify(diagnostics));
  return { table: output.table, binding: transport.binding };
}

function worker(
  { name, code, table }: Contestant,
  port: number,
  binding: string,
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
        [binding]: { type: "external", address, http: {} },
        EDGE_INGRESS_LOCAL_CLIENT: { type: "text", value: "127.0.0.1" },
      },
    },
    dev: { unsafeDirectSockets: [{ host: "127.0.0.1", port }] },
  };
}
