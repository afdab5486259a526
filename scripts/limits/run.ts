import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

/** What clients met at one host, and what the edge says of its limit. */
export interface Measured {
  readonly admitted: number;
  readonly refused: number;
  /** Answers that are neither 200 nor 429. */
  readonly other: number;
  /** Milliseconds of an admitted request. */
  readonly p50: number;
  readonly p99: number;
  /** Seconds from the first client's first request to the last one's last answer. */
  readonly span: number;
  readonly limit: ToldLimit | null;
}

/** A limit as `/.edge-ingress/limits` tells it, as far as it is used here. */
export interface ToldLimit {
  readonly id: string;
  readonly requests: number;
  readonly period: number;
  readonly burst: number;
  readonly mostHeld: number;
  readonly isolate: { readonly admitted: number; readonly asked: number; readonly failedOpen: number };
  readonly buckets: readonly {
    readonly admitted: number;
    readonly fullAt: number;
    readonly admittedSince: number;
    readonly lastAt: number;
    readonly refusedAt: number;
  }[];
}

interface Met {
  readonly statuses: Readonly<Record<string, number>>;
  readonly admittedIn: readonly number[];
  readonly beganAt: number;
  readonly endedAt: number;
}

const CLIENT = fileURLToPath(new URL("./client.ts", import.meta.url));

/** Asks a host from so many processes at once, for so long, as fast as they are answered. */
export async function measure(
  edge: { readonly port: number; readonly token: string },
  host: string,
  { clients, seconds }: { readonly clients: number; readonly seconds: number },
): Promise<Measured> {
  const met = await Promise.all(Array.from({ length: clients }, () => client(edge.port, host, seconds)));
  const count = (status: string) => met.reduce((sum, { statuses }) => sum + (statuses[status] ?? 0), 0);
  const all = met.reduce((sum, { statuses }) => sum + Object.values(statuses).reduce((a, b) => a + b, 0), 0);
  const times = met.flatMap(({ admittedIn }) => admittedIn).sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const limits = await toldLimits(edge);
  return {
    admitted: count("200"),
    refused: count("429"),
    other: all - count("200") - count("429"),
    p50: at(0.5),
    p99: at(0.99),
    span: (Math.max(...met.map(({ endedAt }) => endedAt)) - Math.min(...met.map(({ beganAt }) => beganAt))) / 1000,
    limit: limits.find(({ id }) => id.endsWith(`/${host.split(".")[0]}`)) ?? null,
  };
}

async function client(port: number, host: string, seconds: number): Promise<Met> {
  const child = fork(CLIENT, [`${port}`, host, `${seconds}`], { execArgv: [] });
  try {
    return await new Promise<Met>((resolve, reject) => {
      child.once("message", (met) => resolve(met as Met));
      child.once("disconnect", () => reject(new Error("a client process ended and told nothing")));
    });
  } finally {
    child.kill();
  }
}

async function toldLimits({ port, token }: { readonly port: number; readonly token: string }): Promise<ToldLimit[]> {
  const response = await fetch(`http://127.0.0.1:${port}/.edge-ingress/limits`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { limits } = (await response.json()) as { limits: ToldLimit[] };
  return limits;
}

/** A cluster that answers everything at once, in this process. */
export async function startBackend(): Promise<{ readonly port: number; close(): void }> {
  const server = createServer((_, response) => response.writeHead(200, { "content-length": 2 }).end("ok"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The manifests of a host without limits, and of one for each way, which has the name of its limit. */
export function manifestsFor(backendPort: number, limits: Readonly<Record<string, string>>): string {
  const hosts = ["plain", ...Object.keys(limits)];
  const cluster = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: only }
spec: { endpoint: "http://127.0.0.1:${backendPort}" }
`;
  const ingresses = hosts.map(
    (host) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${host}, namespace: test }
spec:
  rules:
    - host: ${host}.test
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`,
  );
  const policies = Object.entries(limits).map(
    ([name, terms]) => `apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: ${name}, namespace: test }
spec:
  targetRefs: [{ kind: Ingress, name: ${name} }]
  rateLimit: { limits: [{ name: ${name}, key: [], ${terms} }] }
`,
  );
  return [cluster, ...ingresses, ...policies].join("---\n");
}

export interface Verdict {
  readonly holds: boolean;
  readonly says: string;
}

/**
 * Whether a way kept its promise under a load that used the limit up. `exact`: as many as rate, time and burst come to, by
 * the object's clock, but for one. `leased`: no more than they and its permits come to by the clients', whose clock ran
 * longer, and 95 % of them at least.
 */
export function verdictOf(way: "exact" | "leased", { admitted, refused, other, span, limit }: Measured): Verdict {
  const [bucket] = limit?.buckets ?? [];
  if (limit === null || bucket === undefined || refused === 0) {
    return { holds: false, says: `${way}: nothing was refused: this machine is too slow for the rate` };
  }
  const { requests, period, burst, mostHeld } = limit;
  const after = (milliseconds: number) => Math.floor((requests * milliseconds) / period) + burst;
  const { fullAt, lastAt, refusedAt, admittedSince } = bucket;
  const usedUp = after(refusedAt - fullAt);
  const counted = way === "exact" ? admittedSince : admitted;
  const least = way === "exact" ? usedUp - 1 : Math.ceil(usedUp * 0.95);
  const most = way === "exact" ? after(lastAt - fullAt) + 1 : after(span * 1000) + mostHeld;
  const holds = counted >= least && counted <= most && other === 0;
  const rest = other === 0 ? "" : `, ${other} answers that are neither 200 nor 429`;
  return {
    holds,
    says: `${way}: ${counted} admitted, at least ${least}, at most ${most}${rest}: ${holds ? "holds" : "BROKEN"}`,
  };
}
