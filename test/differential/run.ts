import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type CompileResult, formatText } from "../../src/compiler/index.ts";
import { compiledIn } from "../support/compiled.ts";
import type { Behaviour } from "./behaviours/behaviour.ts";
import { type Comparison, compared, type Outcome } from "./compare.ts";
import { type Watched, watched } from "./controller/manifests.ts";
import { type Edge, startEdge } from "./edge.ts";
import { type Nginx, startNginx } from "./nginx.ts";
import { type Asked, bytesOf, requestsFor } from "./requests.ts";
import { Backend } from "./wire/backend.ts";
import { type Address, exchange } from "./wire/exchange.ts";

/** Services of this name have no endpoints: nginx is told of none, and at the edge's address nothing listens. */
const AWAY = "away";
const NOBODY = "127.0.0.1:1";

/** A behaviour as both are to serve it. */
interface Site {
  readonly id: string;
  readonly watched: Watched;
  readonly addresses: ReadonlyMap<string, string>;
  readonly result: CompileResult;
}

/** Both servers over all behaviours, before the same Services. */
export class Differential {
  readonly #backend: Backend;
  readonly #nginx: Nginx;
  readonly #edge: Edge;

  private constructor(backend: Backend, nginx: Nginx, edge: Edge) {
    this.#backend = backend;
    this.#nginx = nginx;
    this.#edge = edge;
  }

  static async start(behaviours: readonly Behaviour[]): Promise<Differential> {
    const backend = new Backend();
    const sites = await Promise.all(behaviours.map((behaviour, index) => siteOf(behaviour, `b${index}`, backend)));
    const failed = sites.filter(({ result }) => result.output === null).map(problemsOf);
    if (failed.length > 0) throw new Error(`not compiled:\n${failed.join("\n")}`);
    const auth = `127.0.0.1:${await backend.listen("auth")}`;
    const nginx = await startNginx(sites);
    const edge = await startEdge(sites.map((site) => ({ id: site.id, output: outputOf(site), service: auth })));
    return new Differential(backend, nginx, edge);
  }

  /** Asks both, and compares request by request. */
  async compare(behaviour: Behaviour, index: number, count: number): Promise<readonly Comparison[]> {
    const requests = requestsFor(behaviour, count);
    const id = `b${index}`;
    const nginx = await this.#outcomes(requests, (https) => this.#nginx.addressOf(id, https), true);
    const edge = await this.#outcomes(requests, (https) => this.#edge.addressOf(id, https), false);
    return requests.map((asked, at) => compared(asked, nginx[at] as Outcome, edge[at] as Outcome));
  }

  async close(): Promise<void> {
    await Promise.all([this.#nginx.close(), this.#edge.close()]);
    await this.#backend.close();
  }

  /** `isTls`: whether what comes by https comes encrypted; workerd gets it as from a TLS front. */
  async #outcomes(
    requests: readonly Asked[],
    addressOf: (https: boolean) => Address,
    isTls: boolean,
  ): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    const answered = await Promise.all(
      [false, true].map(async (https) => {
        const some = requests.filter((each) => each.https === https);
        const sent = some.map((asked) => ({ method: asked.method, bytes: bytesOf(asked) }));
        const answers = some.length === 0 ? [] : await exchange(sent, addressOf(https), https && isTls);
        return some.map(({ number }, index) => ({ number, answer: answers[index] ?? null }));
      }),
    );
    const seen = this.#backend.take();
    for (const { number, answer } of answered.flat()) outcomes[number] = { answer, seen: seen.get(number) ?? [] };
    return outcomes;
  }
}

async function siteOf({ manifests }: Behaviour, id: string, backend: Backend): Promise<Site> {
  const read = watched(manifests);
  const isAway = (name: string) => name.includes(`/${AWAY}:`);
  const listening = servicesOf(read).map(async (name) => {
    return [name, isAway(name) ? NOBODY : `127.0.0.1:${await backend.listen(name)}`] as const;
  });
  const all = await Promise.all(listening);
  const addresses = new Map(all.filter(([name]) => !isAway(name)));
  return { id, watched: read, addresses, result: compiledFrom(manifests, new Map(all)) };
}

/** `namespace/name:port` of every Service that an Ingress names. */
function servicesOf({ ingresses }: Watched): readonly string[] {
  const found = ingresses.flatMap(({ metadata, spec }) => {
    const paths = (spec.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
    const backends = [...paths.map(({ backend }) => backend), ...[spec.defaultBackend ?? []].flat()];
    const errors = metadata.annotations?.["nginx.ingress.kubernetes.io/default-backend"];
    return [
      ...backends.map(({ service }) => `${metadata.namespace}/${service.name}:${service.port.number}`),
      ...(errors === undefined ? [] : [`${metadata.namespace}/${errors}:80`]),
    ];
  });
  return [...new Set(found)];
}

/** One cluster with a load balancer for each Service: the edge does all that the annotations say. */
function compiledFrom(manifests: string, addresses: ReadonlyMap<string, string>): CompileResult {
  const directory = mkdtempSync(join(tmpdir(), "edge-ingress-differential-"));
  const services = [...addresses].map(([written, address]) => {
    const [namespace, name, port] = written.split(/[/:]/);
    return { namespace, name, port: Number(port), endpoint: `http://${address}` };
  });
  const cluster = {
    apiVersion: "edge-ingress.dev/v1alpha1",
    kind: "Cluster",
    metadata: { name: "only" },
    spec: { services },
  };
  try {
    writeFileSync(join(directory, "manifests.yaml"), manifests);
    writeFileSync(join(directory, "cluster.yaml"), stringify(cluster));
    return compiledIn(directory, ["."], { ingressClass: ["nginx"] });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function problemsOf({ id, result: { diagnostics, files } }: Site): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return `${id}:\n${formatText(errors, files)}`;
}

function outputOf({ id, result: { output } }: Site): NonNullable<CompileResult["output"]> {
  if (output === null) throw new Error(`${id} is not compiled`);
  return output;
}
