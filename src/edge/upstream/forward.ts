import type { TransportName } from "../../table/layout.ts";
import type { Backend, Endpoint, Rule } from "../../table/model.ts";
import type { NginxHeaders } from "../../table/nginx-headers.ts";
import type { SessionPersistence } from "../../table/policies/load-balancing.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Table } from "../../table/reader.ts";
import { type Rewritten, rewritePath } from "../../table/rewrite.ts";
import type { Settings } from "../../table/settings.ts";
import type { RequestTarget } from "../../table/target.ts";
import type { Client } from "../client.ts";
import type { Env } from "../env.ts";
import type { HealthView } from "../health/view.ts";
import type { FailureLog } from "../observe/log.ts";
import type { Trace } from "../observe/trace.ts";
import type { Problem } from "../problem.ts";
import type { RequestSlots } from "../stages/concurrency-limit.ts";
import type { HeaderEdits } from "../stages/header-edits.ts";
import { type Attempt, addressOf, attempt, notSent, outcomeOf, type TryLimit } from "./attempt.ts";
import type { BackendState } from "./backend-state.ts";
import { Balancer } from "./balancer.ts";
import { isForCanary } from "./canary.ts";
import { WeightedDraw } from "./choose.ts";
import type { EndpointState } from "./endpoint-state.ts";
import type { EndpointStates } from "./endpoint-states.ts";
import { prepareRequestHeaders, prepareResponseHeaders } from "./headers.ts";
import { hedged } from "./hedge.ts";
import { originSecretOf, setOriginSecret } from "./origin-secret.ts";
import { paced } from "./pace.ts";
import { backoff, holdBody, isRepeatable, isWorthRetrying, lengthOf } from "./retry.ts";
import { RetryBudget, type RetryUsage } from "./retry-budget.ts";
import { RequestSelection } from "./selection.ts";
import { sessionCookie, sessionToken, sessionValue } from "./session.ts";
import { reachable, reachesHost, type Transport, transportFor, urlAt } from "./transport.ts";
import { pipeOf, untilEnd } from "./until-end.ts";
import { countedUpload, type Upload } from "./upload.ts";
import { WeaklyKept } from "./weakly-kept.ts";

/** What a forwarded request carries besides its rule. */
export interface ForwardContext {
  readonly target: RequestTarget;
  readonly client: Client;
  readonly requestId: string;
  readonly env: Env;
  /** Changes that the rule's stages made to the headers on their way to the cluster; null: none. */
  readonly edits: HeaderEdits | null;
  /** Told whose answer the client gets, with its headers as they are passed on; null: nobody asks. */
  readonly answered?: ((endpoint: Endpoint, headers: Headers) => void) | null;
  /** Told where the request went; null or undefined: nobody asks. */
  readonly trace?: Trace | null;
  /** True where the Host says nothing of the way: an endpoint that can't be sent it gets its own name. */
  readonly anyHost?: boolean;
  /** What Services see in the place of the path, null: the path itself; undefined: what the rule says. */
  readonly rewritten?: Rewritten | null | undefined;
  /** Those of the request that this one is asked about; absent: it is a client's. */
  readonly slots?: RequestSlots;
  /** Lets work go on after the answer. */
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

type Health = Pick<HealthView, "firstSnapshot" | "reportSoon">;

/** One backend under the policies of a rule. */
interface Upstream {
  readonly backend: BackendState;
  readonly balancer: Balancer;
  readonly budget: RetryBudget;
}

/** One request on its way: what all its tries share. */
interface Exchange {
  readonly rule: Rule;
  readonly request: Request;
  readonly context: ForwardContext;
  readonly upstream: Upstream;
  /** What Services see in place of the path; null: the path itself. */
  readonly rewritten: Rewritten | null;
  readonly selection: RequestSelection;
  /** Which backend of the rule a session is with; 0 where that does not count. */
  readonly sessionBackend: number;
  /** The body where it may be sent again; else null. */
  readonly held: ArrayBuffer | null;
  /** The body where it has to be counted on its way; else null. */
  readonly upload: Upload | null;
  readonly repeatable: boolean;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly tried: EndpointState[];
}

/**
 * Milliseconds that a request which can't be repeated waits, in an isolate that has not heard of the clusters' health
 * yet: less than a connection to another continent takes.
 */
const FIRST_SNAPSHOT_WAIT = 250;

/** Bytes a second that an upload has to make at least; slower ones may be cut off when their try's time is over. */
const SLOWEST_UPLOAD = 16 * 1024;

/**
 * Sends requests to the endpoints of their rule's backends and fails over from one to the next. A request goes out a
 * second time only when that is safe: nothing of it was sent, or its policy allows it to be repeated and its body, if
 * any, was held back for that.
 */
export class Forwarder {
  readonly #backends = new WeakMap<readonly Backend[], WeightedDraw<Backend>>();
  readonly #upstreams = new WeaklyKept<Backend, Map<RulePolicies, Upstream>>();
  readonly #transports: (Transport | null | undefined)[];
  readonly #settings: Settings;
  readonly #states: EndpointStates;
  readonly #health: Health;
  readonly #log: FailureLog;

  constructor(table: Table, states: EndpointStates, health: Health, log: FailureLog) {
    this.#settings = table.settings;
    this.#transports = new Array(table.endpointCount);
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
    const backend = isCanary === null ? this.#chooseBackend(rule.backends) : (rule.backends[isCanary ? 1 : 0] ?? null);
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
    const upstream = this.#upstreamOf(backend, rule.policies);
    upstream.budget.request(now);
    const first = upstream.balancer.first(selection, now);
    if (typeof first === "string") return first;
    const deadline = rule.requestTimeout === 0 ? Number.POSITIVE_INFINITY : now + rule.requestTimeout;
    const sessionBackend = canary?.sticky === true && backend === rule.backends[1] ? 1 : 0;
    const shared = {
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
    };
    return this.#exchange({ ...shared, tried: [] }, first);
  }

  async #exchange(exchange: Exchange, first: EndpointState): Promise<Response | Problem> {
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
    return "response" in ended ? this.#answer(exchange, ended.state, ended.response) : ended.problem;
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
    const rewritten = endpoint.mode === "service" ? exchange.rewritten : null;
    const seen = rewritten === null ? target : { ...target, path: rewritten.path, query: afterRewrite(target.query) };
    const url = urlAt(endpoint, seen, rule.policies.upstreamHost);
    const plain = upstreamRequest(url, request, held ?? upload?.body ?? null, givenUp);
    // The platform's cache knows nothing of who was let in: without Authorization it may keep one's answer for another.
    const upstream =
      context.edits !== null && isCached(endpoint.transport) ? new Request(plain, { cache: "no-store" }) : plain;
    const { identityHeaders } = rule.policies;
    const { client, requestId } = context;
    const nginx = this.#nginxHeaders(rule, endpoint);
    prepareRequestHeaders(request.headers, upstream.headers, client, requestId, { identityHeaders, nginx });
    if (rewritten !== null && rewritten.forwardedPrefix !== "") {
      upstream.headers.set("x-forwarded-prefix", rewritten.forwardedPrefix);
    }
    context.edits?.applyTo(upstream.headers, { mode: endpoint.mode });
    if (originSecret !== null && secret !== null) setOriginSecret(originSecret, secret, upstream.headers);
    const ended = await attempt(state, transport, upstream, limitOf(exchange), givenUp);
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

  /** The answer as the client gets it: status, headers of the message, the body streamed; a WebSocket goes along. */
  #answer(exchange: Exchange, state: EndpointState, response: Response): Response {
    const { context, rule, request } = exchange;
    const { maxRequests } = state.endpoint.cluster.circuitBreaker;
    const whole = maxRequests === 0 ? response.body : counted(state, response, context.waitUntil);
    const { bandwidthLimit: limit } = rule.policies;
    const isPaced = limit !== null && (!limit.onlyServices || state.endpoint.mode === "service");
    const body = isPaced && whole !== null ? paced(whole, limit).pipeThrough(pipeOf(response.headers)) : whole;
    const passed = new Response(body, response);
    const nginx = this.#nginxHeaders(rule, state.endpoint);
    prepareResponseHeaders(response.headers, passed.headers, context.requestId, nginx);
    context.answered?.(state.endpoint, passed.headers);
    if (context.trace) context.trace.endpoint = state.endpoint;
    const session = rule.policies.loadBalancing.sessionPersistence;
    if (session === null) return passed;
    const value = sessionValue(state.endpoint.id, exchange.sessionBackend);
    if (!movesSession(session, exchange, state, value)) return passed;
    const { mode } = state.endpoint;
    const userAgent = request.headers.get("user-agent") ?? "";
    const secure = context.client.scheme === "https";
    const cookie = { secure, mode, path: rule.path, userAgent, now: Date.now() };
    passed.headers.append("set-cookie", sessionCookie(session, value, cookie));
    return passed;
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

  /** All retry budgets together, for the status. */
  retryUsage(now: number): RetryUsage {
    const all = this.#upstreams.values().flatMap((byPolicies) => [...byPolicies.values()]);
    const usages = all.map(({ budget }) => budget.usage(now));
    const sum = (field: keyof RetryUsage) => usages.reduce((total, usage) => total + usage[field], 0);
    return { active: sum("active"), allowed: sum("allowed"), used: sum("used") };
  }

  #chooseBackend(backends: readonly Backend[]): Backend | null {
    if (backends.length === 1) return backends[0]?.weight === 0 ? null : (backends[0] ?? null);
    let draw = this.#backends.get(backends);
    if (draw === undefined) {
      draw = new WeightedDraw(backends, ({ weight }) => weight, Math.random());
      this.#backends.set(backends, draw);
    }
    return draw.next();
  }

  #upstreamOf(backend: Backend, policies: RulePolicies): Upstream {
    let byPolicies = this.#upstreams.get(backend);
    if (byPolicies === undefined) {
      byPolicies = new Map();
      this.#upstreams.set(backend, byPolicies);
    }
    let upstream = byPolicies.get(policies);
    if (upstream === undefined) {
      const balancer = new Balancer(backend, policies.loadBalancing, this.#states);
      const budget = new RetryBudget(policies.retry.budget);
      upstream = { backend: this.#states.ofBackend(backend), balancer, budget };
      byPolicies.set(policies, upstream);
    }
    return upstream;
  }
}

/** Whether the client is to stay with who answered from now on. */
function movesSession(
  { changeOnFailure, besidesIngress }: SessionPersistence,
  { selection, tried, upstream }: Exchange,
  { endpoint }: EndpointState,
  value: string,
): boolean {
  if (selection.sessionValue() === value) return false;
  // One door is no choice, and the cluster's own ingress has a cookie for what is behind it.
  if (besidesIngress && endpoint.mode === "ingress" && upstream.backend.peers.length === 1) return false;
  if (changeOnFailure) return true;
  const token = selection.sessionToken();
  return !tried.some(({ endpoint: { id } }) => id !== endpoint.id && sessionToken(id) === token);
}

/**
 * The request at another URL, to be sent as it is: a redirect is the client's to follow. A body of GET or HEAD, which
 * RFC 9110 §9.3.1 leaves without meaning but lets pass, can only be carried by copying the whole request. `instead`: the
 * body that is sent, where it is not the request's own.
 */
function upstreamRequest(
  url: string,
  request: Request,
  instead: ArrayBuffer | ReadableStream | null,
  signal: AbortSignal | null,
): Request {
  const { method, headers, body } = request;
  if (body !== null && instead === null && (method === "GET" || method === "HEAD")) return new Request(url, request);
  const init = { method, headers, body: instead ?? body, redirect: "manual" as const };
  return new Request(url, signal === null ? init : { ...init, signal });
}

/** nginx joins a changed path and what follows the `?`, and no `?` where nothing does (ngx_http_proxy_create_request). */
function afterRewrite(query: string): string {
  return query === "?" ? "" : query;
}

/** True where the platform may answer out of its cache: what goes through a binding has none. */
function isCached(transport: TransportName): boolean {
  return transport === "public-name" || transport === "zone-name";
}

/**
 * How long one try may take until the answer's headers. Where a body ends on its way can't be seen without touching it
 * (a pipe in between turned a broken upload into a whole one), so one that is passed on as it comes has the time for its
 * length at a slow rate besides, and one of unknown length has no limit.
 */
function limitOf({ rule, request, held, deadline }: Exchange): TryLimit {
  const { backendRequestTimeout, policies } = rule;
  const { perTryTimeout } = policies.retry;
  const own = Math.min(...[backendRequestTimeout, perTryTimeout].filter((limit) => limit !== 0));
  const left = deadline - Date.now();
  const limit = { milliseconds: Math.min(left, own), isCutShort: left < own };
  if (request.body === null || held !== null) return limit;
  const length = lengthOf(request.headers);
  if (length === null) return { milliseconds: Number.POSITIVE_INFINITY, isCutShort: false };
  return { ...limit, milliseconds: limit.milliseconds + (length / SLOWEST_UPLOAD) * 1000 };
}

/** The body, under way until its end. */
function counted(
  state: EndpointState,
  { body, headers }: Response,
  waitUntil: ForwardContext["waitUntil"],
): ReadableStream | null {
  if (body === null) return null;
  return untilEnd(body, headers, state.streams.begin(Date.now()), waitUntil);
}
