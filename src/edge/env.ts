/**
 * What the platform binds to the worker: service and network bindings under the names that the table holds, and text.
 * Untrusted in shape: whoever wrote the wrangler configuration decides.
 */
export type Env = Readonly<Record<string, unknown>>;

/** Something that answers requests: a service binding, a network binding. */
export interface Fetches {
  fetch(request: Request): Promise<Response>;
}

/** The binding of that name when it can fetch, else null. */
export function fetcherOf(env: Env, binding: string): Fetches | null {
  const value = env[binding];
  return isFetcher(value) ? value : null;
}

function isFetcher(value: unknown): value is Fetches {
  return typeof value === "object" && value !== null && "fetch" in value && typeof value.fetch === "function";
}

/** The text bound under that name, else null. */
export function textOf(env: Env, binding: string): string | null {
  const value = env[binding];
  return typeof value === "string" ? value : null;
}

/** A KV namespace, as far as the edge uses one. What it gives is untrusted in shape. */
export interface Namespace {
  get(name: string, options: { readonly type: "text" | "arrayBuffer"; readonly cacheTtl: number }): Promise<unknown>;
}

/** The KV namespace bound under that name, else null. */
export function namespaceOf(env: Env, binding: string): Namespace | null {
  const value = env[binding];
  return isNamespace(value) ? value : null;
}

function isNamespace(value: unknown): value is Namespace {
  return typeof value === "object" && value !== null && "get" in value && typeof value.get === "function";
}
