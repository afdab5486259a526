import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Log, LogLevel, Miniflare } from "miniflare";
import { workerBundle } from "../bundles.ts";

/** An edge over a table, and the requests that it is to answer, one after the other. */
export interface Measured {
  readonly table: Uint8Array<ArrayBuffer>;
  readonly headers: readonly Readonly<Record<string, string>>[];
  /** KV namespaces that have one value under every name, by binding. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Bindings that are the platform's counter of a location, and let everything pass. */
  readonly counters?: readonly string[];
}

/** Microseconds of one request to each of these edges, round by round; they take turns, to meet the same machine. */
export async function roundsInWorkerd(all: readonly Measured[], rounds: number, requests: number): Promise<number[][]> {
  const code = await bundled();
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    enableDevRegistry: false,
    logRequests: false,
    log: new Log(LogLevel.NONE),
    workers: all.map(({ table, ...measured }, index) => ({
      config: {
        name: `edge-${index}`,
        compatibilityDate: "2026-04-01",
        manifest: {
          mainModule: "worker.js",
          modules: {
            "worker.js": { type: "esm" as const, contents: code },
            "table.bin": { type: "data" as const, contents: table },
          },
        },
        env: { MEASURED: { type: "json" as const, value: JSON.parse(JSON.stringify(measured)) } },
      },
    })),
  });
  try {
    const workers = await Promise.all(all.map((_, index) => miniflare.getWorker(`edge-${index}`)));
    const times: number[][] = workers.map(() => []);
    // The first round is for the compiler.
    for (let round = 0; round <= rounds; round++) {
      for (const [index, worker] of workers.entries()) {
        const start = performance.now();
        const answer = await worker.fetch(`http://edge.test/?count=${requests}`);
        const text = await answer.text();
        if (answer.status !== 200) throw new Error(text);
        if (round > 0) times[index]?.push(((performance.now() - start) / requests) * 1000);
      }
    }
    return times;
  } finally {
    await miniflare.dispose();
  }
}

async function bundled(): Promise<string> {
  const { entryPoints: _, outdir: __, ...options } = workerBundle;
  const harness = fileURLToPath(new URL("./harness.ts", import.meta.url).href);
  const { outputFiles } = await build({ ...options, entryPoints: [harness], write: false });
  return outputFiles[0]?.text ?? "";
}
