import { builtinModules } from "node:module";
import type { BuildOptions, Plugin } from "esbuild";

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

/** zod's messages in other languages, a fifth of the bundle: what is said of manifests is said by diagnostics. */
const withoutLocales: Plugin = {
  name: "without-locales",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      importer.includes("/zod/") ? { path: "locales", namespace: "none", sideEffects: false } : null,
    );
    onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "export {};" }));
  },
};

/**
 * Node's own modules by `require`: an `import` asks each of them for all that it exports, and node:crypto and node:http
 * then load WebCrypto and an HTTP client, a tenth of a start.
 */
const builtinsAsNeeded: Plugin = {
  name: "builtins-as-needed",
  setup({ onResolve, onLoad }) {
    const isBuiltin = new RegExp(`^(?:node:.*|${builtinModules.join("|")})$`);
    onResolve({ filter: isBuiltin }, ({ path, namespace }) =>
      namespace === "builtin" ? { path, external: true } : { path, namespace: "builtin" },
    );
    onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/**
 * The command line with its thread, and the library, for Node. What every command needs is in the bundle: to find and link
 * the hundreds of files of those packages took longer than all the rest of a start. The others stay packages, and are
 * loaded by the commands that need them.
 */
export const nodeBundle = {
  entryPoints: {
    cli: "src/cli/start.ts",
    library: "src/compiler/index.ts",
    "comparison-thread": "src/cli/comparison/thread.ts",
  },
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node22",
  format: "esm",
  external: ["@kubernetes/client-node", "chokidar", "miniflare", "selfsigned"],
  // The parser of YAML is CommonJS.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
  // zod asks whether it runs on Cloudflare, and the answer of Node loads its threads.
  define: { navigator: "undefined" },
  plugins: [withoutLocales, builtinsAsNeeded],
  minify: true,
  lineLimit: 160,
  sourcemap: true,
  splitting: true,
  logLevel: "warning",
} satisfies BuildOptions;
