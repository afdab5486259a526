import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { matchRule } from "../../table/match.ts";
import { normaliseHost, normalisePath } from "../../table/normalise.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { demoPage } from "./page.ts";

/** What the parent tells a demo cluster: the table whose Services it plays, and its fellows. */
export interface DemoMessage {
  /** Base64. */
  readonly table: string;
  readonly clusters: readonly DemoPeer[];
}

export interface DemoPeer {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
}

/** What a cluster tells of itself; `null` in a collection: it did not answer. */
export interface DemoCounts {
  readonly requests: number;
  readonly byService: Readonly<Record<string, number>>;
}

/** The Service that shows the page, and how long a fellow has to tell its counts, in milliseconds. */
const PAGE_SERVICE = "demo/page";
const PATIENCE = 500;

/**
 * Plays one cluster behind its ingress: reads the same routes as the edge and answers as the Service that a request
 * leads to, at a free port that it tells the parent. Runs until the parent goes away.
 */
export function runDemoCluster(name: string): void {
  let table: Table | null = null;
  let clusters: readonly DemoPeer[] = [];
  const byService: Record<string, number> = {};
  const counts = (): DemoCounts => ({
    requests: Object.values(byService).reduce((sum, count) => sum + count, 0),
    byService,
  });

  const server = createServer(async (request, response) => {
    if (request.url === "/.demo/counts") return json(response, counts());
    const service = table === null ? null : serviceFor(table, request);
    if (service === null) return text(response, 404, `nothing in cluster ${name} takes this request\n`);
    const [serviceName = ""] = service.split(":");
    if (serviceName === PAGE_SERVICE) {
      if (request.url?.startsWith("/counts")) return json(response, await collect(clusters, name, counts()));
      return html(response, demoPage(table as Table));
    }
    byService[serviceName] = (byService[serviceName] ?? 0) + 1;
    const { method, url, headers } = request;
    const short = serviceName.split("/")[1];
    const lines = [`${short} in cluster ${name}`, `${method} ${url}`, `Host: ${headers.host}`];
    for (const header of Object.keys(headers).filter((key) => /^(?:x|ssl-client)-/.test(key)))
      lines.push(`${header}: ${isSecret(table, header) ? "***" : headers[header]}`);
    response.setHeader("x-demo-service", service);
    response.setHeader("x-demo-cluster", name);
    return text(response, 200, `${lines.join("\n")}\n`);
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
  process.on("message", (message: DemoMessage) => {
    const bytes = Uint8Array.from(Buffer.from(message.table, "base64"));
    const opened = openTable(bytes.buffer);
    if (opened.ok) table = opened.table;
    clusters = message.clusters;
  });
  const end = () => process.exit(0);
  process.on("disconnect", end);
  process.on("SIGTERM", end);
  // A Ctrl-C reaches the whole group: the parent closes the edge first, then its clusters.
  process.on("SIGINT", () => undefined);
}

/** What tells this cluster that the edge has sent it: nothing for the page of a demo. */
function isSecret(table: Table | null, header: string): boolean {
  if (table === null) return false;
  const endpoints = Array.from({ length: table.endpointCount }, (_, index) => table.endpoint(index));
  return endpoints.some(({ cluster }) => cluster.originSecret?.header === header);
}

function serviceFor(table: Table, request: IncomingMessage): string | null {
  const host = normaliseHost(request.headers.host ?? "");
  const path = normalisePath((request.url ?? "/").split("?")[0] as string);
  if (!host.ok || !path.ok) return null;
  const router = table.routerFor(host.host);
  const view = { method: request.method ?? "GET", header: () => null, queryParam: () => null };
  return (router && matchRule(router, path.path, view)?.backends[0]?.name) ?? insideName(host.host);
}

/** A Service that the edge itself asks: it comes by its name inside the cluster. The demo's says yes to everybody. */
function insideName(host: string): string | null {
  const [, name, namespace = "default"] =
    /^([a-z0-9-]+)(?:\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?)?$/.exec(host) ?? [];
  return name === undefined || name === "localhost" ? null : `${namespace}/${name}`;
}

async function collect(clusters: readonly DemoPeer[], self: string, own: DemoCounts) {
  const all = clusters.map(async ({ name, port, pid }) => {
    if (name === self) return { name, pid, counts: own };
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/.demo/counts`, { signal: AbortSignal.timeout(PATIENCE) });
      return { name, pid, counts: await answer.json() };
    } catch {
      return { name, pid, counts: null };
    }
  });
  return { answeredBy: self, clusters: await Promise.all(all) };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}

function text(response: ServerResponse, status: number, body: string): void {
  send(response, status, "text/plain; charset=utf-8", body);
}

function json(response: ServerResponse, value: unknown): void {
  send(response, 200, "application/json", JSON.stringify(value));
}

function html(response: ServerResponse, body: string): void {
  send(response, 200, "text/html; charset=utf-8", body);
}
