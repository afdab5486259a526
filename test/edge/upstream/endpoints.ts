import { encodeTable } from "../../../src/compiler/table/encode.ts";
import type { EndpointHealth, HealthSnapshot } from "../../../src/edge/health/protocol.ts";
import { EndpointState } from "../../../src/edge/upstream/endpoint-state.ts";
import { type Ejected, EndpointStates } from "../../../src/edge/upstream/endpoint-states.ts";
import type { Outcome } from "../../../src/edge/upstream/outlier.ts";
import { OutlierState } from "../../../src/edge/upstream/outlier-state.ts";
import type { Member, Plan } from "../../../src/edge/upstream/plan.ts";
import type { Backend, Endpoint } from "../../../src/table/model.ts";
import { type ClusterRecord, DEFAULT_CLUSTER } from "../../../src/table/policies/cluster-record.ts";
import { openTable } from "../../../src/table/reader.ts";
import { type RouterSketch, routerOf } from "../../support/router.ts";

/** A time to count from. */
export const NOW = 1_700_000_000_000;

/** The state of an endpoint without a table; slow start is off unless asked for. */
export function stateOf(name: string, cluster: Partial<ClusterRecord> = {}, index = 0): EndpointState {
  const endpoint: Endpoint = {
    index,
    id: name,
    cluster: { name, ...DEFAULT_CLUSTER, slowStart: 0, ...cluster, index },
    healthCheck: null,
    mode: "ingress",
    scheme: "http",
    hostname: `${name}.test`,
    port: 80,
    host: "client",
    transport: "service-binding",
    binding: name,
    zone: "",
  };
  return new EndpointState(endpoint);
}

/** An endpoint of a backend in short. */
export interface MemberSketch {
  readonly weight?: number;
  readonly priority?: number;
  readonly rank?: number;
  readonly cluster?: Partial<ClusterRecord>;
  /** What differs from an endpoint of which nothing is known. */
  readonly state?: Partial<
    Pick<
      EndpointState,
      "activelyHealthy" | "drained" | "ejectedAt" | "ejectedUntil" | "sharedEjectedUntil" | "returnedAt"
    >
  >;
  /** What differs from a backend that was never asked there. */
  readonly answers?: Partial<Pick<OutlierState, "ejectedAt" | "ejectedUntil" | "returnedAt">>;
}

export const unhealthy: MemberSketch = { state: { activelyHealthy: false } };
export const drained: MemberSketch = { state: { drained: true } };

/** Ejected so many milliseconds ago, for a minute in all. */
export function ejected(ago = 0): MemberSketch {
  return { state: { ejectedAt: NOW - ago, ejectedUntil: NOW - ago + 60_000 } };
}

/** The same for its answers to one backend alone. */
export function failing(ago = 0): MemberSketch {
  return { answers: { ejectedAt: NOW - ago, ejectedUntil: NOW - ago + 60_000 } };
}

export function membersOf(sketches: Readonly<Record<string, MemberSketch>>): Member[] {
  return Object.entries(sketches).map(([name, sketch], index) => {
    const { weight = 1, priority = 0, rank = 0, cluster } = sketch;
    const state = Object.assign(stateOf(name, cluster, index), sketch.state);
    const answers = Object.assign(new OutlierState(state.cluster), sketch.answers);
    return { state, answers, weight, priority, rank };
  });
}

/** Who gets which part of all requests, in per cent; who gets none is not there. */
export function percents({ members, shares, total }: Plan): Record<string, number> {
  const parts = members.map(({ state }, index) => [state.endpoint.id, ((shares[index] as number) / total) * 100]);
  return Object.fromEntries(parts.map(([name, percent]) => [name, Math.round((percent as number) * 100) / 100]));
}

/** A backend as the edge reads it from a table, and the health of its endpoints. */
export interface BackendUnderTest {
  readonly backend: Backend;
  readonly states: EndpointStates;
  state(name: string): EndpointState;
  /** Takes in how a try of the backend there ended. */
  record(name: string, outcome: Outcome, now?: number): Ejected | null;
  /** What the health object says; of the clusters that are not named it says nothing. */
  snapshot(endpoints: Readonly<Record<string, Partial<EndpointHealth>>>): HealthSnapshot;
}

const FINE: EndpointHealth = {
  state: "healthy",
  since: NOW,
  cause: "",
  lastGoodProbe: 0,
  ejectedUntil: 0,
  drain: false,
};

/** The backend of the only rule, each endpoint in a cluster of its own name; slow start is off unless asked for. */
export function backendOf(
  targets: Readonly<Record<string, number>>,
  sketch: Pick<RouterSketch, "clusters" | "endpoints"> = {},
): BackendUnderTest {
  const names = Object.keys(targets);
  const clusters = Object.fromEntries(names.map((name) => [name, { slowStart: 0, ...sketch.clusters?.[name] }]));
  const rules = [{ hostname: "shop.test", path: "/", service: "shop", targets }];
  const opened = openTable(encodeTable(routerOf({ rules, ...sketch, clusters })).buffer);
  if (!opened.ok) throw new Error(opened.reason);
  const backend = opened.table.routerFor("shop.test")?.rules[0]?.backends[0];
  if (backend === undefined) throw new Error("the table has no backend");
  const states = new EndpointStates(opened.table);
  const state = (name: string) => {
    const found = states.all().find(({ endpoint }) => endpoint.cluster.name === name);
    if (found === undefined) throw new Error(`no endpoint in cluster ${name}`);
    return found;
  };
  const record: BackendUnderTest["record"] = (name, outcome, now = NOW) =>
    states.record(states.ofBackend(backend), state(name), outcome, now);
  const idOf = new Map(backend.targets.map(({ endpoint }) => [endpoint.cluster.name, endpoint.id]));
  const snapshot: BackendUnderTest["snapshot"] = (endpoints) => ({
    at: NOW,
    endpoints: Object.fromEntries(
      Object.entries(endpoints).map(([name, health]) => [idOf.get(name) ?? name, { ...FINE, ...health }]),
    ),
  });
  return { backend, states, state, record, snapshot };
}
