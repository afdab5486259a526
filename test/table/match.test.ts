import { describe, expect, test } from "vitest";
import { encodeTable } from "../../src/compiler/table/encode.ts";
import { matchRule } from "../../src/table/match.ts";
import { openTable, type Table } from "../../src/table/reader.ts";
import { matchingCases } from "../support/matching.cases.ts";
import { type OracleRequest, oracleMatch } from "../support/oracle.ts";
import { fc } from "../support/properties.ts";
import { type RuleSketch, routerOf } from "../support/router.ts";

function tableOf(rules: readonly RuleSketch[]): Table {
  const opened = openTable(encodeTable(routerOf({ rules })).buffer);
  if (!opened.ok) throw new Error(opened.reason);
  return opened.table;
}

function tableMatch(
  table: Table,
  { host, path, method = "GET", headers = {}, query = {} }: OracleRequest,
): string | null {
  const router = table.routerFor(host);
  const view = {
    method,
    header: (name: string) => headers[name] ?? null,
    queryParam: (name: string) => query[name] ?? null,
  };
  const rule = router === null ? null : matchRule(router, path, view);
  return rule === null ? null : (rule.backends[0]?.name.split("/")[1]?.split(":")[0] ?? null);
}

describe.each(matchingCases)("$name", ({ rules, requests }) => {
  const router = routerOf({ rules });
  const table = tableOf(rules);
  test.each(requests)("$method $host $path → $expect", (request) => {
    expect(oracleMatch(router, request)).toBe(request.expect);
    expect(tableMatch(table, request)).toBe(request.expect);
  });
});

test("the table's matcher agrees with the oracle on random routers and requests", () => {
  const label = fc.constantFrom("a", "b", "c");
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join(".")}.test`);
  const hostname = fc.oneof(
    host,
    host.map((name) => `*.${name}`),
    fc.constant("*"),
  );
  const element = fc.constantFrom("", "a", "b", "ab", "x");
  const path = fc.array(element, { maxLength: 4 }).map((elements) => `/${elements.join("/")}`);
  const prefix = fc
    .array(fc.constantFrom("a", "b", "ab"), { maxLength: 3 })
    .map((elements) => `/${elements.join("/")}`);
  const rule = fc
    .record({
      hostname,
      type: fc.constantFrom("Exact" as const, "PathPrefix" as const),
      exact: path,
      prefix,
      any: fc.boolean(),
    })
    .map(({ hostname: name, type, exact, prefix: start, any }) => {
      const wildcard = any ? ("any-depth" as const) : ("one-label" as const);
      return { hostname: name, type, path: type === "Exact" ? exact : start, wildcard };
    });
  const rules = fc
    .uniqueArray(rule, { maxLength: 12, selector: ({ hostname: name, type, path: text }) => `${name} ${type} ${text}` })
    .map((all) => {
      const first = new Map(all.map((one) => [one.hostname, one.wildcard]));
      return all.map((one, index) => ({
        ...one,
        wildcard: first.get(one.hostname) ?? one.wildcard,
        service: `s${index}`,
      }));
    });
  fc.assert(
    fc.property(rules, fc.array(fc.record({ host, path }), { minLength: 1, maxLength: 8 }), (sketches, requests) => {
      const router = routerOf({ rules: sketches });
      const table = tableOf(sketches);
      for (const request of requests) expect(tableMatch(table, request)).toBe(oracleMatch(router, request));
    }),
    { numRuns: 3000 },
  );
});
