import { describe, expect, test } from "vitest";
import { encodeTable } from "../../src/compiler/table/encode.ts";
import { matchReadings, matchRule } from "../../src/table/match.ts";
import { normalisePath } from "../../src/table/normalise.ts";
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

test("hosts with patterns agree with the oracle too", () => {
  const part = fc.constantFrom("/a", "/b", "/ab", "/A", ".", "x?", "[ab]", "(a|b)", "/", "\\.", "[^/]", "$");
  const pattern = fc.array(part, { maxLength: 5 }).map((parts) => `/${parts.join("")}`);
  const rules = fc.uniqueArray(pattern, { minLength: 1, maxLength: 12 }).map((all) =>
    all.map((path, index) => ({
      hostname: "h.test",
      type: "RegularExpression" as const,
      path,
      service: `s${index}`,
    })),
  );
  const path = fc
    .array(fc.constantFrom("/", "a", "b", "A", "x", "."), { maxLength: 6 })
    .map((all) => `/${all.join("")}`);
  fc.assert(
    fc.property(rules, fc.array(path, { minLength: 1, maxLength: 8 }), (sketches, paths) => {
      const router = routerOf({ rules: sketches });
      const table = tableOf(sketches);
      for (const one of paths) {
        const request = { host: "h.test", path: one };
        expect(tableMatch(table, request)).toBe(oracleMatch(router, request));
      }
    }),
    { numRuns: 2000 },
  );
});

describe("readings of a path on a host with patterns", () => {
  const admin = { hostname: "h.test", type: "RegularExpression", path: "/admin(/|$)", service: "admin" } as const;
  const page = { ...admin, path: "/[^/]+$", service: "page" };
  const rest = { ...admin, path: "/", service: "rest" };
  const request = { method: "GET", header: () => null, queryParam: () => null };

  function read(path: string, rules: readonly RuleSketch[] = [admin, page, rest]): string | null {
    const router = tableOf(rules).routerFor("h.test");
    const normalised = normalisePath(path);
    if (router === null || !normalised.ok) throw new Error(`no reading of ${path}`);
    const rule = matchReadings(router, normalised, request);
    return rule === null || typeof rule === "string" ? rule : rule.name;
  }

  test.each([
    ["/%61dmin/x", "Ingress test/admin"],
    ["/ADMIN", "Ingress test/admin"],
    ["/caf%C3%A9%20x", "Ingress test/page"],
    ["//admin", "ambiguous"],
    ["/admin//x", "Ingress test/admin"],
    ["/admin%2Fx", "ambiguous"],
    ["/x%2Fadmin", "ambiguous"],
    ["/x;y/z", "Ingress test/rest"],
    ["/x;%2Fy", "ambiguous"],
    ["/user%40example.com", "Ingress test/page"],
    ["/admin%0Ax", "ambiguous"],
    ["/x%7F", "ambiguous"],
    ["/%2561dmin", "Ingress test/page"],
  ])("%s: %s", (path, rule) => {
    expect(read(path)).toBe(rule);
  });

  test("one that no pattern takes is null, whatever the others are", () => {
    expect(read("/x//admin", [admin])).toBeNull();
    expect(read("//admin", [admin])).toBe("ambiguous");
  });

  test("two patterns of one Ingress for one Service are as one", () => {
    const plain = { ...admin, path: "/admin" };
    const two = [plain, { ...admin, path: "/x/admin" }];
    expect(read("/admin%2Fx", two)).toBe("Ingress test/admin");
    expect(read("/x%2Fadmin", two)).toBe("ambiguous");
    expect(read("/x%2Fadmin", [...two, { ...admin, path: "/x" }])).toBe("Ingress test/admin");
  });
});

describe("on a host of ingress-nginx alone slashes are merged before a path is matched", () => {
  const exact = {
    hostname: "h.test",
    type: "Exact",
    path: "/uuid",
    service: "uuid",
    dialect: "ingress-nginx",
  } as const;
  const api: RuleSketch = { ...exact, type: "PathPrefix", path: "/api", service: "api" };
  const pattern: RuleSketch = { ...exact, type: "RegularExpression", path: "/uuid$", service: "uuid" };
  const request = { method: "GET", header: () => null, queryParam: () => null };

  function read(path: string, rules: readonly RuleSketch[]): string | null {
    const router = tableOf(rules).routerFor("h.test");
    const normalised = normalisePath(path);
    if (router === null || !normalised.ok) throw new Error(`no reading of ${path}`);
    const rule = matchReadings(router, normalised, request);
    return rule === null || typeof rule === "string" ? rule : rule.name;
  }

  test.each([
    ["////uuid", "Ingress test/uuid"],
    ["//api//x", "Ingress test/api"],
    ["//other", null],
    ["/%2Fuuid", null],
    ["//uuid;x", null],
  ])("%s: %s", (path, name) => {
    expect(read(path, [exact, api])).toBe(name);
  });

  test("not where the path as it came is another rule's", () => {
    expect(read("//uuid", [exact, { ...api, path: "/" }])).toBe("ambiguous");
    expect(read("//uuid", [pattern, { ...pattern, path: "/", service: "rest" }])).toBe("ambiguous");
  });

  test("patterns too", () => {
    expect(read("//uuid", [pattern])).toBe("Ingress test/uuid");
    expect(read("/%2Fuuid", [pattern])).toBe("ambiguous");
    expect(read("//uuid;x", [pattern])).toBeNull();
  });

  test("not where a rule of another dialect is on the host", () => {
    expect(read("//uuid", [exact, { ...api, dialect: "kubernetes" }])).toBeNull();
  });
});

test("more patterns than are kept compiled are all matched, again and again", () => {
  const rules = Array.from({ length: 5000 }, (_, index) => ({
    hostname: "h.test",
    type: "RegularExpression" as const,
    path: `/${index}-[a-z]+$`,
    service: `s${index}`,
  }));
  const table = tableOf(rules);
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < rules.length; index++) {
      expect(tableMatch(table, { host: "h.test", path: `/${index}-x` })).toBe(`s${index}`);
    }
  }
});
