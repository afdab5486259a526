import { expand } from "../../table/expand.ts";
import { type Place, placeOf } from "../../table/place.ts";
import type { LoadBalancing } from "../../table/policies/load-balancing.ts";
import type { Selection } from "./balancer.ts";
import type { ForwardContext } from "./exchange.ts";
import { cookieOf, parseSession, sessionValueIn } from "./session.ts";

/** What a request says that a choice may depend on. Nothing is read before it is asked for. */
export class RequestSelection implements Selection {
  readonly #request: Request;
  readonly #context: ForwardContext;
  readonly #policy: LoadBalancing;

  constructor(request: Request, context: ForwardContext, policy: LoadBalancing) {
    this.#request = request;
    this.#context = context;
    this.#policy = policy;
  }

  place(): Place | null {
    return placeOf(this.#request.cf);
  }

  hashKey(): string | null {
    const hash = this.#policy.consistentHash;
    if (hash === null) return null;
    const { target, client } = this.#context;
    switch (hash.type) {
      case "SourceIP":
        return client.address;
      case "Header":
        return this.#request.headers.get(hash.name);
      case "Cookie":
        return cookieOf(this.#request.headers, hash.name);
      case "QueryParam":
        return new URLSearchParams(target.query).get(hash.name);
      case "Path":
        return target.path;
      case "Template":
        return expand(hash.template, { ...this.#context, request: this.#request }) || null;
    }
  }

  sessionToken(): string | null {
    return parseSession(this.sessionValue())?.token ?? null;
  }

  /** Which backend of the rule the session is with; null: there is no session. */
  sessionBackend(): number | null {
    return parseSession(this.sessionValue())?.backend ?? null;
  }

  /** What the session's cookie holds. */
  sessionValue(): string | null {
    const session = this.#policy.sessionPersistence;
    return session === null ? null : sessionValueIn(this.#request.headers, session);
  }
}
