import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isMapping } from "../../compiler/resources/schema.ts";
import { messageOf, UsageError } from "../output.ts";
import { wranglerPackage } from "../wrangler.ts";
import type { HandWritten } from "./configuration.ts";

const NAMES = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"] as const;

/**
 * Keys that an environment does not inherit from the top level
 * (developers.cloudflare.com/workers/wrangler/configuration/#non-inheritable-keys).
 */
const NOT_INHERITED: ReadonlySet<string> = new Set([
  "define",
  "vars",
  "secrets",
  "durable_objects",
  "workflows",
  "cloudchamber",
  "kv_namespaces",
  "send_email",
  "queues",
  "r2_buckets",
  "d1_databases",
  "vectorize",
  "hyperdrive",
  "services",
  "analytics_engine_datasets",
  "ai",
  "browser",
  "images",
  "mtls_certificates",
  "tail_consumers",
  "dispatch_namespaces",
  "unsafe",
  "pipelines",
  "secrets_store_secrets",
  "ratelimits",
  "vpc_services",
  "vpc_networks",
]);

/** Where a configuration lies that somebody wrote in a directory; null: there is none. */
export function writtenConfiguration(directory: string): string | null {
  return NAMES.find((name) => existsSync(join(directory, name))) ?? null;
}

/** What a hand-written configuration says for an environment. Throws `UsageError` where it can't be read. */
export async function readWritten(path: string, env: string | undefined): Promise<HandWritten> {
  if (!existsSync(path)) throw new UsageError(`there is no ${path}`);
  const entry = wranglerPackage(process.cwd());
  if (entry === null) throw new UsageError(`wrangler, which reads ${path}, is not installed: npm install wrangler`);
  const wrangler: unknown = await import(pathToFileURL(entry).href);
  const read = isReader(wrangler) ? wrangler.experimental_readRawConfig : null;
  if (read === null) throw new UsageError(`this wrangler can't read ${path} for others: npm install wrangler@latest`);
  let raw: HandWritten;
  try {
    raw = read({ config: path }).rawConfig;
  } catch (error) {
    throw new UsageError(`${path} can't be read: ${messageOf(error)}`);
  }
  return inEnvironment(raw, env, path);
}

/** An environment's own values over those that it inherits. */
export function inEnvironment(raw: HandWritten, env: string | undefined, path: string): HandWritten {
  if (env === undefined) return raw;
  const environments = raw.env;
  const own = isMapping(environments) ? environments[env] : undefined;
  if (!isMapping(own)) throw new UsageError(`${path} has no environment ${env}`);
  const inherited = Object.entries(raw).filter(([key]) => key !== "env" && !NOT_INHERITED.has(key));
  const { name } = raw;
  const named = typeof name === "string" && own.name === undefined ? { name: `${name}-${env}` } : {};
  return { ...Object.fromEntries(inherited), ...named, ...own };
}

interface Reader {
  experimental_readRawConfig(from: { readonly config: string }): { readonly rawConfig: HandWritten };
}

function isReader(module: unknown): module is Reader {
  return isMapping(module) && typeof module.experimental_readRawConfig === "function";
}
