import { printable } from "../diagnostics/printable.ts";
import type { Report } from "../report.ts";
import type { Explanation } from "./explanation.ts";

/** What an edge told of a request that it served (`src/edge/observe/trace.ts`). */
export interface LiveTrace {
  readonly table: string;
  readonly rule: { readonly host: string; readonly type: string; readonly path: string; readonly from: string } | null;
  /** Id of the endpoint whose answer it was; null where the edge answered itself. */
  readonly endpoint: string | null;
}

/** A running edge beside what the manifests say. */
export interface LiveComparison {
  readonly status: number;
  readonly table: { readonly compiled: string; readonly live: string };
  readonly rule: { readonly compiled: string | null; readonly live: string | null };
  readonly endpoint: { readonly compiled: readonly string[]; readonly live: string | null };
  /** What is not as the manifests say, in words; empty where all is. */
  readonly differences: readonly string[];
}

export function compareLive(
  { taken: found, moves, outcome, undecided }: Explanation,
  report: Pick<Report, "contentHash">,
  live: LiveTrace,
  status: number,
): LiveComparison {
  // An edge that finds no further rule tells the one whose lines led the request on.
  const taken = found ?? moves.at(-1)?.from ?? null;
  const path = taken?.rule.match.path;
  const compiled =
    taken === null || path === undefined
      ? null
      : ruleText({
          host: taken.hostname,
          type: path.type,
          path: path.type === "RegularExpression" ? path.source : path.value,
          from: taken.rule.from,
        });
  const rule = { compiled, live: live.rule === null ? null : ruleText(live.rule) };
  const endpoints = taken?.rule.backends.flatMap(({ targets }) => targets.map(({ endpoint }) => endpoint)) ?? [];
  const differences: string[] = [];
  if (live.table !== report.contentHash) {
    differences.push(`the edge serves table ${live.table.slice(0, 12)}, not ${report.contentHash.slice(0, 12)}`);
  }
  // Where lines of snippets may lead it elsewhere, nothing is said that the edge could differ from.
  const isTold = undecided.every(({ to }) => to.length === 0);
  if (isTold && rule.compiled !== rule.live) {
    const meant = rule.compiled ?? (outcome.kind === "matched" ? "no rule" : `no rule (${outcome.status})`);
    differences.push(`the edge took it by ${rule.live ?? "no rule"}, not by ${meant}`);
  }
  if (isTold && live.endpoint !== null && !endpoints.includes(live.endpoint)) {
    differences.push(`${live.endpoint} answered, which is no endpoint of the rule`);
  }
  return {
    status,
    table: { compiled: report.contentHash, live: live.table },
    rule,
    endpoint: { compiled: endpoints, live: live.endpoint },
    differences,
  };
}

function ruleText({ host, type, path, from }: NonNullable<LiveTrace["rule"]>): string {
  return `${type} ${path} of ${host}, ${from}`;
}

/** For people; never ends with a line break. */
export function formatLive({ status, rule, endpoint, table, differences }: LiveComparison): string {
  const where = endpoint.live === null ? "answered by the edge itself" : `answered by ${endpoint.live}`;
  const lines =
    differences.length === 0
      ? [`live   ${status}, ${where}`, `       the same table (${table.live.slice(0, 12)}) and ${ruleLine(rule)}`]
      : [`live   ${status}, ${where}`, ...differences.map((line) => `       differs: ${line}`)];
  return lines.map(printable).join("\n");
}

function ruleLine({ compiled, live }: LiveComparison["rule"]): string {
  return compiled === live ? "the same rule" : `taken by ${live ?? "no rule"} in the end`;
}
