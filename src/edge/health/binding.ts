import type { Env } from "../env.ts";
import { HEALTH_BINDING, type HealthApi } from "./protocol.ts";

/** The one object that watches the clusters of this edge; the same for all its tables, so that it outlives them. */
const OBJECT_NAME = "health";

/** The namespace of the health objects; null where the edge is deployed without one. */
export function healthNamespaceOf(env: Env): DurableObjectNamespace | null {
  const value = env[HEALTH_BINDING];
  return isNamespace(value) ? value : null;
}

/** A stub of the health object; null where the edge is deployed without one. */
export function healthObjectOf(env: Env): HealthApi | null {
  const namespace = healthNamespaceOf(env);
  if (namespace === null) return null;
  const stub: unknown = namespace.get(namespace.idFromName(OBJECT_NAME));
  return stub as HealthApi;
}

function isNamespace(value: unknown): value is DurableObjectNamespace {
  return typeof value === "object" && value !== null && "idFromName" in value && "get" in value;
}
