import { type HostRouter, readingsFor } from "../../table/match.ts";
import type { Rule } from "../../table/model.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { MOST_MOVES } from "../../table/rewrite-lines.ts";
import { normaliseTarget } from "../../table/target.ts";
import type { RuleReport } from "../explain/explanation.ts";
import { journeyOf } from "../explain/journey.ts";
import type { Report } from "../report.ts";
import type { TestRequest } from "./route-test.ts";

/** A rule of a table, and what its report says of it. */
export interface TakenRule {
  readonly hostname: string;
  readonly rule: Rule;
  readonly report: RuleReport;
}

/** What a table alone says of a request: the rule that takes it, or the edge's own answer where none does. */
export type TableAnswer = (
  | { readonly taken: TakenRule }
  | { readonly taken: null; readonly status: 400 | 404 | 500; readonly reason: string }
) & {
  /** Rules that it was led on from by lines of snippets. */
  readonly through: readonly TakenRule[];
  /** What lines look at that nobody has told, where they may lead it to another rule; null: nothing. */
  readonly untold: string | null;
};

const AT_ONCE = { through: [], untold: null } as const;

type Asked = Pick<TestRequest, "method" | "url" | "headers"> & Partial<Pick<TestRequest, "client">>;

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

  ask({ method, url, headers, client }: Asked): TableAnswer {
    const normalised = normaliseTarget(url);
    if (!normalised.ok) return { taken: null, status: 400, reason: normalised.reason, ...AT_ONCE };
    const { target } = normalised;
    const none = (status: 400 | 404 | 500, reason: string) => ({ taken: null, status, reason });
    const router = this.#table.routerFor(target.host);
    if (router === null) return { ...none(404, `no rule is for the host ${target.host}`), ...AT_ONCE };
    if (readingsFor(router, target) === null) return { ...none(400, "control character in path"), ...AT_ONCE };
    const told = { method, headers, address: client?.address };
    const { end, steps, undecided } = journeyOf(router, target, told, this.#table.settings.trustedProxies);
    const way = {
      through: steps.map(({ rule }) => this.#taken(router, rule)),
      untold: undecided.find(({ to }) => to.length > 0)?.about ?? null,
    };
    switch (end) {
      case null:
        return { ...none(404, `no rule of ${router.hostname} takes this path`), ...way };
      case "ambiguous":
        return { ...none(400, "servers read this path in ways that lead to different rules"), ...way };
      case "unreadable":
        return { ...none(400, "lines of snippets make a path of it that servers read differently"), ...way };
      case "cycle":
        return { ...none(500, `lines of snippets lead it on more than ${MOST_MOVES} times`), ...way };
      default:
        return { taken: this.#taken(router, end), ...way };
    }
  }

  #taken({ hostname, rules }: HostRouter, rule: Rule): TakenRule {
    const report = this.#hosts.get(hostname)?.rules[rules.indexOf(rule)];
    if (report === undefined) throw new Error(`the report has no ${rule.pathType} ${rule.path} of ${hostname}`);
    return { hostname, rule, report };
  }
}
