import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { startEdgeServer } from "../../src/cli/dev/edge-server.ts";
import { startHttpsFront } from "../../src/cli/dev/https-front.ts";
import { servedBy } from "../../src/cli/dev/served.ts";
import { type CompileResult, compile } from "../../src/compiler/index.ts";
import { matchRule } from "../../src/table/match.ts";
import { openTable } from "../../src/table/reader.ts";
import { type ConformanceCase, type ConformanceRequest, readConformance } from "../support/conformance.ts";
import { type EchoServer, startEcho } from "../support/echo.ts";
import { send } from "../support/request.ts";

const WORKER = fileURLToPath(new URL("../../dist/edge/worker.js", import.meta.url));

const total = { passed: 0, cases: 0 };

for (const file of ["ingress-conformance.json", "ingress-docs.json"]) {
  const cases = readConformance(file);
  if (cases === null) {
    test.skip(`${file}: ../shared/conformance does not stand beside the project`);
    continue;
  }
  total.cases += cases.length;
  describe(file, () => {
    let passed = 0;
    test.each(cases)("$name", async (one) => {
      await runCase(one);
      passed++;
      total.passed++;
    });
    afterAll(() => console.log(`${file}: ${passed} of ${cases.length} cases`));
  });
}

afterAll(() => {
  if (total.cases > 0) console.log(`Ingress conformance: ${total.passed} of ${total.cases}`);
});

async function runCase(one: ConformanceCase): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "conformance-"));
  const replicas = Math.max(1, ...one.requests.map(({ endpoints }) => endpoints ?? 1));
  const backends = await startBackends(one.manifests, replicas);
  try {
    writeFileSync(join(directory, "manifests.yaml"), one.manifests);
    writeFileSync(join(directory, "clusters.yaml"), clustersFor(backends, replicas));
    const result = compile([directory], {
      cwd: directory,
      readStdin: () => "",
      ingressClass: one.config?.ingressClass === undefined ? [] : [one.config.ingressClass],
      controller: one.config?.controller === undefined ? [] : [one.config.controller],
      defaultBackend: null,
      platform: "workerd",
      zones: [],
      trustedProxies: [],
    });
    if (one.compile?.valid === false) {
      expectRejected(one, result);
      return;
    }
    if (result.output === null) throw new Error(JSON.stringify(result.diagnostics, null, 2));
    if (one.compile?.served === false) {
      const from = result.output.report.hosts.flatMap(({ rules }) => rules.map((rule) => rule.from));
      expect(from).not.toContain(`Ingress ${one.compile.ingress}`);
    }
    await sendAll(one, result.output, backends);
  } finally {
    await Promise.all(backends.map((backend) => backend.close()));
    rmSync(directory, { recursive: true });
  }
}

/** A backend for every port of every Service, in so many replicas; the name is that of the `expect`. */
async function startBackends(manifests: string, replicas: number): Promise<EchoServer[]> {
  const services = parseAllDocuments(manifests)
    .map((document) => document.toJS())
    .filter((value) => value?.kind === "Service");
  const names = services.flatMap(({ metadata, spec }) =>
    (spec.ports as { port: number }[]).map(({ port }) => `${metadata.namespace ?? "default"}/${metadata.name}:${port}`),
  );
  return Promise.all(Array.from({ length: replicas }, () => names.map(startEcho)).flat());
}

/** One cluster per replica, so that every backend is an endpoint of its own. */
function clustersFor(backends: readonly EchoServer[], replicas: number): string {
  const perCluster = backends.length / replicas;
  return Array.from({ length: replicas }, (_, index) => {
    const services = backends.slice(index * perCluster, (index + 1) * perCluster).map(({ name, port }) => {
      const [namespace, service, number] = name.split(/[/:]/);
      return { namespace, name: service, port: Number(number), endpoint: `http://127.0.0.1:${port}` };
    });
    const metadata = { name: `cluster-${index}` };
    return stringify({ apiVersion: "edge-ingress.dev/v1alpha1", kind: "Cluster", metadata, spec: { services } });
  }).join("---\n");
}

function expectRejected(one: ConformanceCase, { output, diagnostics }: CompileResult): void {
  expect(output).toBeNull();
  const [, name = ""] = one.compile?.ingress.split("/") ?? [];
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ message }) => message).join("\n")).toContain(one.kind === "validation" ? reasonWord(one) : name);
  expect(errors.every(({ position }) => position !== null)).toBe(true);
}

function reasonWord(one: ConformanceCase): string {
  const word = ["pathType", "default IngressClass"].find((candidate) => one.compile?.reason?.includes(candidate));
  if (word === undefined) throw new Error(`no word to look for in "${one.compile?.reason}"`);
  return word;
}

async function sendAll(
  one: ConformanceCase,
  output: NonNullable<CompileResult["output"]>,
  backends: readonly EchoServer[],
): Promise<void> {
  const https = one.requests.some(({ scheme }) => scheme === "https");
  const edge = await startEdgeServer(servedBy(output), {
    worker: WORKER,
    port: 0,
    opensHttps: https,
    statusToken: "conformance",
    onLog: () => undefined,
  });
  const tlsHosts = output.router.tls.map(({ hostname }) => hostname);
  const front = https ? await startHttpsFront(0, edge.ports.https as number, tlsHosts) : null;
  try {
    for (const request of one.requests) {
      await check(
        request,
        request.scheme === "https" ? (front?.port as number) : edge.ports.http,
        output.table,
        backends,
      );
    }
  } finally {
    await front?.close();
    await edge.close();
  }
}

async function check(
  request: ConformanceRequest,
  port: number,
  table: Uint8Array<ArrayBuffer>,
  backends: readonly EchoServer[],
): Promise<void> {
  const { host, path, method, headers, scheme, repeat = 1, expect: wanted } = request;
  for (const { requests } of backends) requests.length = 0;
  for (let count = 0; count < repeat; count++) {
    const response = await send({ port, host, path, method, headers, https: scheme === "https" });
    if (wanted.status !== null) expect(response.status).toBe(wanted.status);
    if (wanted.tlsHost !== undefined) expect(response.certificateProblem).toBeNull();
    if (wanted.notes?.includes("must also carry")) {
      for (const name of ["content-length", "content-type", "date", "server"])
        expect(response.headers[name]).toBeDefined();
    }
  }
  const seen = backends.flatMap(({ requests }) => requests);
  if (wanted.resource !== undefined) {
    expect(resourceAt(table, host, path)).toBe(wanted.resource.replace(/\/([^/]+)$/, "/default/$1"));
  }
  if (wanted.service !== null || wanted.serviceAnyOf !== undefined) {
    expect(seen).toHaveLength(repeat);
    for (const one of seen) expect(wanted.serviceAnyOf ?? [wanted.service]).toContain(one.backend);
  } else expect(seen).toEqual([]);
  for (const one of seen) {
    expect(one.path).toBe(wanted.backendPath ?? path);
    expect(one.method).toBe(wanted.backendMethod ?? method);
    expect(one.headers.host).toBe(wanted.backendHost ?? host);
  }
  if (wanted.distinctEndpoints !== undefined) {
    expect(backends.filter(({ requests }) => requests.length > 0)).toHaveLength(wanted.distinctEndpoints);
  }
}

/** Resource backends are a routing target only: which one a request leads to is read off the table. */
function resourceAt(bytes: Uint8Array<ArrayBuffer>, host: string, path: string): string | undefined {
  const opened = openTable(bytes.slice().buffer);
  if (!opened.ok) throw new Error(opened.reason);
  const router = opened.table.routerFor(host);
  const view = { method: "GET", header: () => null, queryParam: () => null };
  return router === null ? undefined : matchRule(router, path, view)?.backends[0]?.name;
}
