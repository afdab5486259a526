import { stringify } from "yaml";
import { PROBE_PATH } from "./cluster-talk.ts";
import type { ScenarioCluster } from "./scenario.ts";

/** Milliseconds; what the manifests below say. */
export const PROBES = { interval: 1000, timeout: 500, healthyThreshold: 2, unhealthyThreshold: 2 } as const;
export const PER_TRY_TIMEOUT = 1000;

const OURS = "edge-ingress.dev/v1alpha1";

/** `spec.retry.budget` of an EdgePolicy. */
export interface RetryBudget {
  readonly minRetries: number;
}

/** One Ingress that takes everything, its clusters with their health checks, and a policy of retries for the edge. */
export function manifestsOf(
  clusters: readonly (ScenarioCluster & { readonly port: number })[],
  budget: RetryBudget | null = null,
): string {
  const documents = [INGRESS, policy(budget), ...clusters.map(clusterManifest)];
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

function policy(budget: RetryBudget | null) {
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
        perTryTimeout: `${PER_TRY_TIMEOUT}ms`,
        ...(budget === null ? {} : { budget }),
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
