import { setTimeout as pause } from "node:timers/promises";
import { askCluster, runLoad } from "./load.ts";
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
  try {
    const start = performance.now();
    const [sent, faults] = await Promise.all([
      runLoad(world.edge.port, { ...MIXED, seconds: scenario.seconds }),
      Promise.all(scenario.faults.map((fault) => runFault(world, fault, start))),
    ]);
    return { scenario, sent, deliveries: world.deliveries(), probes: world.probes(), faults };
  } finally {
    await world.close();
  }
}

/** `start`: by `performance.now()`. The cluster is asked in the middle of the fault, which lasts until then, and after. */
async function runFault(world: ChaosWorld, fault: Fault, start: number): Promise<FaultRun> {
  const until = (seconds: number) => pause(start + seconds * 1000 - performance.now());
  const cluster = world.cluster(fault.cluster);
  await until(fault.at);
  const began = Date.now();
  await cluster.begin(fault.fault);
  await until(fault.at + fault.for / 2);
  // A silent cluster is waited for as long as the edge waits; what answers or refuses has all the time it needs.
  const isSilent = SYMPTOMS[fault.fault] === NO_ANSWER;
  const met = await askCluster(cluster.port, isSilent ? PER_TRY_TIMEOUT : ANSWER_LIMIT);
  await until(fault.at + fault.for);
  await cluster.end(fault.fault);
  const ended = Date.now();
  return { ...fault, began, ended, met, metAfter: await askCluster(cluster.port, ANSWER_LIMIT) };
}
