import { byText } from "../by-text.ts";
import type { RuleReport } from "../explain/explanation.ts";
import type { TableAnswer, TakenRule } from "./ask.ts";
import type { Mismatch } from "./result.ts";
import type { ExpectedHeaders, ExpectedRoute, RouteTestCase } from "./route-test.ts";
import { clusterTiers } from "./tiers.ts";

/** A real edge's answer, and what a cluster got; `arrived` is null where no cluster was asked. */
export interface WorkerAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly arrived: {
    readonly cluster: string;
    readonly host: string;
    /** With its query. */
    readonly path: string;
    readonly headers: Headers;
  } | null;
}

/** Whether a test asks for what a table alone does not tell: what guards, redirects and clusters make of the request. */
export function needsWorker({ expect }: RouteTestCase, { taken }: TableAnswer): boolean {
  const { status, redirect, headers, forwarded } = expect;
  if (headers !== undefined || forwarded !== undefined) return true;
  return taken !== null && (status !== undefined || redirect !== undefined);
}

/** What a test expects of the table. */
export function judgeTable(test: RouteTestCase, answer: TableAnswer): Mismatch[] {
  const { route, service, clusters, status, redirect } = test.expect;
  const { taken } = answer;
  const nothing = taken === null ? `${answer.status}: ${answer.reason}` : "";
  const mismatches: Mismatch[] = [];
  const expect = (path: readonly string[], expected: string, got: string, holds = expected === got) => {
    if (!holds) mismatches.push({ what: path.join("."), expected, got, at: test.locate(path) });
  };
  if (answer.untold !== null) {
    // What the table says of it may not be what the edge does.
    const keys = (["route", "service", "clusters"] as const).filter((key) => test.expect[key] !== undefined);
    for (const key of keys) {
      expect(
        [key],
        "a rule that the table tells",
        `lines of a snippet, which may lead it to another rule, by ${answer.untold}: expect \`forwarded\``,
      );
    }
    return mismatches;
  }
  if (route === "none") expect(["route"], "no rule", taken === null ? "no rule" : ruleName(taken));
  else if (route !== undefined) {
    for (const [key, expected, got, holds] of routeParts(route, taken, nothing)) {
      expect(["route", key], expected, got, holds);
    }
  }
  if (service !== undefined) {
    const got = taken === null ? nothing : servicesOf(taken.report);
    expect(["service"], service.toSorted(byText).join(", "), got);
  }
  if (clusters !== undefined) {
    const tiers = taken === null ? [] : clusterTiers(taken.rule, test.request.client);
    const got = taken === null ? nothing : tiers.map((tier) => tier.join(" = ")).join(", ") || "no cluster";
    expect(["clusters"], clusters.join(", "), got, isInTiers(clusters, tiers));
  }
  if (taken === null && status !== undefined) expect(["status"], `${status}`, nothing, status === answer.status);
  if (taken === null && redirect !== undefined) expect(["redirect"], redirect, nothing, false);
  return mismatches;
}

/** What a test expects of the edge itself; what the table tells is judged by `judgeTable`. */
export function judgeWorker(test: RouteTestCase, table: TableAnswer, answer: WorkerAnswer): Mismatch[] {
  const { status, redirect, headers = {}, forwarded, clusters } = test.expect;
  const mismatches: Mismatch[] = [];
  const expect = (path: readonly string[], expected: string, got: string) => {
    if (expected !== got) mismatches.push({ what: path.join("."), expected, got, at: test.locate(path) });
  };
  const { arrived } = answer;
  if (status !== undefined) expect(["status"], `${status}`, `${answer.status}`);
  if (redirect !== undefined) {
    const location = answer.headers.get("location");
    const isRedirect = answer.status >= 300 && answer.status < 400 && location !== null;
    expect(["redirect"], redirect, isRedirect ? location : `no redirect but ${answer.status}`);
  }
  expectHeaders(headers, answer.headers, ["headers"], expect);
  if (clusters !== undefined && table.taken !== null && arrived !== null) {
    const tiers = clusterTiers(table.taken.rule, test.request.client);
    const isKnown = tiers.flat().includes(arrived.cluster);
    if (isKnown && tiers[0]?.includes(arrived.cluster) === false) {
      expect(["clusters"], clusters.join(", "), `answered by ${arrived.cluster}`);
    }
  }
  if (forwarded !== undefined && arrived === null) {
    mismatches.push({
      what: "forwarded",
      expected: "a request at a cluster",
      got: `none: the edge itself answered ${answer.status}`,
      at: test.locate(["forwarded"]),
    });
  } else if (forwarded !== undefined && arrived !== null) {
    if (forwarded.host !== undefined) expect(["forwarded", "host"], forwarded.host, arrived.host);
    if (forwarded.path !== undefined) expect(["forwarded", "path"], forwarded.path, arrived.path);
    expectHeaders(forwarded.headers ?? {}, arrived.headers, ["forwarded", "headers"], expect);
  }
  return mismatches;
}

function expectHeaders(
  expected: ExpectedHeaders,
  got: Headers,
  path: readonly string[],
  expect: (path: readonly string[], expected: string, got: string) => void,
): void {
  for (const [name, value] of Object.entries(expected)) {
    const sent = got.get(name);
    // As JSON, so that the text "none" and no header are told apart.
    const shown = (text: string | null) => (text === null ? "no such header" : JSON.stringify(text));
    expect([...path, name], shown(value), shown(sent));
  }
}

type RoutePart = readonly [key: string, expected: string, got: string, holds: boolean];

function routeParts(route: ExpectedRoute, taken: TakenRule | null, nothing: string): RoutePart[] {
  const parts: RoutePart[] = [];
  const add = (key: keyof ExpectedRoute, values: (taken: TakenRule) => readonly string[]) => {
    const expected = route[key];
    if (expected === undefined) return;
    const got = taken === null ? [] : values(taken);
    parts.push([key, expected, taken === null ? nothing : got.join(" and "), got.includes(expected)]);
  };
  add("ingress", ({ report }) =>
    [report.from, ...report.alsoFrom.map(({ from }) => from)].map((from) => from.replace(/^Ingress /, "")),
  );
  add("host", ({ hostname }) => [hostname]);
  add("path", ({ report: { match } }) => [
    match.path.type === "RegularExpression" ? match.path.written : match.path.value,
  ]);
  add("pathType", ({ report: { match } }) => [match.path.type]);
  return parts;
}

/** A rule in words: `Prefix /cart of shop.example.com`. */
export function ruleName({ hostname, report }: Pick<TakenRule, "hostname" | "report">): string {
  const { path, method, headers, queryParams } = report.match;
  const host = hostname === "*" ? "any host" : hostname;
  if (report.role === "default-backend" || report.role === "unmatched") return `the default backend of ${host}`;
  const more = [method, ...headers.map(({ name }) => `header ${name}`), ...queryParams.map(({ name }) => `?${name}`)];
  const told = more.filter((each) => each !== null).join(", ");
  return `${path.type} ${path.value}${told === "" ? "" : ` (${told})`} of ${host}`;
}

/** All Services that a rule shares requests out among. */
export function servicesOf({ backends }: Pick<RuleReport, "backends">): string {
  const taking = backends.filter(({ weight }) => weight > 0).map(({ service }) => service);
  return [...new Set(taking)].sort(byText).join(", ") || "no service";
}

/** Whether the list has each tier in its turn, in any order within a tier. */
function isInTiers(list: readonly string[], tiers: readonly (readonly string[])[]): boolean {
  let rest = list;
  for (const tier of tiers) {
    const here = rest.slice(0, tier.length).toSorted(byText);
    if (here.join("\n") !== tier.join("\n")) return false;
    rest = rest.slice(tier.length);
  }
  return tiers.length > 0 && rest.length === 0;
}
