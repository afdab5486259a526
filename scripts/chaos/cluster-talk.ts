import type { FaultKind } from "./scenario.ts";

/** How a cluster is to behave from now on. */
export type ClusterOrder = "well" | Exclude<FaultKind, "killed" | "stopped">;

/** What a cluster tells its parent: its port when it listens, and each order when it holds. */
export type ClusterWord = { readonly listening: number } | { readonly mode: ClusterOrder };

/** The path of health checks: they have no id, and a line of their own in the journal. */
export const PROBE_PATH = "/healthz";

/** The header that tells requests apart. */
export const REQUEST_ID = "x-chaos-id";
