import type { Rule } from "../../table/model.ts";
import type { AskedService } from "../../table/policies/external-auth.ts";
import { DEFAULT_RULE_POLICIES, type RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Table } from "../../table/reader.ts";
import { normaliseTarget, type RequestTarget } from "../../table/target.ts";
import type { Client } from "../client.ts";
import { fetcherOf } from "../env.ts";
import type { FailureLog } from "../observe/log.ts";
import type { Problem } from "../problem.ts";
import type { HeaderEdits } from "../stages/header-edits.ts";
import type { ForwardContext } from "./exchange.ts";
import type { Forwarder } from "./forward.ts";
import { prepareRequestHeaders } from "./headers.ts";
import { inTime } from "./in-time.ts";

/** A request that the edge makes of its own accord, on behalf of a client's. */
export interface Question {
  readonly service: AskedService;
  readonly method: string;
  /** With its query; begins with `/`. */
  readonly path: string;
  /** What the client sent, or a part of it; what it may claim of itself or of the connection is taken off. */
  readonly headers: Headers;
  /** Takes the place of what clusters are told; see `prepareRequestHeaders`. */
  readonly edits: HeaderEdits;
  /** Of a copy, which is sent once and no more; a question has none, and may be asked again. */
  readonly body?: ArrayBuffer | null;
  /** Milliseconds until the answer's headers. */
  readonly timeout: number;
  /** Whether an answer of this status is one. */
  readonly isAnswer: (status: number) => boolean;
}

/** The client's request that a question is about. */
export interface Asking extends Omit<ForwardContext, "edits"> {
  readonly request: Request;
  /** Leads a question to a host of this edge through its rules; null: it is one itself, so that would be a loop. */
  readonly inside: ((request: Request, context: ForwardContext) => Promise<Response | Problem>) | null;
}

/** Asks services, wherever they are. */
export class Asker {
  readonly #table: Table;
  readonly #forwarder: Forwarder;
  readonly #log: FailureLog;
  readonly #rules = new WeakMap<AskedService, Rule>();

  constructor(table: Table, forwarder: Forwarder, log: FailureLog) {
    this.#table = table;
    this.#forwarder = forwarder;
    this.#log = log;
  }

  /** The answer, its body unread; null where there is none that counts, for a reason that the log has. Never throws. */
  async ask(question: Question, asking: Asking): Promise<Response | null> {
    const failed = (cause: string) => {
      const { hostname } = question.service;
      this.#log.failed(`asked ${hostname === "" ? "this edge" : hostname}`, cause, asking.requestId, "failed");
      return null;
    };
    try {
      const answer = await inTime(this.#send(question, asking), question.timeout);
      if (answer === null) return failed("timeout");
      if (typeof answer === "string") return failed(answer);
      if (question.isAnswer(answer.status)) return answer;
      await answer.body?.cancel();
      return failed(`status ${answer.status}`);
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  }

  async #send(question: Question, asking: Asking): Promise<Response | Problem> {
    const { service, method } = question;
    const came = asking.request.headers.get("cdn-loop");
    if (came?.includes(this.#loopMark) || (service.via === "edge" && asking.inside === null)) throw new Error("loop");
    const target = targetOf(question, asking);
    const { https, authority, path, query } = target;
    const headers = withoutBody(question.headers);
    headers.set("cdn-loop", came === null ? this.#loopMark : `${came}, ${this.#loopMark}`);
    const url = `${https ? "https" : "http"}://${authority}${path}${query}`;
    const { cf } = asking.request;
    // Where the client is decides about the nearest cluster, and by access lists; to `fetch` it would mean other things.
    const isOurs = service.via === "edge" || service.via === "clusters";
    const request = new Request(url, {
      method,
      headers,
      redirect: "manual",
      ...(question.body != null && { body: question.body }),
      ...(isOurs && cf !== undefined && { cf }),
      // What was said of one client is for no other: the platform's cache would know them by the URL alone.
      ...(service.via === "name" && { cache: "no-store" }),
    });
    const context = { ...asking, target, edits: question.edits };
    if (service.via === "edge")
      return asking.inside?.(request, { ...context, client: askedAs(asking.client, target) }) ?? "internal";
    if (service.via === "clusters") {
      return this.#forwarder.forward(this.#ruleOf(question), request, { ...context, anyHost: true });
    }
    prepareRequestHeaders(headers, request.headers, asking.client, asking.requestId);
    question.edits.applyTo(request.headers);
    if (service.via === "name") return fetch(request);
    const binding = fetcherOf(asking.env, service.binding);
    if (binding === null) throw new Error(`no binding ${service.binding}`);
    return binding.fetch(request);
  }

  /** This edge's name in CDN-Loop (RFC 8586): a question that comes back by way of the network is not asked again. */
  get #loopMark(): string {
    return `edge-ingress-${this.#table.contentHash.slice(0, 12)}`;
  }

  /** A Service at its endpoints, as the backend of a rule. */
  #ruleOf({ service, timeout, body }: Question): Rule {
    const known = this.#rules.get(service);
    if (known !== undefined) return known;
    const targets = service.targets.map(({ endpoint, weight }) => ({
      endpoint: this.#table.endpoint(endpoint),
      weight,
    }));
    const name = service.hostname;
    const rule: Rule = {
      name: `asked ${name}`,
      pathType: "PathPrefix",
      path: "/",
      conditions: null,
      backends: [{ name, weight: 1, served: true, targets }],
      requestTimeout: timeout,
      // So that one that hangs leaves time for another.
      backendRequestTimeout: targets.length > 1 ? Math.ceil(timeout / 2) : timeout,
      policies: body === undefined ? QUESTION_POLICIES : COPY_POLICIES,
    };
    this.#rules.set(service, rule);
    return rule;
  }
}

/** A question may be asked again, whatever its method. */
const QUESTION_POLICIES: RulePolicies = {
  ...DEFAULT_RULE_POLICIES,
  retry: {
    ...DEFAULT_RULE_POLICIES.retry,
    methods: ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"],
    statuses: [{ from: 502, to: 504 }],
  },
};

const COPY_POLICIES: RulePolicies = {
  ...DEFAULT_RULE_POLICIES,
  retry: { ...DEFAULT_RULE_POLICIES.retry, attempts: 0, methods: [] },
};

function targetOf({ service, path }: Question, { target }: Asking): RequestTarget {
  const scheme = service.scheme === "client" ? (target.https ? "https" : "http") : service.scheme;
  const normalised = normaliseTarget(`${scheme}://${authorityOf(service, target)}${path}`);
  if (!normalised.ok) throw new Error(`not asked: ${normalised.reason}`);
  return normalised.target;
}

function authorityOf({ via, hostname, port, scheme }: AskedService, target: RequestTarget): string {
  if (hostname === "") return port === 0 ? target.authority : target.host;
  const isUsual = port === (scheme === "https" ? 443 : 80);
  // A Service is told its name alone, as by ingress-nginx: the port may be another one at its endpoints.
  return isUsual || via === "clusters" ? hostname : `${hostname}:${port}`;
}

/** The client, with the address that is asked for: the edge meets it as if the client had. */
function askedAs(client: Client, { https, authority, port }: RequestTarget): Client {
  const scheme = https ? "https" : "http";
  const forwardedPort = port.slice(1) || (https ? "443" : "80");
  return { ...client, scheme, forwardedHost: authority, forwardedProto: scheme, forwardedPort };
}

function withoutBody(sent: Headers): Headers {
  const headers = new Headers(sent);
  for (const name of ["content-length", "expect", "upgrade"]) headers.delete(name);
  return headers;
}
