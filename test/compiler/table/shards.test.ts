import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeTable } from "../../../src/compiler/table/encode.ts";
import { joinTable, type ShardSizes, splitTable } from "../../../src/compiler/table/shards.ts";
import { neededBindings } from "../../../src/table/bindings.ts";
import { hashHost } from "../../../src/table/layout.ts";
import { type HostRouter, matchReadings } from "../../../src/table/match.ts";
import { normalisePath } from "../../../src/table/normalise.ts";
import { openTable, type Table } from "../../../src/table/reader.ts";
import { isListed, routerIn, type Shards, shardOf } from "../../../src/table/sharding.ts";
import { cluster, compiled, compiledIn, edgePolicy } from "../../support/compiled.ts";
import { documents, ingress } from "../../support/manifests.ts";
import { fc } from "../../support/properties.ts";
import { type RouterSketch, routerOf } from "../../support/router.ts";

function opened(bytes: Uint8Array<ArrayBuffer>, common: Table | null = null): Table {
  const result = openTable(bytes.slice().buffer, { common });
  if (!result.ok) throw new Error(result.reason);
  return result.table;
}

const MOST = 8 * 1024 * 1024;

/** The parts of a table as an isolate has them, all of them fetched. `late`: it has to wait for each. */
function split(bytes: Uint8Array<ArrayBuffer>, { average = 200, most = MOST }: Partial<ShardSizes> = {}) {
  const parts = splitTable(opened(bytes), bytes.length, { average, most });
  if (parts === null) return null;
  const common = opened(parts.common);
  const tables = parts.shards.map((shard) => opened(shard, common));
  const shardsOf = (late: boolean): Shards => ({
    directory: new Uint32Array(parts.directory.buffer),
    count: tables.length,
    shard: (index) => (late ? Promise.resolve(tables[index] as Table) : (tables[index] as Table)),
  });
  return { common, tables, shardsOf };
}

/** Two names with one hash. */
function collision(): [string, string] {
  const known = new Map<number, string>();
  for (let index = 0; ; index++) {
    const name = `host-${index}.test`;
    const other = known.get(hashHost(name));
    if (other !== undefined) return [other, name];
    known.set(hashHost(name), name);
  }
}

const label = fc.constantFrom("a", "b", "c", "www");
const host = fc
  .array(label, { minLength: 1, maxLength: 4 })
  .chain((labels) =>
    fc.constantFrom(`${labels.join(".")}.test`, labels.join("."), "127.0.0.1", "[::1]", "[::ffff:1.2.3.4]"),
  );
const hostname = fc.oneof(
  { weight: 3, arbitrary: host },
  host.map((name) => `*.${name}`),
  fc.constant("*"),
);
const path = fc
  .array(fc.constantFrom("a", "b", "a%2Fb", "", "a;x"), { maxLength: 3 })
  .map((elements) => `/${elements.join("/")}`);
const rules = fc
  .array(
    fc.record({
      hostname,
      path: fc.constantFrom("/", "/a", "/a/b", "/b"),
      type: fc.constantFrom("Exact" as const, "PathPrefix" as const),
      any: fc.boolean(),
      dialect: fc.constantFrom("kubernetes" as const, "ingress-nginx" as const),
      method: fc.constantFrom(null, "POST"),
      header: fc.constantFrom(null, "x-canary"),
      query: fc.constantFrom(null, "v"),
      strict: fc.boolean(),
      endpoint: fc.constantFrom("eu", "us"),
    }),
    { maxLength: 14 },
  )
  .map((all): RouterSketch["rules"] => {
    const depth = new Map(
      all.map(({ hostname: name, any }) => [name, any ? ("any-depth" as const) : ("one-label" as const)]),
    );
    return all.map(({ hostname: name, path: of, type, dialect, method, header, query, strict, endpoint }, index) => ({
      ...{ hostname: name, path: of, type, dialect, service: `s${index}` },
      wildcard: depth.get(name) ?? "one-label",
      conditions: {
        method,
        headers: header === null ? [] : [{ type: "Exact" as const, name: header, value: "1" }],
        queryParams: query === null ? [] : [{ type: "Exact" as const, name: query, value: "1" }],
      },
      targets: { [endpoint]: 1 },
      policies: strict ? { strictTransport: "max-age=1" } : {},
    }));
  });
const request = fc.record({
  host,
  path,
  method: fc.constantFrom("GET", "POST"),
  header: fc.constantFrom(null, "1"),
  query: fc.constantFrom(null, "1"),
});

/** All that a client or an operator can see of which rule takes a request. */
function seen(
  router: HostRouter | null,
  one: { path: string; method: string; header: string | null; query: string | null },
) {
  const readings = normalisePath(one.path);
  if (router === null || !readings.ok) return router;
  const rule = matchReadings(router, readings, {
    method: one.method,
    header: () => one.header,
    queryParam: () => one.query,
  });
  if (rule === null || rule === "ambiguous") return { hostname: router.hostname, rule };
  return { hostname: router.hostname, merges: router.mergesSlashes, rule };
}

describe("a table in shards", () => {
  test("answers every host as the whole table does, by the same rule in all its parts, whether shards are there or awaited", async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(
        rules,
        fc.array(request, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(60, 200, 1_000, 100_000),
        async (sketches, requests, average) => {
          const bytes = encodeTable(routerOf({ rules: sketches }));
          const whole = opened(bytes);
          const parts = split(bytes, { average });
          if (parts === null) throw new Error("it was not split");
          for (const one of requests) {
            const expected = seen(whole.routerFor(one.host), one);
            if (expected !== null) answered++;
            const now = routerIn(parts.shardsOf(false), one.host);
            expect(now instanceof Promise).toBe(false);
            expect(seen(await now, one)).toEqual(expected);
            expect(seen(await routerIn(parts.shardsOf(true), one.host), one)).toEqual(expected);
          }
        },
      ),
      { numRuns: 600 },
    );
    expect(answered).toBeGreaterThan(600);
  });

  test("is the same bytes again when it is put together", () => {
    fc.assert(
      fc.property(rules, fc.constantFrom(60, 1_000), (sketches, average) => {
        const bytes = encodeTable(routerOf({ rules: sketches, trustedProxies: ["10.0.0.0/8"] }));
        const parts = split(bytes, { average });
        expect(parts && Buffer.from(joinTable(parts.common, parts.tables)).equals(bytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test("reads one shard for a host that it has, and none for a host that it does not have", () => {
    const hosts = Array.from({ length: 500 }, (_, index) => `tenant-${index}.shop.test`);
    const sketches = [...hosts, "*.other.test"].map((name) => ({ hostname: name, path: "/", service: "web" }));
    const parts = split(encodeTable(routerOf({ rules: sketches })), { average: 1_000 });
    if (parts === null) throw new Error("it was not split");
    const { shard, ...shards } = parts.shardsOf(false);
    const read: number[] = [];
    const counted = { ...shards, shard: (index: number) => shard(read.push(index) && index) };
    const readFor = (name: string) => {
      const found = routerIn(counted, name);
      return [found === null || found instanceof Promise ? null : found.hostname, read.splice(0).length];
    };
    for (const name of hosts) expect(readFor(name)).toEqual([name, 1]);
    expect(readFor("x.other.test")).toEqual(["*.other.test", 1]);
    expect(readFor("x.y.other.test")).toEqual([null, 1]);
    expect(readFor("nobody.test")).toEqual([null, 0]);
    // All of one domain: no shard has more than its part of them.
    expect(Math.max(...parts.tables.map(({ hostCount }) => hostCount))).toBeLessThan(
      (2 * 501) / parts.tables.length + 10,
    );
  });

  test("finds the rules of a host whose hash is that of another one", () => {
    // A name that only seems to be there must not hide a wildcard.
    const [one, other] = collision();
    expect(hashHost(one)).toBe(hashHost(other));
    const sketches = [
      { hostname: one, path: "/", service: "one" },
      { hostname: "*.test", path: "/", service: "wild" },
    ];
    const parts = split(encodeTable(routerOf({ rules: sketches })), { average: 60 });
    if (parts === null) throw new Error("it was not split");
    const found = (name: string) => (routerIn(parts.shardsOf(false), name) as HostRouter | null)?.hostname;
    expect([found(one), found(other), found("x.test")]).toEqual([one, "*.test", "*.test"]);
  });

  test("changes in one shard alone where a host comes", () => {
    const sketches = Array.from({ length: 300 }, (_, index) => ({
      hostname: `t${index}.test`,
      path: "/",
      service: "web",
    }));
    const partsOf = (all: typeof sketches) => {
      const bytes = encodeTable(routerOf({ rules: all }));
      return splitTable(opened(bytes), 20_000, { average: 1_000, most: MOST });
    };
    const [before, after] = [
      partsOf(sketches),
      partsOf([...sketches, { hostname: "new.test", path: "/", service: "web" }]),
    ];
    const differ = before?.shards.filter(
      (shard, index) => !Buffer.from(shard).equals(after?.shards[index] ?? Buffer.of()),
    );
    expect(before?.shards).toHaveLength(32);
    expect(differ).toHaveLength(1);
  });

  test("tells of the bindings that its rules need before any shard is there", () => {
    const { output, diagnostics } = compiled(
      documents(
        cluster("eu"),
        ingress({ name: "web", host: "a.test" }),
        edgePolicy({
          namespace: "default",
          targets: "{ kind: Ingress, name: web }",
          sets: "concurrencyLimit: { limits: [{ name: few, maxRequests: 2 }] }",
        }),
      ),
    );
    if (output === null) throw new Error(JSON.stringify(diagnostics));
    const bytes = output.table;
    const parts = split(bytes);
    expect(parts && neededBindings(parts.common)).toEqual(neededBindings(opened(bytes)));
    expect(parts && neededBindings(parts.common).map(({ name }) => name)).toEqual([
      "CLUSTER_EU",
      "EDGE_INGRESS_LIMITS",
    ]);
    expect(parts?.common.hostCount).toBe(0);
    // Endpoints are one object for all shards: what is known of one is known in all.
    const router = parts?.tables.map((shard) => shard.routerFor("a.test")).find((found) => found !== null);
    expect(router?.rules[0]?.backends[0]?.targets[0]?.endpoint).toBe(parts?.common.endpoint(0));
  });

  test("can't be had of a table with a host that is too large for any shard", () => {
    const sketches = Array.from({ length: 200 }, (_, index) => ({
      hostname: "a.test",
      path: `/${index}`,
      service: "web",
    }));
    expect(split(encodeTable(routerOf({ rules: sketches })), { average: 1_000, most: 2_000 })).toBeNull();
  });
});

test("a shard is told by the first bits of a hash, and a directory finds what it lists", () => {
  expect([0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map((hash) => shardOf(hash, 1))).toEqual([0, 0, 0, 0]);
  expect([0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map((hash) => shardOf(hash, 2))).toEqual([0, 0, 1, 1]);
  expect([0, 0x3fff_ffff, 0x8000_0000, 0xffff_ffff].map((hash) => shardOf(hash, 1024))).toEqual([0, 255, 512, 1023]);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(50)), fc.nat(50), (values, value) => {
      const directory = Uint32Array.from(values).sort();
      expect(isListed(directory, value)).toBe(values.includes(value));
    }),
  );
});

test("whatever the compiler writes is the same bytes again when it is split and put together, and needs the same bindings", () => {
  const golden = new URL("../../golden/", import.meta.url).pathname;
  const tables = readdirSync(golden).flatMap((name) => compiledIn(join(golden, name), ["in.yaml"]).output?.table ?? []);
  expect(tables.length).toBeGreaterThan(20);
  for (const table of tables) {
    const parts = split(table, { average: 500 });
    // What is read of policies beside requests has to be in the common part.
    expect(parts && neededBindings(parts.common)).toEqual(neededBindings(opened(table)));
    expect(parts && Buffer.from(joinTable(parts.common, parts.tables)).equals(table)).toBe(true);
  }
});
