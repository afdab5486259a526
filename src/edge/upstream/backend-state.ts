import type { EndpointState } from "./endpoint-state.ts";
import { OutlierState } from "./outlier-state.ts";

/**
 * How one backend answers at each of its endpoints, as one isolate sees it; the same for all rules and policies. It is
 * apart from the endpoints' own states because an ingress is the door of many Services: one that is broken says nothing
 * of the others.
 */
export class BackendState {
  readonly name: string;
  readonly answers: ReadonlyMap<EndpointState, OutlierState>;
  /** The same in a list, for comparisons. */
  readonly peers: readonly OutlierState[];

  constructor(name: string, endpoints: readonly EndpointState[]) {
    this.name = name;
    this.answers = new Map(endpoints.map((state) => [state, new OutlierState(state.cluster)]));
    this.peers = [...this.answers.values()];
  }

  /** At an endpoint that is one of the backend's. */
  at(endpoint: EndpointState): OutlierState {
    return this.answers.get(endpoint) as OutlierState;
  }
}
