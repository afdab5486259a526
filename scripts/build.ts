import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { nodeBundle, workerBundle } from "./bundles.ts";
import { noticesOf } from "./notices.ts";

/** Bytes of the worker's bundle after gzip, without its table: with every guard; JSON Web Tokens are a third of it. */
const WORKER_BUDGET = 100 * 1024;

await rm("dist", { recursive: true, force: true });
const define = { ...nodeBundle.define, EDGE_INGRESS_BUILD: JSON.stringify(await hashOf(nodeBundle)) };
const built = await Promise.all(
  [{ ...nodeBundle, define }, workerBundle].map((bundle) => build({ ...bundle, metafile: true })),
);
await writeFile("dist/third-party.txt", noticesOf(built.map(({ metafile }) => metafile)));
const worker = await readFile("dist/edge/worker.js");
const gzipped = gzipSync(worker).length;
console.error(`worker: ${worker.length} bytes, ${gzipped} gzipped (at most ${WORKER_BUDGET})`);
if (gzipped > WORKER_BUDGET) {
  console.error("the worker is over its budget: look at what was added to its imports");
  process.exitCode = 1;
}

/** Of all that the program consists of, its packages too: `explain` keeps nothing from one program to another. */
async function hashOf(bundle: BuildOptions): Promise<string> {
  const { outputFiles = [] } = await build({ ...bundle, sourcemap: false, write: false });
  const hash = createHash("sha256");
  for (const { path, contents } of outputFiles) hash.update(`${basename(path)} ${contents.length}\n`).update(contents);
  return hash.digest("hex");
}
