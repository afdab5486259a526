import { CATCH_ALL } from "../../table/layout.ts";
import { buildHostRouter, type HostRouter, matchRule, type RequestView, readingsFor } from "../../table/match.ts";
import type { Rule } from "../../table/model.ts";
import type { NormalisedTexts } from "../../table/normalise.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { MOST_MOVES } from "../../table/rewrite-lines.ts";
import { normaliseTarget } from "../../table/target.ts";
import { type ExplainedReport, endpointsOf, isAboutOneOf } from "./explained-report.ts";
import type { Contender, ExplainedRequest, Explanation, Outcome, RuleReport, Source } from "./explanation.ts";
import { type Doer, type Journey, journeyOf } from "./journey.ts";
import { inStageOrder } from "./stage-order.ts";
import { viewOf } from "./told-request.ts";
import { whyItLoses, whyItTakes } from "./why.ts";

/**
 * Asks a table itself, through the edge's own normalisation and matcher, which rule takes a request, and its report where
 * the manifests say so. Health, and checks that look at who sends the request, are not played. Throws where the two do
 * not belong together.
 */
export function explain(
  { table: bytes, report }: { readonly table: Uint8Array<ArrayBuffer>; readonly report: ExplainedReport },
  request: ExplainedRequest,
): Explanation {
  const opened = openTable(bytes.slice().buffer);
  if (!opened.ok) throw new Error(`the table can't be read: ${opened.reason}`);
  if (opened.table.contentHash !== report.contentHash) throw new Error("the report is that of another table");
  const normalised = normaliseTarget(request.url);
  const said = { method: request.method, url: request.url };
  const nothing = {
    taken: null,
    moves: [],
    answered: null,
    undecided: [],
    endpoints: [],
    losing: [],
    diagnostics: [],
  };
  if (!normalised.ok) {
    return {
      request: said,
      target: null,
      outcome: { kind: "refused", status: 400, reason: normalised.reason },
      ...nothing,
    };
  }
  const { host, path, others, query } = normalised.target;
  const hosts = new Hosts(opened.table, report);
  const [router, ...further] = hosts.routersFor(host);
  const told = { request: said, target: { host, path, others, query } };
  if (router === undefined) {
    return { ...told, outcome: { kind: "not-found", status: 404, reason: "no rule is for this host" }, ...nothing };
  }
  const readings = readingsFor(router, normalised.target);
  if (readings === null) {
    const reason = "control character in path";
    return { request: said, target: null, outcome: { kind: "refused", status: 400, reason }, ...nothing };
  }
  const asked = { ...told, target: { ...told.target, path: readings.path, others: readings.others } };
  const view = viewOf(request, query);
  const { steps, target, end, ...ended } = journeyOf(
    router,
    normalised.target,
    request,
    opened.table.settings.trustedProxies,
  );
  const moves = steps.map((step) => {
    const from = hosts.contender(router, step.rule);
    return { from, by: sourceOf(from.rule, step.by), path: step.path };
  });
  const seen = readingsFor(router, target) ?? target;
  const take = (reading: string) => hosts.contenders(router, reading, view).next().value ?? null;
  const outcome = outcomeOf(end, router, seen, take);
  const undecided = ended.undecided.map(({ rule, by, about, to }) => {
    return { by: sourceOf(hosts.contender(router, rule).rule, by), about, to };
  });
  if (outcome.kind !== "matched") return { ...asked, outcome, ...nothing, moves, undecided };
  const [taken, ...losing] = [router, ...further].flatMap((one) => [...hosts.contenders(one, seen.path, view)]);
  if (taken === undefined) throw new Error("a rule takes the request, and is not found");
  const { answered } = ended;
  return {
    ...asked,
    outcome,
    taken: { ...taken, rule: { ...taken.rule, policies: inStageOrder(taken.rule.policies, target.https) } },
    moves,
    answered: answered && { by: sourceOf(taken.rule, answered.by), status: answered.status },
    undecided,
    endpoints: endpointsOf([taken.rule], report),
    losing: losing.map((one) => ({ ...one, why: whyItLoses(one, taken) })),
    diagnostics: report.diagnostics.filter(isAboutOneOf([taken.rule])),
  };
}

function outcomeOf(
  end: Journey["end"],
  { hostname }: HostRouter,
  { path, others }: NormalisedTexts,
  take: (path: string) => Contender | null,
): Outcome {
  switch (end) {
    case null:
      return { kind: "not-found", status: 404, reason: `no rule of ${hostname} takes this path` };
    case "cycle":
      return { kind: "misled", status: 500, reason: `lines of snippets lead it on more than ${MOST_MOVES} times` };
    case "unreadable":
      return {
        kind: "misled",
        status: 400,
        reason: "lines of snippets make a path of it that servers read differently",
      };
    case "ambiguous": {
      const readings = [path, ...others].map((reading) => ({ path: reading, contender: take(reading) }));
      return { kind: "ambiguous", status: 400, readings };
    }
    default:
      return { kind: "matched" };
  }
}

/** Who asked for lines, or for what comes before them. Reports of older versions tell it too. */
function sourceOf({ filters = [], policies }: RuleReport, by: Doer): Source {
  const source = (found: Source | undefined) => ({ from: found?.from ?? "a snippet", at: found?.at ?? null });
  if (by === "cors") return source(policies.find(({ field }) => field === "cors"));
  if (by === "redirects") {
    return source(filters.find(({ type, sets }) => type === "RequestRedirect" && sets.only === "root"));
  }
  let before = 0;
  return source(
    filters.find(({ type, sets: { blocks } }) => {
      if (type !== "RewriteModule" || !Array.isArray(blocks)) return false;
      before += blocks.length;
      return by < before;
    }),
  );
}

/** The hosts of a table, and what its report says of their rules. */
class Hosts {
  readonly #table: Table;
  readonly #report: ExplainedReport;

  constructor(table: Table, report: ExplainedReport) {
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
    let left = router;
    for (;;) {
      const rule = matchRule(left, path, view);
      if (rule === null) return;
      yield this.contender(router, rule);
      left = buildHostRouter(
        router.hostname,
        left.rules.filter((other) => other !== rule),
        router.mergesSlashes,
      );
    }
  }

  contender(router: HostRouter, rule: Rule): Contender {
    const reported = this.#reported(router, rule);
    return { hostname: router.hostname, why: whyItTakes(rule, reported.role), rule: reported };
  }

  #reported(router: HostRouter, rule: Rule): RuleReport {
    const host = this.#report.hosts.find(({ hostname }) => hostname === router.hostname);
    const reported = host?.rules[router.rules.indexOf(rule)];
    if (reported === undefined)
      throw new Error(`the report has no ${rule.pathType} ${rule.path} of ${router.hostname}`);
    return reported;
  }
}
