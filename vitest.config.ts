import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/support/sequencer.ts";

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    provide: { propertySeed: Number(process.env.PROPERTY_SEED ?? 1) },
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/edge/**", "test/chaos/**"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: "100%",
          // No test reads or fills the cache of who runs it. What Node makes of the program's text is kept from one of a
          // thousand processes to the next.
          env: { EDGE_INGRESS_CACHE: "off", NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/code") },
        },
      },
      {
        // Inside workerd, as the edge runs.
        plugins: [
          cloudflareTest({
            main: "test/edge/health/worker.ts",
            miniflare: {
              compatibilityDate: "2026-04-01",
              compatibilityFlags: ["nodejs_compat"],
              kvNamespaces: ["EDGE_INGRESS_KEYS"],
              durableObjects: {
                EDGE_INGRESS_HEALTH: { className: "HealthMonitor", useSQLite: true },
                EDGE_INGRESS_LIMITS: { className: "RateLimiter", useSQLite: true },
              },
            },
          }),
        ],
        test: {
          name: "edge",
          include: ["test/edge/**/*.test.ts"],
          setupFiles: ["test/edge/setup.ts"],
          isolate: false,
          testTimeout: 120_000,
          maxWorkers: "100%",
        },
      },
      {
        // Clusters and edges that live and fall ill by the clock: after all others, who would take the machine from
        // them, and side by side, for they wait more than they work.
        test: {
          name: "chaos",
          include: ["test/chaos/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
