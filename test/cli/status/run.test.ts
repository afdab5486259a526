import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { statusSchema } from "../../../src/cli/status/schema.ts";
import { type DevProcess, runCli, startDev } from "../../support/cli.ts";
import { type ClusterProcess, startCluster } from "../../support/clusters.ts";
import { directoryWith, documents, ingress } from "../../support/manifests.ts";
import { get, textOf } from "../../support/transfer.ts";
import { until } from "../../support/until.ts";

const TOKEN = "of-the-environment";

let clusters: ClusterProcess[];
let dev: DevProcess;

const watched = ({ name, port }: ClusterProcess) =>
  stringify({
    apiVersion: "edge-ingress.dev/v1alpha1",
    kind: "Cluster",
    metadata: { name },
    spec: {
      endpoint: `http://127.0.0.1:${port}`,
      healthCheck: { path: "/healthz", interval: "1s", timeout: "500ms", healthyThreshold: 1, unhealthyThreshold: 1 },
    },
  });

beforeAll(async () => {
  clusters = [await startCluster("a"), await startCluster("b")];
  const manifests = directoryWith({ "all.yaml": documents(...clusters.map(watched), ingress({ name: "everything" })) });
  dev = await startDev(["-f", manifests], { env: { EDGE_INGRESS_STATUS_TOKEN: TOKEN } });
});

afterAll(() => dev?.stop());

const status = (...args: readonly string[]) =>
  runCli(["status", "--url", dev.origin, ...args], { env: { EDGE_INGRESS_STATUS_TOKEN: TOKEN } });

/** Looks until the summary says so, and gives that look: in the next one a late probe may have changed it again. */
async function seenAs(summary: RegExp) {
  let seen = await status();
  await until(async () => {
    // Requests keep the edge's view of health fresh, and have the health object begin.
    await textOf(await get(dev.port));
    seen = await status();
    return summary.test(seen.stdout);
  });
  return seen;
}

describe("of a real edge", () => {
  test("another token than that of dev's environment is refused, and dev shows it to nobody", async () => {
    const { code, stderr } = await status("--token", "guessed");
    expect(code).toBe(2);
    expect(stderr).toContain("does not take this token");
    await dev.waitFor(new RegExp(`^its clusters' health: edge-ingress status --url ${dev.origin}$`, "m"));
    expect(dev.stderrLines().join()).not.toContain(TOKEN);
  });

  test("all is well: exit code 0, with probes", async () => {
    const { code, stdout, stderr } = await seenAs(/^2 clusters, 2 endpoints: 2 healthy\n/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const { name, port } of clusters) {
      expect(stdout).toMatch(new RegExp(`^${name} .*ingress http://127\\.0\\.0\\.1:${port} +healthy`, "m"));
    }
    expect(stdout).toMatch(/^ {2}ingress a \S+ +\d+ m?s ago +good +in \d+ ms +status 200$/m);
    const told = statusSchema.parse(JSON.parse((await status("--format", "json")).stdout));
    expect(told.clusters.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("a cluster that is killed: exit code 1, its state, why, and the event", async () => {
    await clusters[1]?.kill();
    const { code, stdout } = await seenAs(/^2 clusters, 2 endpoints: 1 healthy, 1 unhealthy\n[\s\S]*^b .* unhealthy/m);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Events\n(?: {2}.*\n)*? {2}\d+ m?s ago +ingress b \S+ +healthy → unhealthy/m);
  });
});
