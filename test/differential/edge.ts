import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Log, LogLevel, Miniflare, type MiniflareOptions } from "miniflare";
import { workerBundle } from "../../scripts/bundles.ts";
import { servedBy } from "../../src/cli/dev/served.ts";
import type { CompileResult } from "../../src/compiler/index.ts";
import type { Address } from "./wire/exchange.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** What was compiled of a set of manifests. */
export interface EdgeSite {
  /** A word, unique among the sites. */
  readonly id: string;
  readonly output: NonNullable<CompileResult["output"]>;
  /** `host:port` of whatever is asked outside of clusters. */
  readonly service: string;
}

export interface Edge {
  addressOf(site: string, https: boolean): Address;
  close(): Promise<void>;
}

/**
 * The edge of every site in one workerd, each on ports of its own: the bundle of `scripts/build.ts`, except that it makes
 * an edge of each table. Sockets lead straight to it, as in `dev`.
 */
export async function startEdge(sites: readonly EdgeSite[]): Promise<Edge> {
  const { entryPoints: _, outdir: __, external, ...options } = workerBundle;
  const { outputFiles } = await build({
    ...options,
    external: [...external, "./*.bin"],
    stdin: { contents: workerOf(sites), resolveDir: PROJECT, loader: "ts", sourcefile: "differential.ts" },
    write: false,
    absWorkingDir: PROJECT,
  });
  const miniflare = new Miniflare(optionsOf(sites, outputFiles[0]?.text ?? ""));
  await miniflare.ready;
  const names = sites.flatMap(({ id }) => [id, `${id}s`]);
  const found = await Promise.all(
    names.map(async (name) => [name, (await miniflare.unsafeGetDirectURL("edge", name)).port] as const),
  );
  const ports = new Map(found);
  return {
    addressOf: (site, https) => ({ port: Number(ports.get(https ? `${site}s` : site)) }),
    close: () => miniflare.dispose(),
  };
}

/** An entry point per site and scheme; `env` has the bindings of all, each with its site's name before its own. */
function workerOf(sites: readonly EdgeSite[]): string {
  return `
  import { createEdge } from "./src/edge/app.ts";
  ${sites.map(({ id }) => `import ${id}Table from "./${id}.bin";`).join("\n")}
  function entry(prefix, table) {
    const edge = createEdge(table);
    let own = null;
    const fetch = (request, env, context) => {
      own ??= Object.fromEntries(Object.entries(env).flatMap(([name, value]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : []));
      return edge.fetch(request, own, context);
    };
    return {
      http: { fetch },
      https: { fetch: (request, env, context) =>
        fetch(new Request("https" + request.url.slice(4), request), env, context) },
    };
  }
  ${sites.map(({ id }) => `const { http: ${id}, https: ${id}s } = entry("${id}__", ${id}Table);`).join("\n")}
  export { ${sites.flatMap(({ id }) => [id, `${id}s`]).join(", ")} };
  export default ${sites[0]?.id};
  `;
}

function optionsOf(sites: readonly EdgeSite[], contents: string): MiniflareOptions {
  const served = sites.map(({ id, output, service }) => ({ id, service, ...servedBy(output) }));
  const bindings = served.flatMap(({ id, endpoints, services, secrets, service }) => [
    ...endpoints.flatMap(({ transport, url }) =>
      transport.name === "service-binding"
        ? [external(`${id}__${transport.binding}`, `${url.hostname}:${url.port}`)]
        : [],
    ),
    ...services.map(({ binding }) => external(`${id}__${binding}`, service)),
    ...Object.entries(secrets).map(([name, value]) => [`${id}__${name}`, { type: "text" as const, value }] as const),
  ]);
  const tables = served.map(({ id, table }) => [`${id}.bin`, { type: "data" as const, contents: table }] as const);
  const sockets = sites.flatMap(({ id }) => [id, `${id}s`]);
  return {
    host: "127.0.0.1",
    port: 0,
    enableDevRegistry: false,
    logRequests: false,
    log: new Log(LogLevel.NONE),
    handleStructuredLogs: () => undefined,
    workers: [
      {
        config: {
          name: "edge",
          compatibilityDate: "2026-04-01",
          manifest: {
            mainModule: "worker.js",
            modules: { "worker.js": { type: "esm", contents }, ...Object.fromEntries(tables) },
          },
          env: Object.fromEntries(bindings),
        },
        dev: { unsafeDirectSockets: sockets.map((entrypoint) => ({ host: "127.0.0.1", port: 0, entrypoint })) },
      },
    ],
  };
}

function external(name: string, address: string) {
  return [name, { type: "external" as const, address, http: {} }] as const;
}
