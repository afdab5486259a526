import { stringify } from "yaml";
import { PROBE_PATH } from "./cluster-talk.ts";
import type { ScenarioCluster } from "./scenario.ts";

/** Milliseconds; what the manifests below say. */
export const PROBES = { interval: 1000, timeout: 500, healthyThreshold: 2, unhealthyThreshold: 2 } as const;
export const PER_TRY_TIMEOUT = 1000;

const OURS = "edge-ingress.dev/v1alpha1";

/** Of `spec.retry` of an EdgePolicy. */
export interface RetryLimits {
  /** Milliseconds. */
  readonly perTryTimeout: number;
  /** Retries that are always in the budget; null: the edge's own count. */
  readonly minRetries: number | null;
}

export const USUAL: RetryLimits = { perTryTimeout: PER_TRY_TIMEOUT, minRetries: null };
/** Where neither is what is tried: how many requests need a retry at once, and how late a well cluster is, is the machine's. */
export const AMPLE: RetryLimits = { perTryTimeout: 4 * PER_TRY_TIMEOUT, minRetries: 10_000 };

/** One Ingress that takes everything, its clusters with their health checks, and a policy of retries for the edge. */
export function manifestsOf(
  clusters: readonly (ScenarioCluster & { readonly port: number })[],
  retry: RetryLimits,
): string {
  const documents = [INGRESS, policy(retry), ...clusters.map(clusterManifest)];
  return documents.map((document) => stringify(document)).join("---\n");
}

const INGRESS = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "everything" },
  spec: {
    rules: [
      {
        http: {
          paths: [
            { path: "/", pathType: "Prefix", backend: { service: { name: "everything", port: { number: 80 } } } },
          ],
        },
      },
    ],
  },
};

function policy({ perTryTimeout, minRetries }: RetryLimits) {
  return {
    apiVersion: OURS,
    kind: "EdgePolicy",
    metadata: { name: "retries" },
    spec: {
      targetRefs: [{ kind: "Edge" }],
      retry: {
        on: ["connect-failure", "reset", "timeout", "platform-error"],
        statuses: ["500-599"],
        attempts: 3,
        perTryTimeout: `${perTryTimeout}ms`,
        ...(minRetries === null ? {} : { budget: { minRetries } }),
      },
    },
  };
}

function clusterManifest({ name, port, priority, weight }: ScenarioCluster & { readonly port: number }) {
  return {
    apiVersion: OURS,
    kind: "Cluster",
    metadata: { name },
    spec: {
      endpoint: `http://127.0.0.1:${port}`,
      weight,
      priority,
      healthCheck: {
        path: PROBE_PATH,
        interval: `${PROBES.interval}ms`,
        timeout: `${PROBES.timeout}ms`,
        healthyThreshold: PROBES.healthyThreshold,
        unhealthyThreshold: PROBES.unhealthyThreshold,
      },
      slowStart: { window: "0s" },
    },
  };
}
