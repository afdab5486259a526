// The one module of the deployed worker: the table lies beside the bundle and is never bundled into it.

import { createEdge } from "./app.ts";
import { createHealthMonitor } from "./health/object.ts";
import table from "./table.bin";
import { FollowedTables } from "./tables/followed-tables.ts";

/** The Durable Object class behind the binding EDGE_INGRESS_LIMITS. */
export { RateLimiter } from "./limits/object.ts";

const tables = new FollowedTables(table);

export default createEdge(tables);

/** The Durable Object class behind the binding EDGE_INGRESS_HEALTH. */
export const HealthMonitor = createHealthMonitor(tables);
