import type { Delivery } from "./cluster.ts";
import type { Sent } from "./load.ts";
import { PER_TRY_TIMEOUT, PROBES } from "./manifests.ts";
import { type Fault, preferredOf, type Scenario, SYMPTOMS } from "./scenario.ts";

/** A fault as it was: milliseconds since the epoch when it held, and when the cluster was well again. */
export interface FaultRun extends Fault {
  readonly began: number;
  readonly ended: number;
  /** What a request of the harness's own met that went straight to the cluster: in the middle of it, and after its end. */
  readonly met: number | string | null;
  readonly metAfter: number | string | null;
}

/** All that a run left. */
export interface Records {
  readonly scenario: Scenario;
  readonly sent: readonly Sent[];
  readonly deliveries: readonly Delivery[];
  /** When each cluster got health checks: milliseconds since the epoch. */
  readonly probes: ReadonlyMap<string, readonly number[]>;
  readonly faults: readonly FaultRun[];
  /** Milliseconds of the longest answer that a cluster without a fault, or the edge without any, gave to the harness. */
  readonly lateness: number;
}

/** What one fault did. Times in milliseconds. */
export interface FaultReport {
  readonly fault: Fault;
  /** See `FaultRun`. */
  readonly met: number | string | null;
  readonly metAfter: number | string | null;
  /** From its begin to the last request that it touched; null: it touched none. */
  readonly detection: number | null;
  readonly failedGets: number;
  readonly failedPosts: number;
  /** Touched, and answered by another cluster. */
  readonly retried: number;
  /** Untouched, and taken to another than the preferred cluster; null where several are preferred, or another one is. */
  readonly moved: number | null;
  /** From its end until requests went to the cluster again; null: not before its next fault. */
  readonly recovery: number | null;
  /** Health checks of the cluster in that time. */
  readonly probes: number;
  /** False for a cluster that gets nothing while those before it are well. */
  readonly recovers: boolean;
}

export interface ChaosReport {
  readonly scenario: string;
  readonly gets: number;
  readonly posts: number;
  readonly failedGets: readonly Sent[];
  readonly failedPosts: number;
  /** Ids of POSTs that clusters got more than once. */
  readonly deliveredTwice: readonly string[];
  /** Ids of requests that were answered in the name of a cluster which never got them: a flaw of the harness. */
  readonly unexplained: readonly string[];
  /** Requests that clusters got. */
  readonly deliveries: number;
  readonly faults: readonly FaultReport[];
  /** See `Records`. */
  readonly lateness: number;
}

/** The oldest health snapshot that an isolate goes by, in milliseconds. */
const SNAPSHOT_AGE = 5000;
/**
 * On top of what a recovery takes by its definition: jitter of two probes (0.2 s), a probe under way that fails (0.5 s),
 * up to 1 s by which isolates spread their questions, and 0.8 s for timers on a machine that does other things besides.
 */
const MARGIN = 2500;
/** Milliseconds in which requests are to be back at a preferred cluster; see `isLate`. */
export const RECOVERY_BOUND = PROBES.healthyThreshold * PROBES.interval + SNAPSHOT_AGE + MARGIN;

/** So many requests in a row that the one preferred cluster answers mean that it is in use again. */
const STEADY = 10;

export function reportOf(records: Records): ChaosReport {
  const { scenario, sent, deliveries, faults, lateness } = records;
  const byId = Map.groupBy(deliveries, ({ id }) => id);
  const clustersOf = (one: Sent) => (byId.get(one.id) ?? []).map(({ cluster }) => cluster);
  const posts = sent.filter(({ method }) => method === "POST");
  return {
    scenario: scenario.name,
    gets: sent.length - posts.length,
    posts: posts.length,
    failedGets: sent.filter((one) => one.method === "GET" && !isGood(one)),
    failedPosts: posts.filter((one) => !isGood(one)).length,
    deliveredTwice: posts.filter((one) => clustersOf(one).length > 1).map(({ id }) => id),
    unexplained: sent
      .filter((one) => one.cluster !== null && !clustersOf(one).includes(one.cluster))
      .map(({ id }) => id),
    deliveries: deliveries.length,
    lateness,
    faults: faults.map((fault) => faultReport(fault, records, clustersOf)),
  };
}

/**
 * True where the machine was so late that clusters without a fault, or the edge, seemed ill: such a run says nothing
 * about the edge. Asked by itself, each needs milliseconds.
 */
export function isMachineLate({ lateness }: ChaosReport): boolean {
  return lateness > PER_TRY_TIMEOUT / 4;
}

/** What the run was not to show, as sentences; none: all is as it should be. */
export function violationsOf(report: ChaosReport): string[] {
  const { failedGets, deliveredTwice, unexplained, faults } = report;
  return [
    ...failedGets.map(({ id, status, error, doneAt, sentAt }) => {
      return `${id} failed after ${doneAt - sentAt} ms: ${error ?? `status ${status}`}`;
    }),
    ...deliveredTwice.map((id) => `${id} was delivered twice`),
    ...unexplained.map((id) => `${id} has an answer of a cluster that never got it`),
    ...faults.flatMap(({ fault, met, metAfter }) => [
      ...(met === SYMPTOMS[fault.fault]
        ? []
        : [`${nameOf(fault)}: a request to it met ${met} in the middle of the fault`]),
      ...(metAfter === 200 ? [] : [`${nameOf(fault)}: a request to it met ${metAfter} after the fault`]),
    ]),
    ...faults.filter(isLate).map(({ fault, recovery }) => {
      const when = recovery === null ? "not before its next fault" : `${recovery} ms after the end`;
      return `${nameOf(fault)}: was back in use ${when} (at most ${RECOVERY_BOUND} ms)`;
    }),
  ];
}

/**
 * True where a preferred cluster was not back in use in time. Time is also what the health checks count, one in each
 * interval: a machine that is late with everything is late with them too, and a recovery takes no more of them.
 */
export function isLate({ recovers, recovery, probes }: FaultReport): boolean {
  if (!recovers) return false;
  return recovery === null || (recovery > RECOVERY_BOUND && (probes + 1) * PROBES.interval > RECOVERY_BOUND);
}

function nameOf({ cluster, fault, at }: Fault): string {
  return `cluster ${cluster}, ${fault} at ${at} s`;
}

function faultReport(run: FaultRun, records: Records, clustersOf: (one: Sent) => string[]): FaultReport {
  const { began, ended, at, cluster, fault, for: length, met, metAfter } = run;
  const { sent, faults, scenario, probes } = records;
  const { clusters } = scenario;
  const during = sent.filter((one) => one.sentAt < ended && one.doneAt > began);
  const touched = during.filter((one) => isTouched(one, cluster, clustersOf(one)));
  const preferred = preferredOf(clusters);
  const recovers = preferred.includes(cluster);
  const isSole = recovers && preferred.length === 1;
  const next = faults.filter((other) => other.cluster === cluster && other.began > ended).map((other) => other.began);
  const after = sent.filter((one) => one.sentAt >= ended && one.sentAt < Math.min(...next));
  const back = recovers ? (isSole ? steadyFrom(after, cluster) : firstAnswered(after, cluster)) : null;
  const away = sent.filter((one) => one.sentAt >= began && one.sentAt < (back ?? Math.min(...next)));
  const failed = touched.filter((one) => !isGood(one));
  return {
    fault: { at, cluster, fault, for: length },
    met,
    metAfter,
    detection: touched.length === 0 ? null : Math.max(0, ...touched.map(({ sentAt }) => sentAt - began)),
    failedGets: failed.filter(({ method }) => method === "GET").length,
    failedPosts: failed.filter(({ method }) => method === "POST").length,
    retried: touched.filter((one) => isGood(one) && one.cluster !== cluster).length,
    moved: isSole
      ? away.filter((one) => isGood(one) && one.cluster !== cluster && !touched.includes(one)).length
      : null,
    recovery: back === null ? null : back - ended,
    // Those that waited in a stopped process come at once.
    probes: (probes.get(cluster) ?? []).filter((time) => time >= ended + PROBES.timeout && time < (back ?? 0)).length,
    recovers,
  };
}

/**
 * True where a fault of this cluster was felt: the request reached it and got no answer of it at once. A connection that
 * is refused leaves no trace at the cluster: there a request counts that reached none but the one that answered it, and
 * failed or waited. One that was refused and went on at once is not told from one that never went there.
 */
function isTouched(one: Sent, cluster: string, reached: readonly string[]): boolean {
  const waited = one.doneAt - one.sentAt >= PER_TRY_TIMEOUT;
  const suffered = waited || !isGood(one);
  if (reached.includes(cluster)) return suffered || one.cluster !== cluster;
  return suffered && reached.every((name) => name === one.cluster);
}

/** When the first of a row of requests was sent that this cluster answered; null: there is no such row. */
function steadyFrom(sent: readonly Sent[], cluster: string): number | null {
  let row = 0;
  for (const [index, one] of sent.entries()) {
    row = isGood(one) && one.cluster === cluster ? row + 1 : 0;
    if (row === STEADY) return (sent[index - STEADY + 1] as Sent).sentAt;
  }
  return null;
}

function firstAnswered(sent: readonly Sent[], cluster: string): number | null {
  return sent.find((one) => isGood(one) && one.cluster === cluster)?.sentAt ?? null;
}

function isGood({ status }: Sent): boolean {
  return status === 200;
}
