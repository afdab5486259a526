import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChaosCluster, type Delivery } from "./cluster.ts";
import { type ChaosEdge, startEdge } from "./edge.ts";
import { runLoad } from "./load.ts";
import { manifestsOf, type RetryLimits, USUAL } from "./manifests.ts";
import { ANSWER_LIMIT, RATE, type ScenarioCluster } from "./scenario.ts";

/** Clusters, each a process, and an edge before them that knows them to be well. */
export interface ChaosWorld {
  readonly clusters: readonly ChaosCluster[];
  readonly edge: ChaosEdge;
  /** Path of the manifests that the edge serves. */
  readonly manifests: string;
  cluster(name: string): ChaosCluster;
  /** All requests that reached clusters since the world began. */
  deliveries(): Delivery[];
  /** When each cluster got health checks: milliseconds since the epoch. */
  probes(): ReadonlyMap<string, readonly number[]>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly start?: (manifests: string) => Promise<ChaosEdge>;
  readonly retry?: RetryLimits;
}

/** Seconds of load in which the first probes are made. */
export const SETTLING = 3;
const SETTLING_LOAD = { name: "settling", rate: RATE, seconds: SETTLING, limit: ANSWER_LIMIT, postEvery: 0 } as const;

/** Starts a world. Everything is ended by `close`, at the latest with this process. */
export async function startWorld(
  clusters: readonly ScenarioCluster[],
  { start = startEdge, retry = USUAL }: WorldOptions = {},
): Promise<ChaosWorld> {
  const directory = mkdtempSync(join(tmpdir(), "edge-ingress-chaos-"));
  const manifests = join(directory, "manifests.yaml");
  const running: ChaosCluster[] = [];
  let edge: ChaosEdge | null = null;
  const endNow = () => {
    for (const cluster of running) cluster.killNow();
    edge?.killNow();
    rmSync(directory, { recursive: true, force: true });
  };
  // A cluster that is stopped by SIGSTOP would not see its parent go.
  process.once("exit", endNow);
  const close = async () => {
    await edge?.stop();
    await Promise.all(running.map((cluster) => cluster.kill()));
    process.off("exit", endNow);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const described = [];
    for (const cluster of clusters) {
      const started = await ChaosCluster.start(cluster.name, join(directory, `${cluster.name}.journal`));
      running.push(started);
      described.push({ ...cluster, port: started.port });
    }
    writeFileSync(manifests, manifestsOf(described, retry));
    edge = await start(manifests);
    await runLoad(edge.port, SETTLING_LOAD);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    clusters: running,
    edge,
    manifests,
    cluster(name) {
      const found = running.find((cluster) => cluster.name === name);
      if (found === undefined) throw new Error(`there is no cluster ${name}`);
      return found;
    },
    deliveries: () =>
      running.flatMap((cluster) => cluster.deliveries()).filter(({ id }) => !id.startsWith(SETTLING_LOAD.name)),
    probes: () => new Map(running.map((cluster) => [cluster.name, cluster.probes()])),
    close,
  };
}
