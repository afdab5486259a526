// The one module of the deployed worker: the table lies beside the bundle and is never bundled into it.

import { createEdge } from "./app.ts";
import { createHealthMonitor } from "./health/object.ts";
import table from "./table.bin";

/** The Durable Object class behind the binding EDGE_INGRESS_LIMITS. */
export { RateLimiter } from "./limits/object.ts";

export default createEdge(table);

/** The Durable Object class behind the binding EDGE_INGRESS_HEALTH. */
export const HealthMonitor = createHealthMonitor(table);
