import { setTimeout as pause } from "node:timers/promises";
import type { ChaosCluster } from "./cluster.ts";
import { askCluster, askEdge, runLoad } from "./load.ts";
import { PER_TRY_TIMEOUT } from "./manifests.ts";
import type { FaultRun, Records } from "./report.ts";
import { ANSWER_LIMIT, type Fault, NO_ANSWER, problemsOf, RATE, type Scenario, SYMPTOMS } from "./scenario.ts";
import { type ChaosWorld, startWorld } from "./world.ts";

/** Every second request is a POST. */
const MIXED = { rate: RATE, limit: ANSWER_LIMIT, postEvery: 2 } as const;

/** Runs a scenario to its end and gives what it left. Throws where the scenario is no good, or nothing could start. */
export async function runScenario(scenario: Scenario): Promise<Records> {
  const problems = problemsOf(scenario);
  if (problems.length > 0) throw new Error(problems.join("; "));
  const world = await startWorld(scenario.clusters);
  const ill = new Set<string>();
  const over = new AbortController();
  try {
    const start = performance.now();
    const lateness = watchWell(world, ill, over.signal);
    const [sent, faults] = await Promise.all([
      runLoad(world.edge.port, { ...MIXED, seconds: scenario.seconds }),
      Promise.all(scenario.faults.map((fault) => runFault(world, fault, start, ill))),
    ]);
    over.abort();
    const [deliveries, probes] = [world.deliveries(), world.probes()];
    return { scenario, sent, deliveries, probes, faults, lateness: await lateness };
  } finally {
    over.abort();
    await world.close();
  }
}

/** `start`: by `performance.now()`. The cluster is asked in the middle of the fault, which lasts until then, and after. */
async function runFault(world: ChaosWorld, fault: Fault, start: number, ill: Set<string>): Promise<FaultRun> {
  const until = (seconds: number) => pause(start + seconds * 1000 - performance.now());
  const cluster = world.cluster(fault.cluster);
  await until(fault.at);
  ill.add(fault.cluster);
  const began = Date.now();
  await cluster.begin(fault.fault);
  await until(fault.at + fault.for / 2);
  // A silent cluster is waited for as long as the edge waits; what answers or refuses has all the time it needs.
  const isSilent = SYMPTOMS[fault.fault] === NO_ANSWER;
  const met = await askCluster(cluster.port, isSilent ? PER_TRY_TIMEOUT : ANSWER_LIMIT);
  await until(fault.at + fault.for);
  await cluster.end(fault.fault);
  const ended = Date.now();
  const metAfter = await askCluster(cluster.port, ANSWER_LIMIT);
  ill.delete(fault.cluster);
  return { ...fault, began, ended, met, metAfter };
}

/**
 * Asks clusters that have no fault, past the edge, and the edge what it answers without any, until it is over: the
 * longest answer in milliseconds.
 */
async function watchWell(world: ChaosWorld, ill: ReadonlySet<string>, over: AbortSignal): Promise<number> {
  let longest = 0;
  const limit = 2 * PER_TRY_TIMEOUT;
  for (let turn = 0; !over.aborted; turn++) {
    const { name, port } = world.clusters[turn % world.clusters.length] as ChaosCluster;
    if (!ill.has(name)) {
      const asked = performance.now();
      await askCluster(port, limit);
      if (!ill.has(name) && !over.aborted) longest = Math.max(longest, performance.now() - asked);
    }
    const asked = performance.now();
    await askEdge(world.edge.port, limit);
    if (!over.aborted) longest = Math.max(longest, performance.now() - asked);
    await pause(100);
  }
  return longest;
}
