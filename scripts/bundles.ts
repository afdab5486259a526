import type { BuildOptions } from "esbuild";

/** The deployed worker: `src/edge` and `src/table`, the table itself beside it. */
export const workerBundle = {
  entryPoints: { worker: "src/edge/worker.ts" },
  outdir: "dist/edge",
  bundle: true,
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["workerd", "worker", "browser", "import"],
  target: "es2024",
  format: "esm",
  minify: true,
  external: ["./table.bin", "cloudflare:workers"],
  logLevel: "warning",
} satisfies BuildOptions;

/** The command line and the library, for Node; dependencies stay packages. */
export const nodeBundle = {
  entryPoints: { cli: "src/cli/main.ts", library: "src/compiler/index.ts" },
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node22",
  format: "esm",
  packages: "external",
  sourcemap: true,
  splitting: true,
  logLevel: "warning",
} satisfies BuildOptions;
