import { describe, expect, test, vi } from "vitest";
import { encodeTable } from "../../../src/compiler/table/encode.ts";
import { MOST_KEPT, PATIENCE, TAKE_OVER } from "../../../src/edge/tables/shards.ts";
import { hashHost } from "../../../src/table/layout.ts";
import { ACTIVE, type Publication, valueName } from "../../../src/table/publication.ts";
import { shardOf } from "../../../src/table/sharding.ts";
import { type RuleSketch, routerOf } from "../../support/router.ts";
import { authOf } from "../stages/guard/external-auth/asking.ts";
import { type Edge, followingEdge, inTheirOwnTime, pass, sign, tableTo } from "./published.ts";

inTheirOwnTime();

/** Thirty hosts that lead to an endpoint, a wildcard and the catch-all, which lead to another one. */
function shops(endpoint: string, more: readonly RuleSketch[] = [], rest = "two"): Uint8Array<ArrayBuffer> {
  const rules: RuleSketch[] = [
    ...Array.from({ length: 30 }, (_, index) => ({
      hostname: `shop-${index}.test`,
      path: "/",
      service: `${endpoint}-${index}`,
      targets: { [endpoint]: 1 },
    })),
    { hostname: "*.wild.test", path: "/", service: "wild", targets: { [rest]: 1 }, wildcard: "any-depth" },
    { hostname: "*", path: "/open", service: "open", targets: { [rest]: 1 } },
    ...more,
  ];
  return encodeTable(routerOf({ rules }));
}

const url = (index: number, path = "/") => `http://shop-${index}.test${path}`;

function shardNumber(hostname: string, { parts }: Publication): number {
  return shardOf(hashHost(hostname), parts?.shards.length ?? 0);
}

/** Where the shard of a host lies. */
function shardName(hostname: string, publication: Publication): string {
  return valueName(publication, publication.parts?.shards[shardNumber(hostname, publication)] ?? null);
}

/** The interval passes, and one request has the edge look. */
async function look(edge: Edge) {
  pass(1_000);
  await edge.ask("http://nobody.example/");
}

/** An edge that serves version 5 in shards, which leads to `one`. */
async function serving(more: Readonly<Record<string, unknown>> = {}) {
  const edge = await followingEdge(more);
  const publication = await edge.publishShards(shops("one"), 5);
  await look(edge);
  expect(await edge.status()).toMatchObject({ version: 5, problem: null });
  return { ...edge, publication };
}

/** Numbers of hosts whose shards are not that of the first one, each in another one. */
function elsewhere(publication: Publication): number[] {
  const first = shardNumber("shop-0.test", publication);
  const byShard = new Map<number, number>();
  for (let index = 1; index < 30; index++) {
    const shard = shardNumber(`shop-${index}.test`, publication);
    if (shard !== first) byShard.set(shard, index);
  }
  return [...byShard.values()];
}

const bytesOf = (edge: Edge, name: string) => new Uint8Array(edge.entries.get(name) as ArrayBuffer);

describe("a shard that can't be had when its first host is asked for", () => {
  const cases: readonly [what: string, change: (edge: Edge, name: string) => void, problem: RegExp][] = [
    ["is gone", (edge, name) => edge.entries.delete(name), /is not there, or not yet/],
    [
      "is truncated",
      (edge, name) => edge.entries.set(name, bytesOf(edge, name).slice(0, -4).buffer),
      /has \d+ bytes of \d+/,
    ],
    [
      "was tampered with",
      (edge, name) => {
        const bytes = bytesOf(edge, name).slice();
        edge.entries.set(name, bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1).buffer);
      },
      /is not the one that was signed/,
    ],
    [
      "is one of KV that fails",
      (edge) => {
        edge.state.fails = true;
      },
      /KV can't be read/,
    ],
  ];
  test.each(cases)(
    "%s: its hosts are answered 503, all others serve, and the status says it",
    async (_, change, problem) => {
      const edge = await serving();
      expect(await edge.ask(url(0))).toMatchObject({ status: 200, body: "one" });
      const [other = 0] = elsewhere(edge.publication);
      const name = shardName(`shop-${other}.test`, edge.publication);
      const before = edge.entries.get(name) ?? "";
      change(edge, name);
      // Neither by the catch-all, nor by the table beside the worker, nor 404.
      for (const path of ["/", "/open"]) {
        expect(await edge.ask(url(other, path))).toMatchObject({ status: 503, table: expect.stringMatching(/^5-/) });
      }
      expect(await edge.ask(url(0))).toMatchObject({ status: 200, body: "one" });
      const { version, problem: told } = await edge.status();
      expect({ version, told }).toEqual({ version: 5, told: expect.stringMatching(problem) });
      // Not asked for again with every request, and had again when it is there.
      const reads = edge.state.reads.length;
      await edge.ask(url(other));
      expect(edge.state.reads).toHaveLength(reads);
      edge.state.fails = false;
      edge.entries.set(name, before);
      pass(5_000);
      expect(await edge.ask(url(other))).toMatchObject({ status: 200, body: "one" });
      expect(await edge.status()).toMatchObject({ version: 5, problem: null });
    },
  );

  test("is of a table format that is too new", async () => {
    const edge = await followingEdge();
    const publication = await edge.publishShards(shops("one"), 5);
    const [other = 0] = elsewhere(publication);
    const name = shardName(`shop-${other}.test`, publication);
    const newer = bytesOf(edge, name).slice();
    new DataView(newer.buffer).setUint16(4, 2, true);
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", newer)).toString("hex");
    const part = { hash, bytes: newer.length };
    const parts = publication.parts as NonNullable<Publication["parts"]>;
    const at = shardNumber(`shop-${other}.test`, publication);
    const signed: Publication = { ...publication, parts: { ...parts, shards: parts.shards.with(at, part) } };
    edge.entries.set(valueName(publication, part), newer.buffer);
    edge.entries.set(ACTIVE, await sign(signed, edge.keys));
    await look(edge);
    expect((await edge.ask(url(other))).status).toBe(503);
    expect((await edge.ask(url(0))).status).toBe(200);
    expect((await edge.status()).problem).toMatch(/shard \d+ of \d+ is of another format: deploy the worker/);
  });

  test("lets nobody past a guard that asks one of its hosts", async () => {
    const edge = await followingEdge();
    const policies = { externalAuth: authOf({ url: "https://auth.elsewhere.test/check", via: "edge" }) };
    const guarded: readonly RuleSketch[] = [
      { hostname: "guarded.test", path: "/", service: "guarded", targets: { one: 1 }, policies },
      { hostname: "auth.elsewhere.test", path: "/", service: "auth", targets: { two: 1 } },
    ];
    const publication = await edge.publishShards(shops("one", guarded), 5);
    const [name, own] = ["auth.elsewhere.test", "guarded.test"].map((host) => shardName(host, publication));
    expect(name).not.toBe(own);
    const shard = edge.entries.get(name ?? "") ?? "";
    edge.entries.delete(name ?? "");
    await look(edge);
    const { status, body } = await edge.ask("http://guarded.test/");
    expect([status, body]).toEqual([500, expect.not.stringContaining("one")]);
    edge.entries.set(name ?? "", shard);
    pass(5_000);
    expect(await edge.ask("http://guarded.test/")).toMatchObject({ status: 200, body: "one" });
  });
});

test("one that KV gives slowly is told of while its requests are answered 503, and serves when it is there", async () => {
  const edge = await serving();
  const [other = 0] = elsewhere(edge.publication);
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  edge.state.slow = 8_000;
  const asked = edge.send(url(other));
  await vi.advanceTimersByTimeAsync(PATIENCE);
  const { response, behind } = await asked;
  expect(response.status).toBe(503);
  expect((await edge.status()).problem).toMatch(/^version 5: its shard \d+ of \d+ takes more than 5 s$/);
  expect(warned).toHaveBeenCalledWith(expect.stringContaining("takes more than 5 s"));
  // Whoever comes now waits for the same read.
  const reads = edge.state.reads.length;
  const later = edge.send(url(other));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await (await later).response.text()).toBe("one");
  expect(edge.state.reads.length).toBe(reads);
  await behind();
  expect((await edge.status()).problem).toBeNull();
});

test("no more than 8 MiB of them are read at a time, however many are asked for, and all are served", async () => {
  const edge = await followingEdge();
  const large = Array.from({ length: 12 }, (_, index) => ({
    hostname: `large-${index}.test`,
    path: `/${index}${"x".repeat(2_500_000)}`,
    service: "large",
    targets: { one: 1 },
  }));
  const whole = large.map((rule) => ({ ...rule, path: "/" }));
  await edge.publishShards(shops("one", [...large, ...whole]), 5, { average: 500_000, most: 2 ** 23 });
  await look(edge);
  edge.state.atATime = 0;
  const answers = await Promise.all(large.map(({ hostname }) => edge.ask(`http://${hostname}/`)));
  expect(answers.map(({ body }) => body)).toEqual(large.map(() => "one"));
  expect(edge.state.atATime).toBeGreaterThan(1);
  expect(edge.state.atATime).toBeLessThanOrEqual(3);
});

test("an isolate keeps no more of them than it has room for, and fetches one again as it was signed", async () => {
  const edge = await followingEdge();
  const large = Array.from({ length: 12 }, (_, index) => ({
    hostname: `large-${index}.test`,
    path: `/${index}${"x".repeat(2_000_000)}`,
    service: "large",
    targets: { one: 1 },
  }));
  const whole = Array.from({ length: 12 }, (_, index) => ({
    hostname: `large-${index}.test`,
    path: "/",
    service: "large",
    targets: { one: 1 },
  }));
  const publication = await edge.publishShards(shops("one", [...large, ...whole]), 5, {
    average: 1_000_000,
    most: 2 ** 23,
  });
  await look(edge);
  const ask = async (index: number) => (await edge.ask(`http://large-${index}.test/`)).body;
  for (let index = 0; index < 12; index++) expect(await ask(index)).toBe("one");
  const { shards } = await edge.status();
  expect(shards?.bytes).toBeGreaterThan(MOST_KEPT / 2);
  expect(shards?.bytes).toBeLessThanOrEqual(MOST_KEPT);
  const name = shardName("large-0.test", publication);
  edge.state.reads.splice(0);
  expect(await ask(0)).toBe("one");
  expect(edge.state.reads).toEqual([name]);
});

describe("a new version in shards", () => {
  const bad: readonly [what: string, change: (edge: Edge, publication: Publication) => void, problem: RegExp][] = [
    [
      "a shard that is in use is not there",
      (edge, publication) => edge.entries.delete(shardName("shop-0.test", publication)),
      /^version 6: its shard \d+ of \d+ is not there, or not yet$/,
    ],
    [
      "a shard that is in use was tampered with",
      (edge, publication) => {
        const name = shardName("shop-0.test", publication);
        edge.entries.set(name, bytesOf(edge, name).slice().fill(1, 60).buffer);
      },
      /^version 6: its shard \d+ of \d+ is not the one that was signed$/,
    ],
    [
      "its common part is truncated",
      (edge, publication) => {
        const name = valueName(publication, publication.parts?.common ?? null);
        edge.entries.set(name, bytesOf(edge, name).slice(0, -4).buffer);
      },
      /^version 6: its table has \d+ bytes of \d+$/,
    ],
    [
      "its directory is that of another version",
      (edge, publication) => {
        const name = valueName(publication, publication.parts?.directory ?? null);
        edge.entries.set(name, bytesOf(edge, name).slice().fill(0).buffer);
      },
      /^version 6: its table is not the one that was signed$/,
    ],
  ];
  test.each(bad)("changes nothing where %s", async (_, change, problem) => {
    const edge = await serving();
    await edge.ask(url(0));
    const publication = await edge.publishShards(shops("two"), 6);
    const kept = new Map(edge.entries);
    change(edge, publication);
    await look(edge);
    expect(await edge.ask(url(0))).toMatchObject({ status: 200, body: "one", table: expect.stringMatching(/^5-/) });
    expect(await edge.status()).toMatchObject({ version: 5, problem: expect.stringMatching(problem) });
    for (const [name, value] of kept) edge.entries.set(name, value);
    await look(edge);
    expect(await edge.ask(url(0))).toMatchObject({ status: 200, body: "two", table: expect.stringMatching(/^6-/) });
    expect(await edge.status()).toMatchObject({ version: 6, problem: null });
  });

  test("in twice as many shards serves when those of all hosts in use are there", async () => {
    const edge = await followingEdge();
    const before = await edge.publishShards(shops("one"), 5, { average: 1_500 });
    await look(edge);
    const all = Array.from({ length: 30 }, (_, index) => index);
    for (const index of all) expect((await edge.ask(url(index))).body).toBe("one");
    const publication = await edge.publishShards(shops("two"), 6, { average: 750 });
    expect(publication.parts?.shards.length).toBe(2 * (before.parts?.shards.length ?? 0));
    const kept = new Map(edge.entries);
    for (const index of all) {
      const host = `shop-${index}.test`;
      if (shardNumber(host, publication) % 2 === 1) edge.entries.delete(shardName(host, publication));
    }
    await look(edge);
    expect(await edge.status()).toMatchObject({ version: 5, problem: expect.stringContaining("is not there") });
    for (const index of all) expect((await edge.ask(url(index))).body).toBe("one");
    for (const [name, value] of kept) edge.entries.set(name, value);
    await look(edge);
    edge.state.reads.splice(0);
    for (const index of all) expect((await edge.ask(url(index))).body).toBe("two");
    expect(edge.state.reads).toEqual([]);
  });

  test("in the place of a whole table serves when the shards of the hosts in use are there", async () => {
    const edge = await followingEdge();
    await edge.publish(shops("one"), 5);
    await look(edge);
    expect((await edge.ask(url(0))).body).toBe("one");
    const publication = await edge.publishShards(shops("two"), 6);
    const name = shardName("shop-0.test", publication);
    const shard = edge.entries.get(name) ?? "";
    edge.entries.delete(name);
    await look(edge);
    expect(await edge.status()).toMatchObject({ version: 5, problem: expect.stringContaining("is not there") });
    expect((await edge.ask(url(0))).body).toBe("one");
    edge.entries.set(name, shard);
    await look(edge);
    edge.state.reads.splice(0);
    expect((await edge.ask(url(0))).body).toBe("two");
    expect(edge.state.reads).toEqual([]);
  });

  test("reads six of them at a time, and says so where all take too long", async () => {
    const edge = await serving();
    for (let index = 0; index < 30; index++) await edge.ask(url(index));
    expect((await edge.status()).shards?.kept).toBeGreaterThan(12);
    await edge.publishShards(shops("two"), 6);
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
    edge.state.slow = 9_000;
    edge.state.atATime = 0;
    vi.setSystemTime(Date.now() + 1_000);
    const { behind } = await edge.send("http://nobody.example/");
    await vi.advanceTimersByTimeAsync(9_000 + TAKE_OVER);
    await behind();
    expect(edge.state.atATime).toBe(6);
    // The next look begins with the question, and ends after its answer.
    edge.state.slow = 0;
    expect(await edge.status()).toMatchObject({
      version: 5,
      problem: "version 6: its shards in use take more than 20 s",
    });
    expect((await edge.ask(url(0))).body).toBe("two");
  });

  test("that is older than the one that serves, or lacks a binding for a host that nobody asked for, is refused", async () => {
    const edge = await serving();
    await edge.publishShards(shops("two"), 4);
    await look(edge);
    expect(await edge.status()).toMatchObject({ version: 5, problem: expect.stringContaining("is older than") });
    const limited = shops("one", [{ hostname: "far.test", path: "/", service: "far", targets: { three: 1 } }]);
    await edge.publishShards(limited, 6);
    await look(edge);
    expect(await edge.status()).toMatchObject({
      version: 5,
      problem: "version 6: the worker has no binding three: deploy it with them",
    });
  });

  test("serves the hosts in use without a wait, from shards that are fetched before, and takes those over that are the same", async () => {
    const edge = await serving();
    const [other = 0] = elsewhere(edge.publication);
    for (const index of [0, other]) await edge.ask(url(index));
    // Only the host of the first shard changes.
    const publication = await edge.publishShards(
      shops("one", [{ hostname: "shop-0.test", path: "/new", service: "new", targets: { two: 1 } }]),
      6,
    );
    expect(publication.parts?.shards.length).toBe(edge.publication.parts?.shards.length);
    edge.state.reads.splice(0);
    await look(edge);
    expect(edge.state.reads.toSorted()).toEqual(
      [
        ACTIVE,
        valueName(publication, publication.parts?.common ?? null),
        valueName(publication, publication.parts?.directory ?? null),
        shardName("shop-0.test", publication),
      ].toSorted(),
    );
    edge.state.reads.splice(0);
    expect((await edge.ask(url(0, "/new"))).body).toBe("two");
    expect((await edge.ask(url(other))).table).toMatch(/^6-/);
    expect(edge.state.reads).toEqual([]);
  });

  test("answers no request in part: one that waits for a shard is answered by the version under which it came", async () => {
    const edge = await serving();
    const [other = 0] = elsewhere(edge.publication);
    let release = () => {};
    edge.state.gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = edge.ask(url(other));
    edge.state.gate = null;
    await edge.publishShards(shops("two"), 6);
    await look(edge);
    expect(await edge.ask(url(other))).toMatchObject({ body: "two", table: expect.stringMatching(/^6-/) });
    release();
    expect(await slow).toMatchObject({ body: "one", table: expect.stringMatching(/^5-/) });
  });

  test("takes the place of a whole table, and a whole table its", async () => {
    const edge = await followingEdge();
    await edge.publish(tableTo("one"), 1);
    await look(edge);
    expect((await edge.ask()).body).toBe("one");
    await edge.publishShards(shops("two"), 2);
    await look(edge);
    expect([(await edge.ask()).status, (await edge.ask(url(3))).body]).toEqual([404, "two"]);
    await edge.publish(tableTo("one"), 3);
    await look(edge);
    expect([(await edge.ask()).body, (await edge.ask(url(3))).status]).toEqual(["one", 404]);
    expect((await edge.status()).shards).toBeNull();
  });
});

describe("hosts are found in their shard", () => {
  test("however they are written: letter case, a trailing dot, a port, an international name", async () => {
    const edge = await followingEdge();
    const idn = { hostname: "xn--bcher-kva.test", path: "/", service: "books", targets: { two: 1 } };
    await edge.publishShards(shops("one", [idn]), 1);
    await look(edge);
    for (const written of ["SHOP-7.Test", "shop-7.test.", "shop-7.test:8443", "Shop-7.TEST.:80"]) {
      expect(await edge.ask(`http://${written}/`)).toMatchObject({ status: 200, body: "one" });
    }
    for (const written of ["bücher.test", "BÜCHER.test:81", "xn--bcher-kva.test."]) {
      expect(await edge.ask(`http://${written}/`)).toMatchObject({ status: 200, body: "two" });
    }
    for (const written of ["a.wild.test", "a.b.c.wild.test", "A.WILD.test."]) {
      expect(await edge.ask(`http://${written}/`)).toMatchObject({ status: 200, body: "two" });
    }
    expect((await edge.ask("http://wild.test/")).status).toBe(404);
    expect((await edge.ask("http://wild.test/open")).body).toBe("two");
  });

  test("one read for all that ask at once, none for hosts that are not there, and the status counts what is kept", async () => {
    const edge = await serving();
    const { publication } = edge;
    const others = elsewhere(publication);
    edge.state.reads.splice(0);
    const [first = 0] = others;
    await Promise.all([edge.ask(url(first)), edge.ask(url(first)), edge.ask(url(first, "/x"))]);
    expect(edge.state.reads).toEqual([shardName(`shop-${first}.test`, publication)]);
    const { shards } = await edge.status();
    expect(shards).toMatchObject({ count: publication.parts?.shards.length });
    const before = shards?.kept ?? 0;
    for (let index = 0; index < 20; index++) await edge.ask(`http://nobody-${index}.example/`);
    expect((await edge.status()).shards?.kept).toBe(before);
  });
});
