import { type HealthSnapshot, isSnapshot, SNAPSHOT_INTERVAL } from "./protocol.ts";

/**
 * A cache of its own: in the default one lies what the zone caches, and a cluster that answers at our key could write
 * the health of the others.
 */
const CACHE = "edge-ingress-health";

/** The snapshot that another isolate of this colo got in the last SNAPSHOT_INTERVAL; null: none. */
export async function readCachedSnapshot(contentHash: string): Promise<HealthSnapshot | null> {
  const response = await (await caches.open(CACHE)).match(keyOf(contentHash));
  const cached: unknown = await response?.json();
  return isSnapshot(cached) ? cached : null;
}

export async function writeCachedSnapshot(contentHash: string, snapshot: HealthSnapshot): Promise<void> {
  const headers = { "cache-control": `max-age=${SNAPSHOT_INTERVAL / 1000}` };
  await (await caches.open(CACHE)).put(keyOf(contentHash), Response.json(snapshot, { headers }));
}

/** By table: an edge under another table asks for other endpoints. `.invalid` (RFC 2606 §2) is nobody's host. */
function keyOf(contentHash: string): string {
  return `https://health.edge-ingress.invalid/${contentHash}`;
}
