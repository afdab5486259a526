import type { Backend } from "../../table/model.ts";
import { type Place, rankOf } from "../../table/place.ts";
import type { LoadBalancing } from "../../table/policies/load-balancing.ts";
import { indexAt, WeylSequence } from "./choose.ts";
import type { EndpointState } from "./endpoint-state.ts";
import type { EndpointStates } from "./endpoint-states.ts";
import { hashText, rendezvousScore } from "./hash.ts";
import { type Member, makePlan, type Plan } from "./plan.ts";
import { sessionToken } from "./session.ts";

/** What a choice may depend on. Each is asked for only where the policy needs it. */
export interface Selection {
  place(): Place | null;
  /** What the consistent hash is taken of; null where the request has none of it: it is chosen as by weight. */
  hashKey(): string | null;
  /** The session's token that the client brings; null: none. */
  sessionToken(): string | null;
}

/** No endpoint: `unavailable`: none serves at all; `overloaded`: the circuit breakers of those that serve are open. */
export type NoEndpoint = "unavailable" | "overloaded";

/** Clients' places of which a plan is kept; all are dropped together, for plans change together. */
const PLACES = 64;

/** Chooses the endpoints of one backend under one policy. A choice costs less than 1 µs (`npm run bench -- choose`). */
export class Balancer {
  readonly #policy: LoadBalancing;
  readonly #states: EndpointStates;
  readonly #points = new WeylSequence(Math.random());
  /** Apart, for retries follow failures: drawn from one sequence, they would shift who is asked first next. */
  readonly #retryPoints = new WeylSequence(Math.random());
  readonly #members: readonly Omit<Member, "rank">[];
  readonly #hashes = new Map<EndpointState, number>();
  readonly #byToken = new Map<string, EndpointState>();
  readonly #usesPlace: boolean;
  readonly #plans = new Map<string, Plan>();
  #version = -1;
  #validUntil = 0;

  constructor(backend: Backend, policy: LoadBalancing, states: EndpointStates) {
    this.#policy = policy;
    this.#states = states;
    const known = states.ofBackend(backend);
    this.#members = backend.targets.map(({ endpoint, weight }) => {
      const state = states.of(endpoint.index);
      this.#hashes.set(state, hashText(endpoint.id));
      this.#byToken.set(sessionToken(endpoint.id), state);
      return { state, answers: known.at(state), weight, priority: endpoint.cluster.priority };
    });
    const isPlaced = ({ state }: { state: EndpointState }) => {
      const { region, near } = state.endpoint.cluster;
      return region !== null || near.length > 0;
    };
    this.#usesPlace = policy.type === "Nearest" && this.#members.some(isPlaced);
  }

  /** The endpoint for a request's first try. */
  first(selection: Selection, now: number): EndpointState | NoEndpoint {
    const plan = this.#plan(selection, now);
    if (this.#policy.sessionPersistence !== null) {
      const kept = this.#ofSession(plan, selection.sessionToken());
      if (kept !== null) return kept;
    }
    const chosen = this.#choose(plan, selection, now);
    if (chosen === null) return "unavailable";
    if (chosen.hasRoom()) return chosen;
    // To the dead nothing overflows: a quick answer is better than a failure that comes late.
    const serving = plan.order.filter(({ state }) => plan.keepsSessions.has(state));
    return this.#otherThan(serving, [chosen]) ?? "overloaded";
  }

  /** The endpoint for another try: of the best that were not tried, by weight; at last also those that are not healthy. */
  next(selection: Selection, tried: readonly EndpointState[], now: number): EndpointState | null {
    return this.#otherThan(this.#plan(selection, now).order, tried);
  }

  /** True where one endpoint takes no requests any more and the other does: what moves there would have gone there. */
  isMove(selection: Selection, from: EndpointState, to: EndpointState, now: number): boolean {
    const { members } = this.#plan(selection, now);
    return !members.some(({ state }) => state === from) && members.some(({ state }) => state === to);
  }

  /** How the backend stands now, for the status. */
  plan(now: number): Plan {
    return this.#plan({ place: () => null, hashKey: () => null, sessionToken: () => null }, now);
  }

  #plan(selection: Selection, now: number): Plan {
    if (this.#version !== this.#states.version || now >= this.#validUntil) {
      this.#plans.clear();
      this.#version = this.#states.version;
      this.#validUntil = Number.POSITIVE_INFINITY;
    }
    const place = this.#usesPlace ? selection.place() : null;
    const key = place?.key ?? "";
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    if (this.#plans.size >= PLACES) this.#plans.clear();
    const rank = (state: EndpointState) => (this.#usesPlace ? rankOf(state.endpoint.cluster, place) : 0);
    const members = this.#members.map((member) => ({ ...member, rank: rank(member.state) }));
    const plan = makePlan(members, this.#policy.healthyPanicThreshold, now);
    this.#plans.set(key, plan);
    this.#validUntil = Math.min(this.#validUntil, plan.validUntil);
    return plan;
  }

  #choose(plan: Plan, selection: Selection, now: number): EndpointState | null {
    if (plan.members.length <= 1) return plan.members[0]?.state ?? null;
    switch (this.#policy.type) {
      case "ConsistentHash": {
        const key = selection.hashKey();
        return key === null ? this.#draw(plan) : this.#byHash(plan, hashText(key));
      }
      case "LeastLatency": {
        const first = this.#draw(plan);
        const second = this.#draw(plan);
        return first !== null && second !== null && second.cost(now) < first.cost(now) ? second : first;
      }
      default:
        return this.#draw(plan);
    }
  }

  #draw({ members, shares, total }: Plan): EndpointState | null {
    return members[indexAt(this.#points.next(), shares, total)]?.state ?? null;
  }

  /**
   * Of the first priority in use: what spills over to the next one is no reason to move a key. The next best has it
   * where the key's own endpoint is full.
   */
  #byHash(plan: Plan, key: number): EndpointState | null {
    const { members, shares } = plan;
    const pendingPerShare = this.#pendingPerShare(plan);
    let own: EndpointState | null = null;
    let ownScore = -1;
    let free: EndpointState | null = null;
    let freeScore = -1;
    for (let index = 0; index < members.length; index++) {
      const { state, priority } = members[index] as Member;
      if (priority !== members[0]?.priority) break;
      const share = shares[index] as number;
      const score = rendezvousScore(key, this.#hashes.get(state) as number, share);
      if (score > ownScore) [own, ownScore] = [state, score];
      const isFree = state.hasRoom() && state.pending < Math.ceil(pendingPerShare * share);
      if (isFree && score > freeScore) [free, freeScore] = [state, score];
    }
    return free ?? own;
  }

  /**
   * Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, arXiv:1608.01350): how many requests may wait
   * for each unit of share in the first priority.
   */
  #pendingPerShare({ members, shares }: Plan): number {
    const bound = this.#policy.consistentHash?.boundedLoad ?? 0;
    if (bound === 0) return Number.POSITIVE_INFINITY;
    let pending = 1;
    let total = 0;
    for (let index = 0; index < members.length; index++) {
      const { state, priority } = members[index] as Member;
      if (priority !== members[0]?.priority) break;
      pending += state.pending;
      total += shares[index] as number;
    }
    return ((bound / 100) * pending) / total;
  }

  /** A session stays where it is while that endpoint is healthy, also when a better one is back. */
  #ofSession(plan: Plan, token: string | null): EndpointState | null {
    const state = token === null ? undefined : this.#byToken.get(token);
    return state !== undefined && plan.keepsSessions.has(state) && state.hasRoom() ? state : null;
  }

  #otherThan(order: Plan["order"], tried: readonly EndpointState[]): EndpointState | null {
    const left = order.filter(({ state }) => !tried.includes(state) && state.hasRoom());
    const [best] = left;
    if (best === undefined) return null;
    const equals = left.filter((member) => member.tier === best.tier);
    const weights = equals.map(({ weight }) => weight);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return equals[indexAt(this.#retryPoints.next(), weights, total)]?.state ?? null;
  }
}
