import { DurableObject } from "cloudflare:workers";
import { openTable } from "../../table/reader.ts";
import type { Env } from "../env.ts";
import type { HealthApi, HealthSnapshot, HealthStatus, OutlierReport } from "./protocol.ts";

/** The class of the health object over one routing table. Throws as `createEdge` does. */
export function createHealthMonitor(bytes: ArrayBuffer) {
  const opened = openTable(bytes);
  if (!opened.ok) throw new Error(`the routing table can't be served: ${opened.reason}`);

  return class HealthMonitor extends DurableObject<Env> implements HealthApi {
    async sync(_report: OutlierReport | null): Promise<HealthSnapshot> {
      return { at: Date.now(), endpoints: {} };
    }

    async status(): Promise<HealthStatus> {
      return { at: Date.now(), endpoints: {}, probes: {}, events: [], ejections: {} };
    }
  };
}
