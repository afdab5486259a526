import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { compiled } from "../../test/support/compiled.ts";
import { startEdge } from "../chaos/edge.ts";
import { type Publisher, startPublisher } from "./publisher.ts";

export interface PublishLoad {
  readonly seconds: number;
  /** Table changes in that time, evenly spread. */
  readonly changes: number;
  /** Requests a second. */
  readonly rate: number;
  /** Hosts that they are for, one after the other, of a table in shards; absent: one host, of a whole table. */
  readonly hosts?: number;
}

/** One answer, and what each part of it says about the table that made it; null: nothing, or another answer than 200. */
interface Answer {
  readonly status: number | null;
  /** By the header of the edge's own. */
  readonly table: string | null;
  /** By what the table's route told the cluster, and what it told the client. */
  readonly asked: string | null;
  readonly answered: string | null;
  readonly error: string | null;
}

export interface PublishResults {
  readonly requests: number;
  /** Requests without an answer of 200. */
  readonly failed: readonly Answer[];
  /** Answers whose parts are not of one table. */
  readonly mixed: readonly Answer[];
  /** Seconds from the first request under changes to the last answer. */
  readonly took: number;
  /** Tables that answered a request. */
  readonly served: number;
  /** What was published and can't be served, with what the edge said of it, and what served meanwhile. */
  readonly refusals: readonly {
    readonly what: string;
    readonly problem: string | null;
    readonly version: number | null;
    /** Whether it is what was to be said of it, and was said in time. */
    readonly isExpected: boolean;
  }[];
}

const TOKEN = "publish-load";
/** Milliseconds that a request has for its answer: a slow machine is no failure. */
const LIMIT = 60_000;
/** Holds the load of a machine that can't keep up, which would else measure its own queue. */
const MOST_AT_ONCE = 100;
/** Two hosts or three in each shard. */
const SHARD_BYTES = 1_000;
/** Milliseconds that the cluster takes for half of the requests, so that tables change while they are under way. */
const SLOW = 150;

/** Changes tables under load on a real `dev`, then publishes what can't be served. */
export async function publishLoad({ seconds, changes, rate, hosts = 1 }: PublishLoad): Promise<PublishResults> {
  const directory = mkdtempSync(join(tmpdir(), "edge-ingress-publish-"));
  const cluster = await startCluster();
  const closers: (() => Promise<void>)[] = [cluster.close];
  let said = () => "";
  try {
    mkdirSync(join(directory, "manifests"));
    const manifests = (version: number) => manifestsOf(cluster.port, version, hosts);
    writeFileSync(join(directory, "manifests/in.yaml"), manifests(0));
    const publisher = await startPublisher(directory, hosts === 1 ? undefined : SHARD_BYTES);
    closers.unshift(publisher.close);
    const edge = await startEdge("manifests", 0, { cwd: directory, env: edgeEnvironment(publisher) });
    closers.unshift(edge.stop);
    said = edge.stderr;
    const tables = Array.from({ length: changes + 1 }, (_, index) => tableOf(manifests(index)));
    let version = 0;
    let publishing = Promise.resolve();
    const start = performance.now();
    const answers = await runLoad({ port: edge.port, rate, seconds, hosts }, (index) => {
      // By requests and not by time, so that tables change in the midst of them on a slow machine too.
      if ((index / rate) * changes < (version + 0.5) * seconds) return;
      const next = ++version;
      publishing = publishing.then(() => publisher.publish(tables[next] as Uint8Array<ArrayBuffer>, next));
    });
    const took = (performance.now() - start) / 1000;
    await publishing;
    // What is older than the last one is that only where the last one serves.
    await toldOnce(edge.port, ({ version }) => version === changes);
    const refusals = await publishUnservable(publisher, edge.port, tables, changes);
    const later = await runLoad({ port: edge.port, rate, seconds: 1, hosts });
    return { ...judge([...answers, ...later]), took, refusals };
  } catch (error) {
    throw new Error(`the edge said:\n${said().slice(-2_000)}`, { cause: error });
  } finally {
    for (const close of closers) await close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether the edge said the right thing of what can't be served, in time, and the last good table serves on. */
export function isRefused({ isExpected, version }: PublishResults["refusals"][number], last: number): boolean {
  return isExpected && version === last;
}

function judge(answers: readonly Answer[]): Omit<PublishResults, "took" | "refusals"> {
  const failed = answers.filter(({ status }) => status !== 200);
  const whole = answers.filter(({ status }) => status === 200);
  const mixed = whole.filter(({ table, asked, answered }) => table === null || table !== asked || table !== answered);
  return { requests: answers.length, failed, mixed, served: new Set(whole.map(({ table }) => table)).size };
}

async function publishUnservable(
  publisher: Publisher,
  port: number,
  tables: readonly Uint8Array<ArrayBuffer>[],
  last: number,
): Promise<PublishResults["refusals"]> {
  const good = tables[last] as Uint8Array<ArrayBuffer>;
  const other = tables[0] as Uint8Array<ArrayBuffer>;
  const newer = other.slice();
  new DataView(newer.buffer).setUint16(4, 99, true);
  const flipped = (bytes: Uint8Array) => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);
  const cases: readonly [what: string, publish: () => Promise<void>, reported: RegExp][] = [
    ["truncated", () => publisher.publish(other, last + 1, { damage: (bytes) => bytes.slice(0, -4) }), /bytes of/],
    ["tampered with", () => publisher.publish(other, last + 2, { damage: flipped }), /not the one that was signed/],
    ["downgraded", () => publisher.publish(other, last - 1), /is older than/],
    ["of a table format that is too new", () => publisher.publish(newer, last + 3), /table is of another format/],
    [
      "of a publication format that is too new",
      () => publisher.publish(good, last + 4, { claim: { format: 4 } }),
      /it is of another format/,
    ],
  ];
  const refusals: PublishResults["refusals"][number][] = [];
  for (const [what, publish, reported] of cases) {
    await publish();
    const told = await toldOnce(port, ({ problem }) => reported.test(problem ?? ""));
    refusals.push({ what, ...told, isExpected: reported.test(told.problem ?? "") });
  }
  return refusals;
}

interface Told {
  readonly problem: string | null;
  readonly version: number | null;
}

/** What the edge tells once it is what is waited for, or when its time is over. */
async function toldOnce(port: number, isAwaited: (told: Told) => boolean): Promise<Told> {
  const deadline = Date.now() + LIMIT;
  let told = await status(port);
  while (!isAwaited(told) && Date.now() < deadline) {
    await pause(20);
    told = await status(port);
  }
  return told;
}

async function status(port: number): Promise<Told> {
  const response = await fetch(`http://127.0.0.1:${port}/.edge-ingress/status`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const { published } = (await response.json()) as { published: { problem: string | null; version: number | null } };
  return { problem: published.problem, version: published.version };
}

function edgeEnvironment({ publicKey }: Publisher) {
  return {
    EDGE_INGRESS_TABLE_KEYS: publicKey,
    EDGE_INGRESS_TABLE_REFRESH: "50",
    EDGE_INGRESS_TABLE_HEADER: "x-edge-table",
    EDGE_INGRESS_STATUS_TOKEN: TOKEN,
  };
}

/**
 * Requests go out at fixed times, whether or not those before are answered, but for `MOST_AT_ONCE`. `onRequest`: told the
 * number of each before it is sent.
 */
async function runLoad(
  { port, rate, seconds, hosts }: Pick<Required<PublishLoad>, "rate" | "seconds" | "hosts"> & { readonly port: number },
  onRequest: (index: number) => void = () => undefined,
): Promise<Answer[]> {
  // Less than workerd's 5 s, so that no request meets a connection that is being closed.
  const agent = new Agent({ keepAlive: true, timeout: 3_000 });
  const start = performance.now();
  const all: Promise<Answer>[] = [];
  const underWay = new Set<Promise<Answer>>();
  for (let index = 0; index < rate * seconds; index++) {
    const early = start + (index * 1000) / rate - performance.now();
    if (early > 0) await pause(early);
    while (underWay.size >= MOST_AT_ONCE) await Promise.race(underWay);
    onRequest(index);
    const asking = ask(port, hostname(index % hosts), agent);
    underWay.add(asking);
    all.push(asking.finally(() => underWay.delete(asking)));
  }
  const answers = await Promise.all(all);
  agent.destroy();
  return answers;
}

function ask(port: number, host: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve) => {
    const nothing = { table: null, asked: null, answered: null };
    const sent = request(
      { host: "127.0.0.1", port, agent, path: "/", headers: { host }, timeout: LIMIT },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("error", (error) => resolve({ status: null, ...nothing, error: error.message }));
        response.on("end", () => {
          const header = (name: string) => String(response.headers[name] ?? "");
          const [, table = null] = /^(?:bundled|(\d+))-/.exec(header("x-edge-table")) ?? [];
          const isBundled = header("x-edge-table").startsWith("bundled-");
          resolve({
            status: response.statusCode ?? null,
            table: isBundled ? "0" : table,
            asked: body,
            answered: header("x-answered-by"),
            error: null,
          });
        });
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
    sent.on("error", (error) => resolve({ status: null, ...nothing, error: error.message }));
    sent.end();
  });
}

/** Answers with what the route told it; every other time late. */
async function startCluster() {
  let count = 0;
  const server = createServer((incoming, response) => {
    const answer = () => response.end(incoming.headers["x-asked-by"] ?? "nobody");
    if (count++ % 2 === 0) answer();
    else setTimeout(answer, SLOW);
  });
  // An idle connection that it closes may meet a request that the edge sends just then.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: (server.address() as AddressInfo).port, close };
}

const hostname = (index: number) => `host-${index}.test`;

/** Routes that tell the cluster and the client of which version they are: one for each host. */
function manifestsOf(port: number, version: number, hosts: number): string {
  const rules = Array.from(
    { length: hosts },
    (_, index) => `    - host: ${hostname(index)}
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
`,
  );
  return `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: one }
spec: { endpoint: "http://127.0.0.1:${port}", circuitBreaker: { maxPendingRequests: 100000, maxRequests: 100000 } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  rules:
${rules.join("")}---
apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: version, namespace: shop }
spec:
  targetRefs: [{ kind: Ingress, name: web }]
  headers:
    request: { set: [{ name: X-Asked-By, value: "${version}" }] }
    response: { set: [{ name: X-Answered-By, value: "${version}" }] }
`;
}

function tableOf(manifests: string): Uint8Array<ArrayBuffer> {
  const { output, diagnostics } = compiled(manifests);
  if (output === null) throw new Error(JSON.stringify(diagnostics));
  return output.table;
}
