import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/edge/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
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
        test: { name: "edge", include: ["test/edge/**/*.test.ts"], testTimeout: 60_000 },
      },
    ],
  },
});
