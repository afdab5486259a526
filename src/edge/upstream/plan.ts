import type { EndpointState } from "./endpoint-state.ts";
import type { OutlierState } from "./outlier-state.ts";

/** An endpoint of a backend, as a choice sees it. */
export interface Member {
  /** Ejected where requests of this isolate, or of several, got no answer. */
  readonly state: EndpointState;
  /** How the backend answers there; ejected where it answers badly. */
  readonly answers: OutlierState;
  readonly weight: number;
  /** Its cluster's priority; smaller is used first. */
  readonly priority: number;
  /** Its distance from the client; smaller is used first within a priority. */
  readonly rank: number;
}

/** Who takes requests now, and in which shares. */
export interface Plan {
  /** Those with a share, and their shares: not negative, in no unit. */
  readonly members: readonly Member[];
  readonly shares: readonly number[];
  readonly total: number;
  /** All that may take a retry, the best first; those of one tier are equal. */
  readonly order: readonly (Member & { readonly tier: number })[];
  /** Where sessions may stay: the healthy, with a share or without, and all that have one. */
  readonly keepsSessions: ReadonlySet<EndpointState>;
  /** True where too few are healthy, so that health is disregarded. */
  readonly panic: boolean;
  /** When it has to be made again because time alone changes it. */
  readonly validUntil: number;
}

/** Envoy's overprovisioning factor: a level takes its whole load until less than 72 % of it are healthy. */
const OVERPROVISIONING = 1.4;
/** Milliseconds between the steps of a slow start. */
const SLOW_START_STEP = 250;

/**
 * Shares requests out among the members by Envoy's rules for priority levels (envoyproxy.io, "Priority levels",
 * "Panic threshold"): a priority takes as much as its healthy part can bear, the rest goes to the next; within one, the
 * distance makes levels in the same way. Where all priorities together can't bear the load, health is disregarded in
 * those that are healthy to less than `panicThreshold` per cent (0: never). Where nothing is healthy, that is the first
 * priority. Where probes leave nothing that requests can reach, they are likelier wrong than everything dead, and what
 * requests met decides alone. Drained members and those of weight 0 never take part.
 */
export function makePlan(all: readonly Member[], panicThreshold: number, now: number): Plan {
  const serving = all.filter(({ state, weight }) => weight > 0 && !state.drained);
  for (const { state, answers } of serving) {
    state.settleIfOver(now);
    answers.settleIfOver(now);
  }
  const trustsProbes =
    panicThreshold === 0 || serving.some(({ state }) => state.activelyHealthy && !state.isEjected(now));
  const isAlive = ({ state }: Member) => state.activelyHealthy || !trustsProbes;
  const ejected = ejectedWithinCap(serving, isAlive, now);
  const isHealthy = (member: Member) => isAlive(member) && !ejected.has(member.state);
  const priorities = levels(serving, ({ priority }) => priority);
  const bearable = priorities.map((members) => bears(members, isHealthy, now));
  const overloaded = bearable.reduce((sum, part) => sum + part, 0) < 1;
  const parts = spread(bearable);
  const members: Member[] = [];
  const shares: number[] = [];
  let panic = serving.length > 0 && !trustsProbes;
  for (const [index, level] of priorities.entries()) {
    const part = parts[index] as number;
    if (part === 0) continue;
    const healthy = level.filter(isHealthy);
    const panics = overloaded && (healthy.length / level.length) * 100 < panicThreshold;
    panic ||= panics;
    // In panic the nearest may be the dead ones, which would leave the healthy without a share: distance counts no more,
    // unless nobody is known to be better.
    const rankOf = ({ rank }: Member) => (panics && healthy.length > 0 ? 0 : rank);
    for (const [member, share] of shareOut(panics ? level : healthy, level, rankOf, now)) {
      members.push(member);
      shares.push(share * part);
    }
  }
  return {
    members,
    shares,
    total: shares.reduce((sum, share) => sum + share, 0),
    order: inOrder(serving, (member) => isAlive(member) && !isEjected(member, now)),
    keepsSessions: new Set([...serving.filter(isHealthy), ...members].map(({ state }) => state)),
    panic,
    validUntil: nextChange(serving, now),
  };
}

function isEjected({ state, answers }: Member, now: number): boolean {
  return state.isEjected(now) || answers.isEjected(now);
}

/**
 * Those whose ejection counts: as many as the cap of their cluster allows, the earliest first, and always one. What
 * probes call unhealthy is out anyway and takes no room. Where all of the others are ejected none is, for the cause is
 * then theirs in common, or there is nothing better: crowding the last of them would help nobody. But endpoints that
 * do not answer are out while others at least do.
 */
function ejectedWithinCap(
  members: readonly Member[],
  isAlive: (member: Member) => boolean,
  now: number,
): ReadonlySet<EndpointState> {
  const alive = members.filter(isAlive);
  const ejected = alive.filter((member) => isEjected(member, now));
  const isCommon = ejected.length === alive.length;
  const candidates = isCommon ? ejected.filter(({ state }) => state.isEjected(now)) : ejected;
  const counted = new Set<EndpointState>();
  if (candidates.length === alive.length) return counted;
  const order = (a: Member, b: Member) =>
    ejectedAt(a, now) - ejectedAt(b, now) || a.state.endpoint.index - b.state.endpoint.index;
  for (const { state } of candidates.sort(order)) {
    const { maxEjectionPercent } = state.cluster.outlierDetection;
    const most = maxEjectionPercent === 0 ? 0 : Math.max(1, Math.floor((members.length * maxEjectionPercent) / 100));
    if (counted.size < most) counted.add(state);
  }
  return counted;
}

/** When what is ejected was, first. */
function ejectedAt({ state, answers }: Member, now: number): number {
  if (!answers.isEjected(now)) return state.ejectedAt;
  return state.isEjected(now) ? Math.min(state.ejectedAt, answers.ejectedAt) : answers.ejectedAt;
}

/** The part of its weight that it takes: the endpoint may have come back, or the backend there. */
function shareOf({ state, answers }: Member, now: number): number {
  return Math.min(state.share(now), answers.share(now));
}

function levels(members: readonly Member[], levelOf: (member: Member) => number): Member[][] {
  const byLevel = Map.groupBy(members, levelOf);
  return [...byLevel.keys()].sort((a, b) => a - b).map((level) => byLevel.get(level) as Member[]);
}

/** The part of all requests that a level can bear, 0 to 1. */
function bears(members: readonly Member[], isHealthy: (member: Member) => boolean, now: number): number {
  const weightOf = (some: readonly Member[], share: (member: Member) => number) =>
    some.reduce((sum, member) => sum + member.weight * share(member), 0);
  const healthy = weightOf(members.filter(isHealthy), (member) => shareOf(member, now));
  return Math.min(1, (OVERPROVISIONING * healthy) / weightOf(members, () => 1));
}

/** The whole load over levels, each up to what it bears; what is beyond them all is theirs in proportion. */
function spread(bearable: readonly number[]): number[] {
  const total = Math.min(
    1,
    bearable.reduce((sum, part) => sum + part, 0),
  );
  if (total === 0) return bearable.map((_, index) => (index === 0 ? 1 : 0));
  let rest = 1;
  return bearable.map((most) => {
    const taken = Math.min(rest, most);
    rest -= taken;
    return taken / total;
  });
}

/** The shares of those who take the load of one priority; nearer ones first, each as far as its rank can bear it. */
function shareOut(
  takers: readonly Member[],
  all: readonly Member[],
  rankOf: (member: Member) => number,
  now: number,
): [Member, number][] {
  const taking = new Set(takers);
  const ranks = levels(all, rankOf);
  const parts = spread(ranks.map((members) => bears(members, (member) => taking.has(member), now)));
  return ranks.flatMap((members, index) => {
    const part = parts[index] as number;
    const here = part === 0 ? [] : members.filter((member) => taking.has(member));
    const weights = here.map((member) => member.weight * shareOf(member, now));
    const sum = weights.reduce((whole, weight) => whole + weight, 0);
    return here.map((member, at): [Member, number] => [member, (part * (weights[at] as number)) / sum]);
  });
}

/**
 * The healthy by priority and rank, then the others as a last resort. Here every ejection counts: retries are too few to
 * overload who is left, which is what the cap is for.
 */
function inOrder(members: readonly Member[], isHealthy: (member: Member) => boolean): Plan["order"] {
  const healthy = levels(members.filter(isHealthy), ({ priority }) => priority);
  const tiers = healthy.flatMap((level) => levels(level, ({ rank }) => rank));
  const rest = members.filter((member) => !isHealthy(member));
  return [...tiers, rest].flatMap((level, tier) => level.map((member) => ({ ...member, tier })));
}

function nextChange(members: readonly Member[], now: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { state, answers } of members) {
    for (const until of [state.ejectedUntil, state.sharedEjectedUntil, answers.ejectedUntil]) {
      if (until > now) next = Math.min(next, until);
    }
    if (state.isInSlowStart(now) || answers.isInSlowStart(now)) next = Math.min(next, now + SLOW_START_STEP);
  }
  return next;
}
