import { placeOf } from "../../table/place.ts";
import type { Table } from "../../table/reader.ts";
import type { Env } from "../env.ts";
import { EndpointStates } from "../upstream/endpoint-states.ts";
import type { OutlierReport } from "./protocol.ts";
import { HealthView } from "./view.ts";

/** What one isolate knows of the clusters' health: what its own requests met, and what the health object says. */
export class IsolateHealth {
  readonly states: EndpointStates;
  readonly view: HealthView;
  #id = "";
  #colo: string | null = null;

  /** `was`: of the table that served before, whose endpoints may be the same. */
  constructor(table: Table, was: IsolateHealth | null = null) {
    this.states = new EndpointStates(table);
    this.view = new HealthView({
      contentHash: table.contentHash,
      onSnapshot: (snapshot) => this.states.apply(snapshot, Date.now()),
      takeReport: () => this.#takeReport(),
    });
    if (was === null) return;
    this.#id = was.#id;
    this.#colo = was.#colo;
    this.states.takeOver(was.states);
    this.view.takeOver(was.view);
  }

  /** Random; made when it is first asked for, since a Worker may not draw at its start. */
  get id(): string {
    if (this.#id === "") this.#id = crypto.randomUUID().slice(0, 8);
    return this.#id;
  }

  /** Where it runs, as an IATA code; empty where the platform does not tell. */
  get colo(): string {
    return this.#colo ?? "";
  }

  /** To be called with every request; see `HealthView.refresh`. */
  refresh(request: Request, env: Env, waitUntil: (promise: Promise<unknown>) => void): void {
    if (this.#colo === null) this.#colo = placeOf(request.cf)?.colo ?? "";
    this.view.refresh(env, waitUntil);
  }

  #takeReport(): OutlierReport | null {
    const ejections = this.states.takeEjections();
    return ejections.length === 0 ? null : { isolate: this.id, colo: this.colo, ejections };
  }
}
