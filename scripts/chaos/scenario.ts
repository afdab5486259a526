/**
 * What can become of a cluster. `killed`: SIGKILL, then started again on its port. `stopped`: SIGSTOP, so that the
 * kernel still takes connections. `frozen`: takes requests and never answers them. `slow`: answers after 5 s.
 * `failing`: 500 to everything. `dropping`: takes requests and closes the connection. All of them hit probes too.
 */
export const FAULTS = ["killed", "stopped", "frozen", "slow", "failing", "dropping"] as const;
export type FaultKind = (typeof FAULTS)[number];

/** Times in seconds since the load began. */
export interface Fault {
  readonly at: number;
  readonly cluster: string;
  readonly fault: FaultKind;
  readonly for: number;
}

export interface ScenarioCluster {
  readonly name: string;
  /** The clusters of the smallest are preferred. */
  readonly priority: number;
  readonly weight: number;
}

export interface Scenario {
  readonly name: string;
  readonly clusters: readonly ScenarioCluster[];
  /** Seconds of load. */
  readonly seconds: number;
  readonly faults: readonly Fault[];
}

/** Requests a second. */
export const RATE = 50;
/** Milliseconds without an answer after which a request has failed. */
export const ANSWER_LIMIT = 15_000;
/** Milliseconds by which a slow cluster answers late. */
export const SLOWNESS = 5_000;

/** The preferred cluster suffers everything in turn; from time to time one behind it does too, never all three. */
export const TIERS: Scenario = {
  name: "tiers",
  clusters: [
    { name: "a", priority: 0, weight: 100 },
    { name: "b", priority: 1, weight: 100 },
    { name: "c", priority: 1, weight: 100 },
  ],
  seconds: 74,
  faults: [
    { at: 3, cluster: "a", fault: "killed", for: 5 },
    { at: 5, cluster: "b", fault: "stopped", for: 5 },
    { at: 18, cluster: "a", fault: "frozen", for: 4 },
    { at: 32, cluster: "a", fault: "slow", for: 4 },
    { at: 33, cluster: "c", fault: "killed", for: 5 },
    { at: 46, cluster: "a", fault: "failing", for: 4 },
    { at: 47, cluster: "b", fault: "dropping", for: 4 },
    { at: 60, cluster: "a", fault: "stopped", for: 4 },
  ],
};

/** All clusters share the load, and fall one after the other; at the end two at once. */
export const SHARES: Scenario = {
  name: "shares",
  clusters: ["a", "b", "c"].map((name) => ({ name, priority: 0, weight: 100 })),
  seconds: 66,
  faults: [
    { at: 3, cluster: "a", fault: "killed", for: 5 },
    { at: 10, cluster: "b", fault: "frozen", for: 4 },
    { at: 18, cluster: "c", fault: "slow", for: 4 },
    { at: 25, cluster: "a", fault: "failing", for: 4 },
    { at: 33, cluster: "b", fault: "stopped", for: 4 },
    { at: 40, cluster: "c", fault: "dropping", for: 4 },
    { at: 51, cluster: "a", fault: "killed", for: 4 },
    { at: 52, cluster: "b", fault: "frozen", for: 4 },
  ],
};

export const SCENARIOS: readonly Scenario[] = [TIERS, SHARES];

/** What is wrong with a scenario, as sentences: it would not show what it is to show. */
export function problemsOf({ name, clusters, faults, seconds }: Scenario): string[] {
  const problems: string[] = [];
  const names = new Set(clusters.map((cluster) => cluster.name));
  for (const { at, cluster, for: length } of faults) {
    if (!names.has(cluster)) problems.push(`${name}: there is no cluster ${cluster}`);
    if (length <= 0 || at < 0 || at + length > seconds) problems.push(`${name}: the fault at ${at} s ends out of time`);
  }
  const openAt = (time: number) => faults.filter((fault) => fault.at <= time && time < fault.at + fault.for);
  for (const { at } of faults) {
    const sick = openAt(at).map(({ cluster }) => cluster);
    if (new Set(sick).size < sick.length) problems.push(`${name}: a cluster has two faults at ${at} s`);
    if (new Set(sick).size >= names.size) problems.push(`${name}: no cluster lives at ${at} s`);
  }
  return problems;
}

/** Names of the clusters that take all requests while all are well. */
export function preferredOf(clusters: readonly ScenarioCluster[]): string[] {
  const first = Math.min(...clusters.map(({ priority }) => priority));
  return clusters.filter(({ priority }) => priority === first).map(({ name }) => name);
}
