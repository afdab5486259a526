import type { Table } from "./reader.ts";

/** A binding of the worker that routes of a table can't do without, and what it has to be able to do. */
export interface NeededBinding {
  readonly name: string;
  readonly kind: "fetcher" | "counter" | "objects";
}

/** The binding of the objects that count, of class RateLimiter. */
export const LIMITS_BINDING = "EDGE_INGRESS_LIMITS";

/**
 * The bindings without which requests would not reach their endpoints, or pass a limit uncounted. Secrets and API keys are
 * none of them: what depends on these is refused while they are missing.
 */
export function neededBindings(table: Table): NeededBinding[] {
  const needed = new Map<string, NeededBinding>();
  const need = (name: string, kind: NeededBinding["kind"]) => name !== "" && needed.set(name, { name, kind });
  for (let index = 0; index < table.endpointCount; index++) {
    const { transport, binding } = table.endpoint(index);
    if (transport === "service-binding" || transport === "network-binding") need(binding, "fetcher");
  }
  for (const { externalAuth, rateLimit, concurrencyLimit } of table.allPolicies()) {
    if (externalAuth?.service.via === "binding") need(externalAuth.service.binding, "fetcher");
    for (const { mode, binding } of rateLimit?.limits ?? []) {
      if (mode === "local") need(binding, "counter");
      else need(LIMITS_BINDING, "objects");
    }
    const isCounted = (rateLimit?.quota ?? concurrencyLimit ?? null) !== null;
    if (isCounted) need(LIMITS_BINDING, "objects");
  }
  return [...needed.values()];
}
