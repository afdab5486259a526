import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ChaosCluster } from "./cluster.ts";
import { type ChaosEdge, startEdge } from "./edge.ts";
import { runLoad } from "./load.ts";
import { manifestsOf } from "./manifests.ts";
import type { FaultRun, Records } from "./report.ts";
import { ANSWER_LIMIT, type Fault, problemsOf, RATE, type Scenario, type ScenarioCluster } from "./scenario.ts";

/** Clusters, each a process, and the real edge before them. */
export interface ChaosWorld {
  readonly clusters: readonly ChaosCluster[];
  readonly edge: ChaosEdge;
  readonly manifests: string;
  cluster(name: string): ChaosCluster;
  close(): Promise<void>;
}

/** Every second request is a POST. */
const MIXED = { rate: RATE, limit: ANSWER_LIMIT, postEvery: 2 } as const;

/** Time for the first probes, so that the run begins with clusters that are known to be well; milliseconds. */
const SETTLING = 3000;

/** Starts a world; everything is ended with the process, and by `close` before. */
export async function startWorld(clusters: readonly ScenarioCluster[]): Promise<ChaosWorld> {
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
    for (const { name } of clusters) running.push(await ChaosCluster.start(name, join(directory, `${name}.journal`)));
    const ports = new Map(running.map(({ name, port }) => [name, port]));
    writeFileSync(
      manifests,
      manifestsOf(clusters.map((cluster) => ({ ...cluster, port: ports.get(cluster.name) ?? 0 }))),
    );
    edge = await startEdge(manifests);
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
    close,
  };
}

/** Runs a scenario to its end and gives what it left. Throws where the scenario is no good, or nothing could start. */
export async function runScenario(scenario: Scenario): Promise<Records> {
  const problems = problemsOf(scenario);
  if (problems.length > 0) throw new Error(problems.join("; "));
  const world = await startWorld(scenario.clusters);
  try {
    await runLoad(world.edge.port, { ...MIXED, seconds: SETTLING / 1000, postEvery: 0, name: "settling" });
    const start = performance.now();
    const load = runLoad(world.edge.port, { ...MIXED, seconds: scenario.seconds });
    const [sent, faults] = await Promise.all([
      load,
      Promise.all(scenario.faults.map((fault) => runFault(world, fault, start))),
    ]);
    const deliveries = deliveriesOf(world);
    return { scenario, sent, deliveries, faults };
  } finally {
    await world.close();
  }
}

/** All requests that reached clusters, but for those sent before the run. */
export function deliveriesOf({ clusters }: ChaosWorld) {
  return clusters.flatMap((cluster) => cluster.deliveries()).filter(({ id }) => !id.startsWith("settling"));
}

async function runFault(world: ChaosWorld, fault: Fault, start: number): Promise<FaultRun> {
  const until = (seconds: number) => pause(start + seconds * 1000 - performance.now());
  const cluster = world.cluster(fault.cluster);
  await until(fault.at);
  const began = Date.now();
  await cluster.begin(fault.fault);
  await until(fault.at + fault.for);
  await cluster.end(fault.fault);
  return { ...fault, began, ended: Date.now() };
}
