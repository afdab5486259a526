import { type Context, Hono } from "hono";
import type { HostRouter } from "../table/match.ts";
import type { Rule } from "../table/model.ts";
import type { Fallback } from "../table/policies/fallback.ts";
import { type Rewritten, rewritePath } from "../table/rewrite.ts";
import { countedMoves, MOST_MOVES } from "../table/rewrite-lines.ts";
import { normaliseTarget, type RequestTarget } from "../table/target.ts";
import { ClientReader } from "./client.ts";
import { type Env, textOf } from "./env.ts";
import { IsolateHealth } from "./health/isolate.ts";
import { FailureLog, logBug } from "./observe/log.ts";
import { type Trace, traced, traceOf } from "./observe/trace.ts";
import { fallbackResponse, type Problem, problemResponse } from "./problem.ts";
import { withoutParameters } from "./query.ts";
import { refusedBySize } from "./stages/body-size.ts";
import { chainOf, Moved, runChain, type Stage } from "./stages/chain.ts";
import { RequestSlots } from "./stages/concurrency-limit.ts";
import { errorPage } from "./stages/error-pages.ts";
import { HeaderEdits } from "./stages/header-edits.ts";
import { serveLimits } from "./stages/limits-status.ts";
import { matchRequest } from "./stages/match.ts";
import { copied } from "./stages/mirror.ts";
import { isGuarded, keepFromSharedCaches } from "./stages/private-answers.ts";
import { serveStatus } from "./stages/status.ts";
import type { Visit } from "./stages/visit.ts";
import { FollowedTables, nameOf, type ServedTable } from "./tables/followed-tables.ts";
import { Asker, type Asking } from "./upstream/ask.ts";
import type { ForwardContext } from "./upstream/exchange.ts";
import { Forwarder } from "./upstream/forward.ts";
import { requestIdOf } from "./upstream/headers.ts";

type EdgeContext = Context<{ Bindings: Env }>;

/** Text binding: the header of answers that names the table which gave them; without it no header does. */
const TABLE_HEADER = "EDGE_INGRESS_TABLE_HEADER";

/**
 * The edge over one routing table, or over those that are published while it runs. Throws where the bytes are no table that
 * it can serve, so that a deployment with a bad table fails at start-up and the one before goes on.
 */
export function createEdge(source: ArrayBuffer | FollowedTables): Hono<{ Bindings: Env }> {
  const tables = source instanceof FollowedTables ? source : new FollowedTables(source);
  let serving = servingOf(tables.current, tables, null);
  return new Hono<{ Bindings: Env }>().all("*", async (context) => {
    const request = context.req.raw;
    const requestId = requestIdOf(request.headers);
    const asked = traceOf(request.headers, context.env);
    const trace = asked === null ? null : await asked;
    const looking = tables.refresh(context.env, (promise) => context.executionCtx.waitUntil(promise));
    if (looking !== null) await looking;
    if (serving.served !== tables.current) serving = servingOf(tables.current, tables, serving);
    // The one of this request, whatever is published meanwhile.
    const { served, handle } = serving;
    const answer = await handle(context, requestId, trace).catch((error: unknown) => {
      logBug(error, requestId);
      return "internal" as const;
    });
    const response = typeof answer === "string" ? problemResponse(answer, request, requestId) : answer;
    const header = textOf(context.env, TABLE_HEADER);
    if (header !== null && response.status !== 101) response.headers.set(header, nameOf(served));
    return trace === null ? response : traced(response, trace, served.table.contentHash);
  });
}

/** What outlives a table. */
interface Lasting {
  readonly health: IsolateHealth;
  readonly log: FailureLog;
}

/** One table: normalise → status → match → the rule's stages → forward. `was`: the one before. */
function servingOf(served: ServedTable, tables: FollowedTables, was: Lasting | null) {
  const { table, shards } = served;
  const clients = new ClientReader(table.settings);
  const health = new IsolateHealth(table, was?.health);
  const log = was?.log ?? new FailureLog();
  const forwarder = new Forwarder(table, health.states, health.view, log);
  const asker = new Asker(table, forwarder, log);

  async function handle(context: EdgeContext, requestId: string, trace: Trace | null): Promise<Response | Problem> {
    const { env } = context;
    const request = context.req.raw;
    const normalised = normaliseTarget(request.url);
    if (!normalised.ok) return "refused";
    const { target } = normalised;
    const waitUntil = (promise: Promise<unknown>) => context.executionCtx.waitUntil(promise);
    health.refresh(request, env, waitUntil);
    const status = serveStatus(target.path, request.headers, env, { table, tables, health, forwarder });
    if (status !== null) return status;
    const limits = serveLimits(target.path, request, env, table);
    if (limits !== null) return limits;
    if (tables.isLacking(env)) return "unavailable";
    const found = ruleFor(request, target, waitUntil, trace);
    const rule = found instanceof Promise ? await found : found;
    if (typeof rule === "string") return rule;
    const client = clients.read(request.headers, target.authority, target.https, env);
    return lead(rule, request, { target, client, requestId, env, waitUntil, edits: null, trace }, inside);
  }

  /** A promise where a shard has to be awaited. */
  function ruleFor(
    request: Request,
    target: RequestTarget,
    waitUntil: ForwardContext["waitUntil"],
    trace: Trace | null,
  ): Rule | Problem | Promise<Rule | Problem> {
    if (shards === null) return ruleOf(table.routerFor(target.host), request, target, trace);
    const found = shards.routerFor(target.host, waitUntil);
    if (!(found instanceof Promise)) return ruleOf(found, request, target, trace);
    return found.then((router) => (router === "unavailable" ? router : ruleOf(router, request, target, trace)));
  }

  /** A question of the edge's own, to one of its hosts: what stands there may not ask this edge in turn. */
  async function inside(request: Request, context: ForwardContext): Promise<Response | Problem> {
    const rule = await ruleFor(request, context.target, context.waitUntil, null);
    return typeof rule === "string" ? rule : lead(rule, request, context, null);
  }

  /** `before`: how often lines of snippets have led the request to another path, and which of them are done. */
  async function lead(
    rule: Rule,
    request: Request,
    context: ForwardContext,
    inner: Asking["inside"],
    before: { readonly moves: number; readonly done: Visit["done"] } = { moves: 0, done: "none" },
  ): Promise<Response | Problem> {
    const chain = chainOf(rule.policies);
    // An answer that stands in for a cluster's is none to a question: it would let requests in where a service is down.
    const fallback = inner === null ? null : rule.policies.fallback;
    if (chain === null) {
      const refused = refusedBySize(rule.policies, request);
      if (refused !== null) return refused;
      const rewritten = afterMoves(rule, context.target);
      if (rewritten === null) return "ambiguous";
      return serve(rule, request, { ...context, target: context.target.sent ?? context.target, rewritten }, fallback);
    }
    const { edits: told, answered: _, ...arrived } = context;
    const slots = new RequestSlots();
    const asking = { ...arrived, trace: null, request, inside: inner, slots };
    const visit: Visit = {
      ...arrived,
      rule,
      request,
      ask: (question) => asker.ask(question, asking),
      identities: [],
      withheldParameters: new Set(),
      toCluster: told ?? new HeaderEdits(),
      toClient: new HeaderEdits(),
      done: before.done,
      rewritten: undefined,
      slots,
      slotsBefore: arrived.slots ?? null,
      answeredBy: null,
      onAnswer: [],
    };
    try {
      const response = await throughStages(chain, visit, fallback);
      if (response instanceof Moved) {
        const { target, done } = response;
        const moves = countedMoves(before.moves, done);
        if (moves > MOST_MOVES) return "internal";
        const next = await ruleFor(request, target, context.waitUntil, context.trace ?? null);
        if (typeof next === "string") return next;
        return lead(next, request, { ...context, target }, inner, { moves, done });
      }
      if (rule.policies.concurrencyLimit === null) return response;
      return slots.endWith(response, visit.answeredBy !== null, visit.waitUntil);
    } catch (error) {
      slots.end();
      throw error;
    }
  }

  async function throughStages(
    chain: readonly Stage[],
    visit: Visit,
    fallback: Fallback | null,
  ): Promise<Response | Moved> {
    const refused = await runChain(chain, visit);
    if (refused instanceof Moved) return refused;
    const rewritten = rewrittenFor(visit);
    const { rule, request, client, requestId, env, waitUntil } = visit;
    const forwarded: ForwardContext = {
      ...{ client, requestId, env, waitUntil },
      target: shownToCluster(visit),
      edits: visit.toCluster,
      rewritten: rewritten === "ambiguous" ? null : rewritten,
      answered(endpoint, headers) {
        visit.answeredBy = endpoint;
        for (const change of visit.onAnswer) change(headers, endpoint);
      },
    };
    const stopped = refused ?? (rewritten === "ambiguous" ? rewritten : null);
    const copy = stopped === null ? await copied(visit, forwarded.target) : null;
    const given =
      copy === "incomplete" ? copy : (stopped ?? (await serve(rule, copy?.request ?? request, forwarded, fallback)));
    if (copy !== "incomplete") copy?.send();
    const answer = await errorPage(given, visit, forwarded, forwarder);
    const response = typeof answer === "string" ? problemResponse(answer, request, requestId) : answer;
    visit.toClient.applyTo(response.headers, {
      status: response.status,
      mode: visit.answeredBy?.mode ?? "service",
    });
    if (response.status !== 101 && isGuarded(rule.policies)) keepFromSharedCaches(response.headers);
    return response;
  }

  async function serve(
    rule: Rule,
    request: Request,
    forwarded: ForwardContext,
    fallback: Fallback | null,
  ): Promise<Response | Problem> {
    const answer = await forwarder.forward(rule, request, forwarded);
    if (typeof answer !== "string") return answer;
    return fallbackResponse(answer, fallback, request, forwarded.requestId) ?? answer;
  }

  return { served, handle, health, log };
}

function ruleOf(
  router: HostRouter | null,
  request: Request,
  target: RequestTarget,
  trace: Trace | null,
): Rule | Problem {
  const rule = router === null ? null : matchRequest(router, target, request);
  if (rule === null || typeof rule === "string") return rule ?? "notFound";
  if (trace !== null && router !== null) {
    trace.rule = rule;
    trace.hostname = router.hostname;
  }
  return rule;
}

/** What Services see of a request that lines have led here: its new path, as the rule rewrites it; null: nobody can say. */
function afterMoves(rule: Rule, target: RequestTarget): Rewritten | undefined | null {
  if (target.sent === undefined) return undefined;
  const { pathRewrite } = rule.policies;
  return pathRewrite === null ? moved(target) : rewritePath(rule, pathRewrite, target);
}

function rewrittenFor({ rule, target, rewritten }: Visit): Visit["rewritten"] | "ambiguous" {
  if (target.sent === undefined) return rewritten;
  if (rewritten !== undefined) return rewritten ?? moved(target);
  return afterMoves(rule, target) ?? "ambiguous";
}

function moved({ path }: RequestTarget): Rewritten {
  return { path, forwardedPrefix: "" };
}

/** A cluster's own ingress gets what the client asked for, and does the lines again. */
function shownToCluster({ target: led, withheldParameters }: Visit): RequestTarget {
  const target = led.sent ?? led;
  if (withheldParameters.size === 0) return target;
  return { ...target, query: withoutParameters(target.query, withheldParameters) };
}
