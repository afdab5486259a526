import { CATCH_ALL } from "../../table/layout.ts";
import {
  buildHostRouter,
  type HostRouter,
  matchReadings,
  matchRule,
  type RequestView,
  readingsFor,
} from "../../table/match.ts";
import type { Rule } from "../../table/model.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { normaliseTarget } from "../../table/target.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { positionText, type Report } from "../report.ts";
import type { Contender, ExplainedRequest, Explanation, Outcome, RuleReport } from "./explanation.ts";
import { inStageOrder } from "./stage-order.ts";
import { whyItLoses, whyItTakes } from "./why.ts";

/**
 * Asks a table itself, through the edge's own normalisation and matcher, which rule takes a request, and its report where
 * the manifests say so. Health, and checks that look at who sends the request, are not played. Throws where the two do
 * not belong together.
 */
export function explain(
  { table: bytes, report }: { readonly table: Uint8Array<ArrayBuffer>; readonly report: Report },
  request: ExplainedRequest,
): Explanation {
  const opened = openTable(bytes.slice().buffer);
  if (!opened.ok) throw new Error(`the table can't be read: ${opened.reason}`);
  if (opened.table.contentHash !== report.contentHash) throw new Error("the report is that of another table");
  const normalised = normaliseTarget(request.url);
  const said = { method: request.method, url: request.url };
  const nothing = { taken: null, endpoints: [], losing: [], diagnostics: [] };
  if (!normalised.ok) {
    return {
      request: said,
      target: null,
      outcome: { kind: "refused", status: 400, reason: normalised.reason },
      ...nothing,
    };
  }
  const { host, query } = normalised.target;
  const hosts = new Hosts(opened.table, report);
  const view = viewOf(request, query);
  const [router, ...further] = hosts.routersFor(host);
  const seen = router === undefined ? normalised.target : readingsFor(router, normalised.target);
  if (seen === null) {
    const reason = "control character in path";
    return { request: said, target: null, outcome: { kind: "refused", status: 400, reason }, ...nothing };
  }
  const { path, others } = seen;
  const taken = router === undefined ? null : (hosts.contenders(router, path, view).next().value ?? null);
  const told = { request: said, target: { host, path, others, query } };
  const isAmbiguous = router !== undefined && matchReadings(router, normalised.target, view) === "ambiguous";
  const take = (one: HostRouter, reading: string) => hosts.contenders(one, reading, view).next().value ?? null;
  const outcome = outcomeOf(router, taken, isAmbiguous, take, [path, ...others]);
  if (router === undefined || taken === null || outcome.kind !== "matched") return { ...told, outcome, ...nothing };
  const [, ...losing] = [router, ...further].flatMap((one) => [...hosts.contenders(one, path, view)]);
  return {
    ...told,
    outcome,
    taken: { ...taken, rule: { ...taken.rule, policies: inStageOrder(taken.rule.policies, normalised.target.https) } },
    endpoints: endpointsOf(taken.rule, report),
    losing: losing.map((one) => ({ ...one, why: whyItLoses(one, taken) })),
    diagnostics: report.diagnostics.filter((diagnostic) => isAbout(diagnostic, taken.rule)),
  };
}

function outcomeOf(
  router: HostRouter | undefined,
  taken: Contender | null,
  isAmbiguous: boolean,
  take: (router: HostRouter, path: string) => Contender | null,
  paths: readonly string[],
): Outcome {
  if (router === undefined) return { kind: "not-found", status: 404, reason: "no rule is for this host" };
  if (taken === null) {
    return { kind: "not-found", status: 404, reason: `no rule of ${router.hostname} takes this path` };
  }
  if (!isAmbiguous) return { kind: "matched" };
  return { kind: "ambiguous", status: 400, readings: paths.map((path) => ({ path, contender: take(router, path) })) };
}

/** The hosts of a table, and what its report says of their rules. */
class Hosts {
  readonly #table: Table;
  readonly #report: Report;

  constructor(table: Table, report: Report) {
    this.#table = table;
    this.#report = report;
  }

  /** The rules for a host, then those of the less specific hosts that would be asked if it had none. */
  routersFor(host: string): HostRouter[] {
    const first = this.#table.routerFor(host);
    if (first === null) return [];
    const dot = host.indexOf(".");
    const names = [...(dot > 0 ? [`*${host.slice(dot)}`] : []), CATCH_ALL];
    const further = Array.from({ length: this.#table.hostCount }, (_, index) => index)
      .filter((index) => names.includes(this.#table.hostname(index)))
      .map((index) => this.#table.router(index))
      .filter((router) => router !== first && router.hostname.length < first.hostname.length)
      .sort((a, b) => b.hostname.length - a.hostname.length);
    return [first, ...further];
  }

  /** The rule that takes the path, then the one that would without it, and so on. */
  *contenders(router: HostRouter, path: string, view: RequestView): Generator<Contender, void> {
    const { hostname } = router;
    let left = router;
    for (;;) {
      const rule = matchRule(left, path, view);
      if (rule === null) return;
      const reported = this.#reported(router, rule);
      yield { hostname, why: whyItTakes(rule, reported.role), rule: reported };
      left = buildHostRouter(
        hostname,
        left.rules.filter((other) => other !== rule),
        router.mergesSlashes,
      );
    }
  }

  #reported(router: HostRouter, rule: Rule): RuleReport {
    const host = this.#report.hosts.find(({ hostname }) => hostname === router.hostname);
    const reported = host?.rules[router.rules.indexOf(rule)];
    if (reported === undefined)
      throw new Error(`the report has no ${rule.pathType} ${rule.path} of ${router.hostname}`);
    return reported;
  }
}

function viewOf({ method, headers }: ExplainedRequest, query: string): RequestView {
  const all = new Headers(headers.map(([name, value]): [string, string] => [name, value]));
  return {
    method,
    header: (name) => all.get(name),
    queryParam: (name) => new URLSearchParams(query).get(name),
  };
}

function endpointsOf({ backends }: RuleReport, { endpoints }: Report) {
  const ids = new Set(backends.flatMap(({ targets }) => targets.map(({ endpoint }) => endpoint)));
  return endpoints.filter(({ id }) => ids.has(id));
}

/** At the place of the rule or with a note there; or of an annotation, which begins with the name of its Ingress. */
function isAbout({ code, message, position, related }: Diagnostic, { at, from }: RuleReport): boolean {
  const places = [position, ...related.map((other) => other.position)].map(positionText);
  return (at !== null && places.includes(at)) || (code.startsWith("EI4") && message.startsWith(`${from}: `));
}
