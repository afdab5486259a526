import type { Endpoint, Rule } from "../../table/model.ts";
import type { NginxHeaders } from "../../table/nginx-headers.ts";
import type { Table } from "../../table/reader.ts";
import { rewritePath } from "../../table/rewrite.ts";
import type { Settings } from "../../table/settings.ts";
import type { Env } from "../env.ts";
import type { HealthView } from "../health/view.ts";
import type { FailureLog } from "../observe/log.ts";
import type { Problem } from "../problem.ts";
import { answerOf } from "./answer.ts";
import { type Attempt, addressOf, attempt, notSent, outcomeOf } from "./attempt.ts";
import { isForCanary } from "./canary.ts";
import type { EndpointState } from "./endpoint-state.ts";
import type { EndpointStates } from "./endpoint-states.ts";
import type { Exchange, ForwardContext } from "./exchange.ts";
import { hedged } from "./hedge.ts";
import { originSecretOf } from "./origin-secret.ts";
import { outgoingRequest } from "./outgoing.ts";
import { backoff, holdBody, isRepeatable, isWorthRetrying } from "./retry.ts";
import type { RetryUsage } from "./retry-budget.ts";
import { RequestSelection } from "./selection.ts";
import { reachable, reachesHost, type Transport, transportFor } from "./transport.ts";
import { tryLimitOf } from "./try-limit.ts";
import { countedUpload } from "./upload.ts";
import { Upstreams } from "./upstreams.ts";

type Health = Pick<HealthView, "firstSnapshot" | "reportSoon">;

/**
 * Milliseconds that a request which can't be repeated waits, in an isolate that has not heard of the clusters' health
 * yet: less than a connection to another continent takes.
 */
const FIRST_SNAPSHOT_WAIT = 250;

/**
 * Sends requests to the endpoints of their rule's backends and fails over from one to the next. A request goes out a
 * second time only when that is safe: nothing of it was sent, or its policy allows it to be repeated and its body, if
 * any, was held back for that.
 */
export class Forwarder {
  readonly #upstreams: Upstreams;
  readonly #transports: (Transport | null | undefined)[];
  readonly #settings: Settings;
  readonly #states: EndpointStates;
  readonly #health: Health;
  readonly #log: FailureLog;

  constructor(table: Table, states: EndpointStates, health: Health, log: FailureLog) {
    this.#settings = table.settings;
    this.#transports = new Array(table.endpointCount);
    this.#upstreams = new Upstreams(states);
    this.#states = states;
    this.#health = health;
    this.#log = log;
  }

  /** The cluster's answer, or which problem the client is to be told. Never throws for what a cluster does. */
  async forward(rule: Rule, request: Request, context: ForwardContext): Promise<Response | Problem> {
    if (rule.backends.length === 0) return "notFound";
    const selection = new RequestSelection(request, context, rule.policies.loadBalancing);
    const { canary } = rule.policies;
    const isCanary = canary === null ? null : isForCanary(canary, request.headers, selection.sessionBackend());
    const backend =
      isCanary === null ? this.#upstreams.choose(rule.backends) : (rule.backends[isCanary ? 1 : 0] ?? null);
    if (backend === null || !backend.served) return "unavailable";
    const { retry, pathRewrite } = rule.policies;
    const isRuleRewrite = context.rewritten === undefined && pathRewrite !== null;
    const rewritten = isRuleRewrite ? rewritePath(rule, pathRewrite, context.target) : (context.rewritten ?? null);
    if (isRuleRewrite && rewritten === null) return "ambiguous";
    const held = request.body === null || retry.maxBodySize === 0 ? null : await holdBody(request, retry.maxBodySize);
    if (held === "broken") return "incomplete";
    const upload = held === null ? countedUpload(request, rule.policies.requestBody) : null;
    const repeatable = isRepeatable(request, held !== null, retry);
    const waiting = repeatable ? null : this.#health.firstSnapshot(FIRST_SNAPSHOT_WAIT);
    if (waiting !== null) await waiting;
    const now = Date.now();
    const upstream = this.#upstreams.of(backend, rule.policies);
    upstream.budget.request(now);
    const first = upstream.balancer.first(selection, now);
    if (typeof first === "string") return first;
    const deadline = rule.requestTimeout === 0 ? Number.POSITIVE_INFINITY : now + rule.requestTimeout;
    const sessionBackend = canary?.sticky === true && backend === rule.backends[1] ? 1 : 0;
    const exchange = {
      rule,
      request,
      context,
      upstream,
      rewritten,
      selection,
      sessionBackend,
      held,
      upload,
      repeatable,
      deadline,
      tried: [],
    };
    return this.#tryUntilAnswered(exchange, first);
  }

  async #tryUntilAnswered(exchange: Exchange, first: EndpointState): Promise<Response | Problem> {
    const { retry } = exchange.rule.policies;
    let ended = await this.#firstTry(exchange, first);
    let retries = 0;
    for (;;) {
      if (exchange.upload?.isOver && !("response" in ended)) return "tooLarge";
      const isFailed = !("response" in ended);
      const pause = backoff(retries + 1, retry.backoff, Math.random());
      const next = isWorthRetrying(ended, retry) ? this.#nextAfter(ended, exchange, retries, pause) : null;
      if (isFailed || next !== null) this.#logFailure(ended, exchange.context.requestId, next !== null);
      if (next === null) break;
      if ("response" in ended) await ended.response.body?.cancel();
      if ("response" in ended || ended.sent) {
        retries++;
        if (pause > 0) await scheduler.wait(pause);
      }
      ended = await this.#try(exchange, next, null);
    }
    if (!("response" in ended)) return ended.problem;
    const nginx = this.#nginxHeaders(exchange.rule, ended.state.endpoint);
    return answerOf(exchange, ended.state, ended.response, nginx);
  }

  /** Where to go for another try; null where none may be made, or nowhere is left. */
  #nextAfter(ended: Attempt, exchange: Exchange, retries: number, pause: number): EndpointState | null {
    const { rule, upstream, selection, repeatable, deadline, tried } = exchange;
    const isUnsent = !("response" in ended) && !ended.sent;
    const now = Date.now();
    if ((!repeatable && !isUnsent) || now + pause >= deadline) return null;
    if (!isUnsent && retries >= rule.policies.retry.attempts) return null;
    const next = upstream.balancer.next(selection, tried, now);
    if (next === null) return null;
    if (isUnsent) return next;
    // What went to an endpoint that is out by now would go elsewhere now: moving it multiplies nothing.
    if (upstream.balancer.isMove(selection, ended.state, next, now)) upstream.budget.take(now);
    else if (!upstream.budget.tryTake(now)) return null;
    return next;
  }

  /** The first try, and where the policy asks for it and it takes long, a second one beside it. */
  #firstTry(exchange: Exchange, first: EndpointState): Promise<Attempt> {
    const { rule, request, upstream, selection, repeatable, tried } = exchange;
    const { retry } = rule.policies;
    if (retry.hedge === null || request.method !== "GET" || !repeatable) return this.#try(exchange, first, null);
    const second = (signal: AbortSignal) => {
      const now = Date.now();
      const other = upstream.balancer.next(selection, tried, now);
      return other !== null && upstream.budget.tryTake(now) ? this.#try(exchange, other, signal) : null;
    };
    const begin = (signal: AbortSignal) => this.#try(exchange, first, signal);
    return hedged(begin, retry.hedge.delay, second, (attempt) => !isWorthRetrying(attempt, retry));
  }

  /** `signal`: gives the try up; null where nobody will. */
  async #try(exchange: Exchange, state: EndpointState, signal: AbortSignal | null): Promise<Attempt> {
    const { context, request, rule, held, upload, tried } = exchange;
    const { endpoint } = state;
    tried.push(state);
    const transport = this.#transportOf(state, context.env);
    const target = context.anyHost === true ? reachable(endpoint, context.target) : context.target;
    if (transport === null || !reachesHost(endpoint, target.host)) {
      const cause = transport === null ? `no binding ${endpoint.binding}` : `host outside the zone ${endpoint.zone}`;
      return this.#recorded(notSent(state, cause), exchange, false);
    }
    const { originSecret } = endpoint.cluster;
    const secret = originSecret === null ? null : await originSecretOf(originSecret, context);
    if (originSecret !== null && secret === null) {
      return {
        ...notSent(state, "no secret for the header of its origin"),
        problem: "unavailable",
        isInconclusive: true,
      };
    }
    // What is counted goes out once, so nobody gives it up for another try.
    const givenUp = upload?.signal ?? signal;
    const nginx = this.#nginxHeaders(rule, endpoint);
    const outgoing = outgoingRequest(exchange, endpoint, { target, secret, nginx, signal: givenUp });
    const ended = await attempt(state, transport, outgoing, tryLimitOf(exchange), givenUp);
    return this.#recorded(ended, exchange, request.body !== null && held === null);
  }

  #recorded(ended: Attempt, { upstream }: Exchange, streamsBody: boolean): Attempt {
    const outcome = outcomeOf(ended, streamsBody);
    if (outcome === null) return ended;
    const ejected = this.#states.record(upstream.backend, ended.state, outcome, Date.now());
    if (ejected === null) return ended;
    this.#log.ejected(addressOf(ended.state.endpoint), ejected.cause, ejected.until, ejected.backend);
    if (ejected.backend === null) this.#health.reportSoon();
    return ended;
  }

  #logFailure(ended: Attempt, requestId: string, goesOn: boolean): void {
    const cause = "response" in ended ? `status ${ended.response.status}` : ended.cause;
    this.#log.failed(addressOf(ended.state.endpoint), cause, requestId, goesOn ? "next" : "failed");
  }

  /** All retry budgets together, for the status. */
  retryUsage(now: number): RetryUsage {
    return this.#upstreams.retryUsage(now);
  }

  #nginxHeaders({ policies }: Rule, { mode }: Endpoint): NginxHeaders | null {
    return policies.dialect === "ingress-nginx" && mode === "service" ? this.#settings.nginxHeaders : null;
  }

  #transportOf({ endpoint }: EndpointState, env: Env): Transport | null {
    let transport = this.#transports[endpoint.index];
    if (transport === undefined) {
      transport = transportFor(endpoint, env);
      this.#transports[endpoint.index] = transport;
    }
    return transport;
  }
}
