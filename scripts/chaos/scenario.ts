/** The error of a request whose time is over. */
export const NO_ANSWER = "no answer in time";

/**
 * What can become of a cluster. `killed`: SIGKILL, then started again on its port. `stopped`: SIGSTOP, so that the
 * kernel still takes connections. `frozen`: takes requests and never answers them. `slow`: answers after 5 s.
 * `failing`: 500 to everything. `dropping`: takes requests and closes the connection. All of them hit probes too.
 */
export const FAULTS = ["killed", "stopped", "frozen", "slow", "failing", "dropping"] as const;
export type FaultKind = (typeof FAULTS)[number];

/** What a request meets at a cluster with that fault: a status, or why there is none. */
export const SYMPTOMS: Readonly<Record<FaultKind, number | string>> = {
  killed: "ECONNREFUSED",
  stopped: NO_ANSWER,
  frozen: NO_ANSWER,
  slow: NO_ANSWER,
  failing: 500,
  dropping: "ECONNRESET",
};

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
  seconds: 84,
  faults: [
    { at: 3, cluster: "a", fault: "killed", for: 5 },
    { at: 5, cluster: "b", fault: "stopped", for: 5 },
    { at: 20, cluster: "a", fault: "frozen", for: 4 },
    { at: 36, cluster: "a", fault: "slow", for: 4 },
    { at: 37, cluster: "c", fault: "killed", for: 5 },
    { at: 52, cluster: "a", fault: "failing", for: 4 },
    { at: 53, cluster: "b", fault: "dropping", for: 4 },
    { at: 68, cluster: "a", fault: "stopped", for: 4 },
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

/**
 * True where the load must have felt a fault. Its cluster is in use when it begins, for it is one of the preferred, and
 * stays so until requests fail there: two probes take more than a second, 50 requests. Of several preferred ones each
 * gets its share of any ten, for the edge draws by an even sequence. A refused connection shows only in a POST (a GET
 * goes on at once and leaves no trace), and five failures in a row eject: there the cluster must be the only preferred
 * one, which gets a POST with each second request. A cluster behind the preferred ones may get nothing at all.
 */
export function isSurelyFelt({ clusters }: Scenario, { cluster, fault }: Fault): boolean {
  const preferred = preferredOf(clusters);
  return preferred.includes(cluster) && (fault !== "killed" || preferred.length === 1);
}

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
