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

/** Built-in modules that a bare Node has loaded before it runs the first line of a program. */
const LOADED = new Set(["node:buffer", "node:fs", "node:module", "node:path", "node:url", "node:util"]);

/**
 * Node's own modules and the parser of YAML, at the first use of what they export. An `import` asks a module of Node for
 * all of it: node:crypto, node:http and node:child_process then load what few commands need. That was a fifth of a start.
 * A bundle looks up what it imports each time it uses it, in the prototype too, and what only the prototype has it needs
 * not copy for each importer.
 */
const modulesAsNeeded: Plugin = {
  name: "modules-as-needed",
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(?:node:.*|yaml|${builtinModules.join("|")})$`);
    onResolve({ filter }, ({ path, kind }) => {
      const name = path === "yaml" || path.startsWith("node:") ? path : `node:${path}`;
      if (kind === "import-statement") return { path: name, namespace: "as-needed" };
      return path === "yaml" ? null : { path: name, external: true };
    });
    onLoad({ filter: /.*/, namespace: "as-needed" }, ({ path }) => ({ contents: standIn(path), resolveDir: "." }));
  },
};

function standIn(name: string): string {
  // It is set to, and its methods ask for `this`.
  if (name === "node:process") return "export default process;";
  const found = name === "yaml" ? 'require("yaml")' : `process.getBuiltinModule("${name}")`;
  // What may be called or extended itself, as `events` is.
  if (name !== "yaml" && typeof process.getBuiltinModule(name) === "function") return `module.exports = ${found};`;
  if (LOADED.has(name)) return `module.exports = Object.create(${found});`;
  // Once found, what is exported is the importer's own: to ask a proxy each time would cost more than the rest.
  return `module.exports = Object.create(new Proxy({}, {
    get(_, name, importer) {
      const value = ${found}[name];
      Object.defineProperty(importer, name, { value });
      return value;
    },
  }));`;
}

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
  banner: { js: 'const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);' },
  // zod asks whether it runs on Cloudflare, and the answer of Node loads its threads.
  define: { navigator: "undefined" },
  plugins: [withoutLocales, modulesAsNeeded],
  minify: true,
  lineLimit: 160,
  sourcemap: true,
  splitting: true,
  logLevel: "warning",
} satisfies BuildOptions;
