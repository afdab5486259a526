import type { Backend, Rule, Target } from "../../table/model.ts";
import type { Table } from "../../table/reader.ts";
import type { Client } from "../client.ts";
import type { Env } from "../env.ts";
import type { FailureLog } from "../observe/log.ts";
import type { Problem } from "../problem.ts";
import type { RequestTarget } from "../stages/normalise.ts";
import { WeightedDraw } from "./choose.ts";
import { overridesMethod, prepareRequestHeaders, prepareResponseHeaders } from "./headers.ts";
import { reachesHost, type Transport, transportFor, urlAt } from "./transport.ts";

/** What a forwarded request carries besides its rule. */
export interface ForwardContext {
  readonly target: RequestTarget;
  readonly client: Client;
  readonly requestId: string;
  readonly env: Env;
}

type Attempt =
  | { readonly response: Response }
  /** `sent`: false only where it is certain that no byte left the edge. */
  | { readonly problem: Problem; readonly cause: string; readonly sent: boolean };

/** RFC 9110 §9.2.2, without TRACE: nothing serves by it. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Codes by which the platform says that an origin failed; with 530 the cause is its name. */
const PLATFORM_FAILURES: ReadonlySet<number> = new Set([520, 521, 522, 523, 524, 525, 526, 527, 530]);
const PLATFORM_TIMEOUTS: ReadonlySet<number> = new Set([522, 524]);

/**
 * Sends requests to the endpoints of their rule's backends and fails over from one to the next. A request goes out a
 * second time only when that is safe: nothing of it was sent, or its method is idempotent and it has no body.
 */
export class Forwarder {
  readonly #backends = new WeakMap<readonly Backend[], WeightedDraw<Backend>>();
  readonly #targets = new WeakMap<Backend, WeightedDraw<Target>>();
  readonly #transports: (Transport | null | undefined)[];
  readonly #log: FailureLog;

  constructor(table: Table, log: FailureLog) {
    this.#transports = new Array(table.endpointCount);
    this.#log = log;
  }

  /** The cluster's answer, or which problem the client is to be told. Never throws for what a cluster does. */
  async forward(rule: Rule, request: Request, context: ForwardContext): Promise<Response | Problem> {
    const backend = this.#chooseBackend(rule.backends);
    if (backend === null || !backend.served) return "unavailable";
    const targets = this.#drawOf(backend);
    const deadline = rule.requestTimeout === 0 ? Number.POSITIVE_INFINITY : Date.now() + rule.requestTimeout;
    let target = targets.next();
    if (target === null) return "unavailable";
    let tried: Set<Target> | null = null;
    for (;;) {
      const attempt = await this.#attempt(target, rule, request, context, deadline);
      if ("response" in attempt) return attempt.response;
      tried = (tried ?? new Set<Target>()).add(target);
      const mayGoOn = (!attempt.sent || isReplayable(request)) && Date.now() < deadline;
      const next: Target | null = mayGoOn ? targets.nextExcept(tried) : null;
      const { cluster, hostname, port } = target.endpoint;
      const outcome = next === null ? "failed" : "next";
      this.#log.failed(`${cluster.name} ${hostname}:${port}`, attempt.cause, context.requestId, outcome);
      if (next === null) return attempt.problem;
      target = next;
    }
  }

  async #attempt(
    { endpoint }: Target,
    rule: Rule,
    request: Request,
    context: ForwardContext,
    deadline: number,
  ): Promise<Attempt> {
    let transport = this.#transports[endpoint.index];
    if (transport === undefined) {
      transport = transportFor(endpoint, context.env);
      this.#transports[endpoint.index] = transport;
    }
    if (transport === null || !reachesHost(endpoint, context.target.host)) {
      const cause = transport === null ? `no binding ${endpoint.binding}` : `host outside the zone ${endpoint.zone}`;
      return { problem: "badGateway", cause, sent: false };
    }
    const upstream = upstreamRequest(urlAt(endpoint, context.target), request);
    prepareRequestHeaders(request.headers, upstream.headers, context.client, context.requestId);
    try {
      const response = await inTime(transport.fetch(upstream), timeoutOf(rule, request, deadline));
      if (response === null) return { problem: "timeout", cause: "timeout", sent: true };
      if (!PLATFORM_FAILURES.has(response.status)) return { response: answer(response, context.requestId) };
      await response.body?.cancel();
      const problem = PLATFORM_TIMEOUTS.has(response.status) ? "timeout" : "badGateway";
      return { problem, cause: `status ${response.status}`, sent: true };
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      return { problem: "badGateway", cause, sent: true };
    }
  }

  #chooseBackend(backends: readonly Backend[]): Backend | null {
    let draw = this.#backends.get(backends);
    if (draw === undefined) {
      draw = new WeightedDraw(backends, ({ weight }) => weight, Math.random());
      this.#backends.set(backends, draw);
    }
    return draw.next();
  }

  #drawOf(backend: Backend): WeightedDraw<Target> {
    let draw = this.#targets.get(backend);
    if (draw === undefined) {
      draw = new WeightedDraw(backend.targets, ({ weight }) => weight, Math.random());
      this.#targets.set(backend, draw);
    }
    return draw;
  }
}

/** True where a request may go out again although the first may have been carried out. */
function isReplayable(request: Request): boolean {
  return IDEMPOTENT.has(request.method) && request.body === null && !overridesMethod(request.headers);
}

/**
 * The request at another URL, to be sent as it is: a redirect is the client's to follow. A body of GET or HEAD, which
 * RFC 9110 §9.3.1 leaves without meaning but lets pass, can only be carried by copying the whole request.
 */
function upstreamRequest(url: string, request: Request): Request {
  const { method, headers, body } = request;
  const copied = body !== null && (method === "GET" || method === "HEAD");
  return copied ? new Request(url, request) : new Request(url, { method, headers, body, redirect: "manual" });
}

/**
 * Milliseconds that one try has until the answer's headers; infinite where neither limit is set, and for a request
 * with a body: an upload may take as long as its client needs, and where it ends can't be seen without touching it (a
 * pipe in between turned a broken upload into a whole one).
 */
function timeoutOf({ backendRequestTimeout }: Rule, request: Request, deadline: number): number {
  if (request.body !== null) return Number.POSITIVE_INFINITY;
  const left = deadline - Date.now();
  return backendRequestTimeout === 0 ? left : Math.min(backendRequestTimeout, left);
}

/**
 * The answer, or null when its headers are not there in time; the body may take as long as it likes. A late answer is
 * dropped. There is no AbortController: it would cost as much as a header on every request, and what still runs ends
 * with the request.
 */
function inTime(answer: Promise<Response>, milliseconds: number): Promise<Response | null> {
  if (milliseconds === Number.POSITIVE_INFINITY) return answer;
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        resolve(null);
      },
      Math.max(0, milliseconds),
    );
    answer.then(
      (response) => {
        clearTimeout(timer);
        if (late) void response.body?.cancel();
        else resolve(response);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/** The answer as the client gets it: status, every header of the message, the body streamed; a WebSocket goes along. */
function answer(response: Response, requestId: string): Response {
  const passed = new Response(response.body, response);
  prepareResponseHeaders(response.headers, passed.headers, requestId);
  return passed;
}
