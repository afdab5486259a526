import { matchReadings, type RequestView, readingsFor } from "../../table/match.ts";
import type { Rule } from "../../table/model.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { normaliseTarget } from "../../table/target.ts";
import type { RuleReport } from "../explain/explanation.ts";
import type { Report } from "../report.ts";
import type { TestRequest } from "./route-test.ts";

/** A rule of a table, and what its report says of it. */
export interface TakenRule {
  readonly hostname: string;
  readonly rule: Rule;
  readonly report: RuleReport;
}

/** What a table alone says of a request: the rule that takes it, or the edge's own answer where none does. */
export type TableAnswer =
  | { readonly taken: TakenRule }
  | { readonly taken: null; readonly status: 400 | 404; readonly reason: string };

/** Asks a table through the edge's own normalisation and matcher; opened once for any number of requests. */
export class TableAsker {
  readonly #table: Table;
  readonly #hosts: ReadonlyMap<string, Report["hosts"][number]>;

  /** Throws where the bytes are no table. */
  constructor({ table, report }: { readonly table: Uint8Array<ArrayBuffer>; readonly report: Report }) {
    const opened = openTable(table.slice().buffer);
    if (!opened.ok) throw new Error(`the table can't be read: ${opened.reason}`);
    this.#table = opened.table;
    this.#hosts = new Map(report.hosts.map((host) => [host.hostname, host]));
  }

  ask({ method, url, headers }: Pick<TestRequest, "method" | "url" | "headers">): TableAnswer {
    const normalised = normaliseTarget(url);
    if (!normalised.ok) return { taken: null, status: 400, reason: normalised.reason };
    const { target } = normalised;
    const router = this.#table.routerFor(target.host);
    if (router === null) return { taken: null, status: 404, reason: `no rule is for the host ${target.host}` };
    if (readingsFor(router, target) === null) return { taken: null, status: 400, reason: "control character in path" };
    const sent = new Headers(headers.map(([name, value]): [string, string] => [name, value]));
    const view: RequestView = {
      method,
      header: (name) => sent.get(name),
      queryParam: (name) => new URLSearchParams(target.query).get(name),
    };
    const rule = matchReadings(router, target, view);
    if (rule === "ambiguous") {
      return { taken: null, status: 400, reason: "servers read this path in ways that lead to different rules" };
    }
    if (rule === null) return { taken: null, status: 404, reason: `no rule of ${router.hostname} takes this path` };
    const report = this.#hosts.get(router.hostname)?.rules[router.rules.indexOf(rule)];
    if (report === undefined) throw new Error(`the report has no ${rule.pathType} ${rule.path} of ${router.hostname}`);
    return { taken: { hostname: router.hostname, rule, report } };
  }
}
