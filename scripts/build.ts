import { readFile, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { nodeBundle, workerBundle } from "./bundles.ts";
import { noticesOf } from "./notices.ts";

/** Bytes of the worker's bundle after gzip, without its table: with every guard; JSON Web Tokens are a third of it. */
const WORKER_BUDGET = 100 * 1024;

await rm("dist", { recursive: true, force: true });
const built = await Promise.all([nodeBundle, workerBundle].map((bundle) => build({ ...bundle, metafile: true })));
await writeFile("dist/third-party.txt", noticesOf(built.map(({ metafile }) => metafile)));
const worker = await readFile("dist/edge/worker.js");
const gzipped = gzipSync(worker).length;
console.error(`worker: ${worker.length} bytes, ${gzipped} gzipped (at most ${WORKER_BUDGET})`);
if (gzipped > WORKER_BUDGET) {
  console.error("the worker is over its budget: look at what was added to its imports");
  process.exitCode = 1;
}
