import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEdgeServer } from "../../src/cli/dev/edge-server.ts";
import { servedBy } from "../../src/cli/dev/served.ts";
import { compiled } from "../support/compiled.ts";
import { fc } from "../support/properties.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";
import { type RawRequest, sendAll } from "./raw-client.ts";
import { hostReadings, isUnder, readingsOf } from "./readings.ts";
import { spelledHost, spelledPath } from "./spellings.ts";

/**
 * However a guarded path is spelled: what a server behind the edge may take for it never gets there without the guard.
 * The real worker on workerd, asked over sockets by bytes that no library has put in order, before a backend that keeps
 * the bytes it got.
 */
const WORKER = fileURLToPath(new URL("../../dist/edge/worker.js", import.meta.url));
const SPELLINGS = Number(process.env.SPELLINGS ?? 4_000);

/** A host's rules, and whether a reading of a path is one that its guard is for. */
interface Guarded {
  readonly host: string;
  /** Paths of the rules that nobody may use, and of those that everybody may. */
  readonly closed: readonly (readonly [path: string, pathType: string])[];
  readonly open: readonly (readonly [path: string, pathType: string])[];
  /** An authorization that denies paths, where no rule is for them alone. */
  readonly denied?: readonly object[];
  /** What the guarded Ingress lets the other one open below its own paths. */
  readonly unguarded?: string;
  /** The class of its Ingresses, for one that has habits. */
  readonly dialect?: "nginx";
  /** The paths are patterns. */
  readonly usesRegex?: boolean;
  readonly isGuarded: (path: string) => boolean;
  readonly words: readonly string[];
}

const HOSTS: readonly Guarded[] = [
  {
    host: "prefix.test",
    closed: [["/admin", "Prefix"]],
    open: [["/", "Prefix"]],
    isGuarded: (path) => isUnder(path, "/admin"),
    words: ["admin", "admin", "admin", "public", "users"],
  },
  {
    host: "deep.test",
    closed: [["/api/admin", "Prefix"]],
    open: [
      ["/", "Prefix"],
      ["/api", "Prefix"],
    ],
    isGuarded: (path) => isUnder(path, "/api/admin"),
    words: ["api", "admin", "api", "admin", "x"],
  },
  {
    host: "exact.test",
    closed: [
      ["/admin", "Exact"],
      ["/api/admin", "Exact"],
    ],
    open: [["/", "Prefix"]],
    isGuarded: (path) => path === "/admin" || path === "/api/admin",
    words: ["api", "admin", "admin", "x"],
  },
  {
    host: "open-part.test",
    closed: [["/", "Prefix"]],
    open: [["/public", "Prefix"]],
    unguarded: "/public",
    isGuarded: (path) => !isUnder(path, "/public"),
    words: ["public", "public", "admin"],
  },
  {
    host: "pattern.test",
    closed: [["/admin(/|$)(.*)", "ImplementationSpecific"]],
    open: [["/(.*)", "ImplementationSpecific"]],
    usesRegex: true,
    isGuarded: (path) => /^\/admin(\/|$)/i.test(path),
    words: ["admin", "admin", "ADMIN", "public", "users"],
  },
  {
    host: "pattern-end.test",
    closed: [["/(api/)?[a-z]*min$", "ImplementationSpecific"]],
    open: [
      ["/api", "Prefix"],
      ["/", "Prefix"],
    ],
    usesRegex: true,
    isGuarded: (path) => /^\/(api\/)?[a-z]*min$/i.test(path),
    words: ["api", "admin", "admin", "vitamin", "x"],
  },
  {
    host: "nginx.test",
    closed: [
      ["/admin", "Prefix"],
      ["/api/health", "Exact"],
    ],
    open: [
      ["/admin/open", "Prefix"],
      ["/api", "Prefix"],
    ],
    unguarded: "/admin/open",
    dialect: "nginx",
    isGuarded: (path) => (isUnder(path, "/admin") && !isUnder(path, "/admin/open")) || path === "/api/health",
    words: ["admin", "admin", "open", "api", "health"],
  },
  {
    host: "authorization.test",
    closed: [],
    open: [["/", "Prefix"]],
    denied: [
      { type: "PathPrefix", value: "/admin" },
      { type: "Exact", value: "/api/secret" },
    ],
    isGuarded: (path) => isUnder(path, "/admin") || path === "/api/secret",
    words: ["admin", "admin", "api", "secret", "x"],
  },
];

let backend: Recorder;
let edge: { readonly port: number; close(): Promise<void> };

beforeAll(async () => {
  backend = await startRecorder("web");
  const { output, diagnostics } = compiled(manifests(), { ingressClass: ["nginx", "plain"] });
  if (output === null) throw new Error(JSON.stringify(diagnostics));
  const server = await startEdgeServer(servedBy(output), {
    worker: WORKER,
    port: 0,
    statusToken: "attacks",
    onLog: () => undefined,
  });
  edge = { port: server.ports.http, close: () => server.close() };
});

afterAll(async () => {
  await edge?.close();
  await backend?.close();
});

describe.each(HOSTS)("$host", ({ host, words, isGuarded }) => {
  const isHost = (name: string) => hostReadings(name).has(host);
  const requestsOf = (made: fc.Arbitrary<{ target: string; host: string }>): RawRequest[] =>
    fc.sample(made, SPELLINGS).map((request, id) => ({ ...request, id }));

  async function bypassesOf(requests: readonly RawRequest[]) {
    backend.requests.length = 0;
    const statuses = await sendAll(edge.port, requests);
    const bypasses = backend.requests.filter(
      ({ path, headers }) => isHost(headers.host ?? "") && [...readingsOf(pathOf(path))].some(isGuarded),
    );
    const spelled = bypasses.map(({ path, headers }) => ({ ...requests[Number(headers["x-spelling"])], got: path }));
    return { bypasses: spelled.slice(0, 20), forwarded: backend.requests.length, statuses };
  }

  test(`${SPELLINGS} spellings of its paths`, async () => {
    const requests = requestsOf(spelledPath(words).map((target) => ({ target, host })));
    const { bypasses, forwarded, statuses } = await bypassesOf(requests);
    const counts = Object.groupBy(statuses, (status) => String(status));
    console.log(
      `${host}: ${Object.entries(counts)
        .map(([status, all]) => `${all?.length} × ${status}`)
        .join(", ")}`,
    );
    expect(bypasses).toEqual([]);
    // The guard is met, and doors that are open stay so: else nothing would have been tried.
    expect(statuses.filter((status) => status === 403).length).toBeGreaterThan(5);
    expect(forwarded).toBeGreaterThan(5);
  });

  test(`${SPELLINGS} spellings of its paths and of the host`, async () => {
    const plain = fc.tuple(spelledPath(words), spelledHost(host)).map(([target, name]) => ({ target, host: name }));
    const whole = fc
      .tuple(spelledPath(words), spelledHost(host), spelledHost(host))
      .map(([path, inUrl, name]) => ({ target: `http://${inUrl.trim()}${path}`, host: name }));
    const { bypasses } = await bypassesOf(requestsOf(fc.oneof(plain, whole)));
    expect(bypasses).toEqual([]);
  });
});

/** A target without scheme and host, which a proxy may get and pass on. */
function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, "");
}

function closedBut(unguarded?: string): Readonly<Record<string, string>> {
  return unguarded === undefined ? CLOSED : { ...CLOSED, "edge-ingress.dev/unguarded-paths": unguarded };
}

function manifests(): string {
  const cluster = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: only }
spec: { endpoint: "http://127.0.0.1:${backend.port}" }
`;
  // Whatever is taken for no host at all is open.
  const rest = ingress("rest", null, [["/", "Prefix"]], {}, "plain");
  const ofHosts = HOSTS.flatMap(({ host, closed, open, denied, unguarded, usesRegex, dialect = "plain" }) => [
    ...(closed.length === 0 ? [] : [ingress(`${host}-closed`, host, closed, closedBut(unguarded), dialect)]),
    ingress(`${host}-open`, host, open, usesRegex === true ? PATTERNS : {}, dialect),
    ...(denied === undefined ? [] : [denying(host, denied)]),
  ]);
  return [cluster, rest, ...ofHosts].join("---\n");
}

function denying(host: string, paths: readonly object[]): string {
  const authorization = { rules: [{ action: "Deny", when: { paths } }] };
  return `${JSON.stringify({
    apiVersion: "edge-ingress.dev/v1alpha1",
    kind: "EdgePolicy",
    metadata: { name: host },
    spec: { targetRefs: [{ kind: "Host", name: host }], authorization },
  })}\n`;
}

const PATTERNS = { "nginx.ingress.kubernetes.io/use-regex": "true" };
const CLOSED = { "nginx.ingress.kubernetes.io/allowlist-source-range": "203.0.113.1" };

function ingress(
  name: string,
  host: string | null,
  paths: Guarded["open"],
  annotations: Readonly<Record<string, string>>,
  ingressClassName: string,
): string {
  const backendOf = { service: { name: "web", port: { number: 80 } } };
  const http = { paths: paths.map(([path, pathType]) => ({ path, pathType, backend: backendOf })) };
  const rule = host === null ? { http } : { host, http };
  return `${JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, annotations },
    spec: { ingressClassName, rules: [rule] },
  })}\n`;
}
