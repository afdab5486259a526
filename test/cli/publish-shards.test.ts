import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FINGERPRINT } from "../../src/table/fingerprint.ts";
import { hashHost } from "../../src/table/layout.ts";
import {
  ACTIVE,
  importKeys,
  type Publication,
  readPublication,
  signedText,
  signingInput,
  TABLE,
  valueName,
  valueNames,
} from "../../src/table/publication.ts";
import { shardOf } from "../../src/table/sharding.ts";
import { publishingEnvironment, runCli, startDev } from "../support/cli.ts";
import { closeServer, type EchoServer, listen, startEcho } from "../support/echo.ts";
import { type FakeWrangler, fakeWrangler } from "../support/fake-wrangler.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";
import { send } from "../support/request.ts";
import { WELL } from "../support/status.ts";

const CLUSTER = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { endpoint: "https://eu.example.com" }
`;
const GUARD = { "nginx.ingress.kubernetes.io/denylist-source-range": "10.0.0.0/8" };
const host = (index: number) => `tenant-${index}.example.com`;

/** Twenty hosts, of which one may be another than usual. */
function tenants(other: { readonly index: number; readonly path?: string; readonly guarded?: boolean } | null = null) {
  const all = Array.from({ length: 20 }, (_, index) => {
    const isOther = index === other?.index;
    const annotations = index === 3 || (isOther && other.guarded) ? GUARD : {};
    return ingress({
      name: `tenant-${index}`,
      host: host(index),
      path: isOther ? (other.path ?? "/") : "/",
      annotations: isOther && other.guarded === false ? {} : annotations,
    });
  });
  return documents(CLUSTER, ...all);
}

let pem = "";
let publicKey = "";

beforeAll(async () => {
  const file = join(directoryWith(), "edge.pem");
  const { stdout } = await runCli(["publish", "--new-key", file]);
  pem = readFileSync(file, "utf8");
  publicKey = stdout.trim();
});

async function run(wrangler: FakeWrangler, manifests: string, ...args: readonly string[]) {
  const [command = "", ...flags] = args;
  const input = command === "publish" ? ["-f", "in.yaml", "--zone", "example.com", "--shard-bytes", "500"] : [];
  const settle = command === "history" ? [] : ["--settle", "0s"];
  const finished = await runCli([command, ...input, "--remote", ...settle, ...flags], {
    cwd: directoryWith({ "in.yaml": manifests }),
    env: { ...wrangler.env, EDGE_INGRESS_SIGNING_KEY: pem },
  });
  expect(finished.stderr).not.toContain("bug in edge-ingress");
  return finished;
}

async function activeIn(wrangler: FakeWrangler): Promise<Publication> {
  const read = await readPublication(wrangler.entries().active?.value ?? "", await importKeys(publicKey));
  if (!read.ok) throw new Error(read.reason);
  return read.publication;
}

async function published(): Promise<FakeWrangler> {
  const wrangler = fakeWrangler();
  expect((await run(wrangler, tenants(), "publish", "--allow", "unknown")).code).toBe(0);
  return wrangler;
}

function shardName(index: number, publication: Publication): string {
  const shards = publication.parts?.shards ?? [];
  return valueName(publication, shards[shardOf(hashHost(host(index)), shards.length)] ?? null);
}

const tables = (wrangler: FakeWrangler) => Object.keys(wrangler.entries()).filter((name) => name.startsWith(TABLE));

describe("publish in shards refuses", () => {
  test.each<[string, (wrangler: FakeWrangler, name: string) => void, string]>([
    ["tampered with", (wrangler, name) => wrangler.putBytes(name, new Uint8Array(900)), "not the one that was signed"],
    ["gone", (wrangler, name) => wrangler.remove(name), "its table is not in KV"],
  ])("to compare with a shard that is %s, and goes back to none such", async (_, change, problem) => {
    const wrangler = await published();
    change(wrangler, shardName(5, await activeIn(wrangler)));
    const refused = await run(wrangler, tenants({ index: 5, path: "/cart" }), "publish");
    expect([refused.code, refused.stdout]).toEqual([3, expect.stringContaining(problem)]);
    const back = await run(wrangler, "", "rollback", "1");
    expect([back.code, back.stderr]).toEqual([2, expect.stringContaining(problem)]);
    expect((await activeIn(wrangler)).version).toBe(1);
  });

  test("nothing to a rollback for what was done to a shard of the active version alone", async () => {
    const wrangler = await published();
    const first = await activeIn(wrangler);
    expect((await run(wrangler, tenants({ index: 7, path: "/cart" }), "publish")).code).toBe(0);
    wrangler.putBytes(shardName(5, await activeIn(wrangler)), new Uint8Array(900));
    const back = await run(wrangler, "", "rollback", "1", "--allow", "unknown", "--shard-bytes", "500");
    expect([back.code, (await activeIn(wrangler)).hash]).toEqual([0, first.hash]);
  });

  test("to compare with shards that do not make the table that was signed", async () => {
    const wrangler = await published();
    const active = await activeIn(wrangler);
    const other = { ...active, hash: "0".repeat(64) };
    const name = (publication: Publication, value: string) =>
      value.replace(/^table\/[^/]+/, valueName(publication, null).replace(/\/0$/, ""));
    for (const value of tables(wrangler)) {
      wrangler.putBytes(name(other, value), Buffer.from(wrangler.entries()[value]?.value ?? "", "base64"));
    }
    const input = signingInput(other);
    wrangler.put(ACTIVE, signedText(input, sign(null, Buffer.from(input), createPrivateKey(pem))));
    const refused = await run(wrangler, tenants({ index: 5, path: "/cart" }), "publish");
    expect([refused.code, refused.stdout]).toEqual([
      3,
      expect.stringContaining("its shards do not make the table that was signed"),
    ]);
  });

  test("what takes a guard away in one of them", async () => {
    const wrangler = await published();
    const refused = await run(wrangler, tenants({ index: 3, guarded: false }), "publish");
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("refused: guard-removed")]);
    expect(refused.stdout).toMatch(/^guard-removed: GET https?:\/\/tenant-3\.example\.com\//m);
  });

  test("for an edge that is too old to read them, and a size that is none", async () => {
    const told = { version: null, hash: "", publishedAt: null, checkedAt: 0, problem: null };
    const edge = createServer((_, response) =>
      response.end(JSON.stringify({ ...WELL, published: { ...told, bindings: [], format: FINGERPRINT } })),
    );
    const url = `http://127.0.0.1:${await listen(edge)}`;
    const wrangler = fakeWrangler();
    const refused = await run(wrangler, tenants(), "publish", "--allow", "unknown", "--url", url, "--token", "t");
    await closeServer(edge);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("can't read tables in shards")]);
    expect(wrangler.entries()).toEqual({});
    expect((await run(wrangler, tenants(), "publish", "--shard-bytes", "1")).code).toBe(2);
  });
});

describe("the same manifests once more", () => {
  test.each<[string, (wrangler: FakeWrangler, active: Publication) => void, RegExp, string]>([
    [
      "a shard is gone",
      (wrangler, active) => wrangler.remove(shardName(5, active)),
      /is not in KV/,
      "table incomplete",
    ],
    [
      "a shard was tampered with",
      (wrangler, active) => wrangler.putBytes(shardName(5, active), new Uint8Array(9)),
      /is not the one that was signed/,
      "",
    ],
    [
      "the directory is gone",
      (wrangler, active) => wrangler.remove(valueName(active, active.parts?.directory ?? null)),
      /is not in KV/,
      "table incomplete",
    ],
    ["everything is gone", (wrangler) => tables(wrangler).forEach(wrangler.remove), /is not in KV/, "no table"],
  ])("write all parts anew where %s, and history tells what is not there", async (_, change, problem, state) => {
    const wrangler = await published();
    const first = await activeIn(wrangler);
    change(wrangler, first);
    const told = (await run(wrangler, "", "history")).stdout.split("\n")[1] ?? "";
    expect(told.split(/ {2,}/)[1]).toBe(state === "" ? "active" : `active, ${state}`);
    expect(JSON.parse((await run(wrangler, "", "history", "--format", "json")).stdout)).toMatchObject([
      { active: true, table: state === "" },
    ]);
    const again = await run(wrangler, tenants(), "publish");
    expect([again.code, again.stderr]).toEqual([0, expect.stringMatching(problem)]);
    expect(again.stderr).not.toContain("nothing to publish");
    const second = await activeIn(wrangler);
    expect([second.version, second.hash]).toEqual([2, first.hash]);
    expect(tables(wrangler)).toEqual(expect.arrayContaining([...valueNames(second)]));
  });

  test("put one table into other shards where that is asked for", async () => {
    const wrangler = await published();
    const again = await run(wrangler, tenants(), "publish", "--shard-bytes", "4000");
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("version 2")]);
    expect((await activeIn(wrangler)).parts?.shards.length).toBeLessThan(8);
    const same = await run(wrangler, tenants(), "publish", "--shard-bytes", "4000");
    expect([same.code, same.stderr]).toEqual([0, expect.stringContaining("there is nothing to publish")]);
  });
});

test("rollback goes back to what a version replaced of which a shard is gone", async () => {
  const wrangler = await published();
  const first = await activeIn(wrangler);
  await run(wrangler, tenants({ index: 7, path: "/cart" }), "publish");
  wrangler.remove(shardName(7, await activeIn(wrangler)));
  expect((await run(wrangler, "", "rollback")).code).toBe(3);
  const back = await run(wrangler, "", "rollback", "--allow", "unknown");
  const active = await activeIn(wrangler);
  expect([back.code, active.version, active.hash]).toEqual([0, 3, first.hash]);
});

describe("publish in shards", () => {
  test("writes them before what says that they are served, each under its own hash, and signs the list", async () => {
    const wrangler = await published();
    const publication = await activeIn(wrangler);
    const { parts } = publication;
    expect(publication.format).toBe(3);
    expect(parts?.shards.length).toBeGreaterThan(4);
    const signed = [parts?.common, parts?.directory, ...(parts?.shards ?? [])].map((part) =>
      valueName(publication, part ?? null),
    );
    expect(tables(wrangler).toSorted()).toEqual([...new Set(signed)].toSorted());
    const written = wrangler.calls().filter(({ args }) => args.includes("put"));
    expect(
      written.map(({ file }) => JSON.parse(file?.text ?? "[{}]").map(({ key }: { key: string }) => key.split("/")[0])),
    ).toEqual([signed.map(() => "table"), ["history"], ["active"]]);
    // Beside the entry's name in KV, 1,024 bytes have to do.
    const { metadata } =
      wrangler.entries()[Object.keys(wrangler.entries()).find((name) => name.startsWith("history/")) ?? ""] ?? {};
    expect(JSON.stringify(metadata).length).toBeLessThan(1_024);
  });

  test("reads the shards alone in which something changes, says what, and a rollback brings the same table back", async () => {
    const wrangler = await published();
    const first = await activeIn(wrangler);
    const again = await run(wrangler, tenants(), "publish");
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("version 1 is this table")]);
    const before = wrangler.calls().length;
    const second = await run(wrangler, tenants({ index: 7, path: "/cart" }), "publish", "-m", "carts");
    expect([second.code, second.stdout]).toEqual([0, expect.stringMatching(/removed: GET https?:\/\/tenant-7\./)]);
    expect(second.stderr).toMatch(/version 2, table [0-9a-f]{12}, \d+ bytes in \d+ shards/);
    const read = wrangler
      .calls()
      .slice(before)
      .filter(({ args }) => args[2] === "get" && args[3]?.startsWith(TABLE));
    expect(read.map(({ args }) => args[3])).toEqual([shardName(7, first)]);
    const back = await run(wrangler, "", "rollback");
    expect(back.code).toBe(0);
    const active = await activeIn(wrangler);
    expect([active.version, active.hash, active.bytes]).toEqual([3, first.hash, first.bytes]);
    // It is whole now, as its size says, and the shards of both others are kept. In shards it is another publication.
    expect(active.format).toBe(2);
    expect((await run(wrangler, tenants(), "publish")).stderr).toContain("version 4");
    const { stdout } = await run(wrangler, "", "history");
    expect(
      stdout
        .split("\n")
        .slice(1, 5)
        .map((line) => line.split(/ {2,}/).slice(0, 2)),
    ).toEqual([
      ["4", "active"],
      ["3", "-"],
      ["2", "-"],
      ["1", "-"],
    ]);
  });
});

describe("with the real wrangler and dev", () => {
  let one: EchoServer;
  beforeAll(async () => {
    one = await startEcho("one");
  });
  afterAll(() => one.close());

  test("a local edge serves a table in shards, fetches those that are asked for, and tells of them", async () => {
    const routes = (path: string) =>
      documents(
        clusterAt("one", one.port),
        ...Array.from({ length: 12 }, (_, index) =>
          ingress({ name: `t${index}`, host: `t${index}.test`, path, service: "web" }),
        ),
      );
    const cwd = directoryWith({ "first.yaml": routes("/first"), "second.yaml": routes("/second") });
    const env = publishingEnvironment(pem, publicKey);
    const dev = await startDev(["-f", "first.yaml"], { cwd, env });
    const edge = ["--url", dev.origin, "--wait", "--local", "--shard-bytes", "400"];
    const ask = async (name: string, path: string) => {
      const { status, headers } = await send({ port: dev.port, host: name, path });
      return `${status} ${headers["x-edge-table"]}`;
    };
    const done = await runCli(["publish", "-f", "second.yaml", "--against", "first.yaml", ...edge], { cwd, env });
    expect(done).toMatchObject({ code: 0, stderr: expect.stringContaining("serves version 1") });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => ask(`T${index}.test.`, "/second")));
    expect(answers).toEqual(answers.map(() => expect.stringMatching(/^200 1-/)));
    expect(await ask("t3.test", "/first")).toMatch(/^404 1-/);
    expect(await ask("nobody.test", "/second")).toMatch(/^404 1-/);
    const status = await runCli(["status", "--url", dev.origin, "--token", "hello"], { cwd, env });
    expect(status.stdout).toMatch(/version 1, [1-9]\d* of [1-9]\d* shards in memory/);
    const live = await runCli(
      ["explain", "-f", "second.yaml", "--live", dev.origin, "--token", "hello", "http://t5.test/second"],
      { cwd, env },
    );
    expect([live.code, live.stdout]).toEqual([0, expect.stringMatching(/the same rule\n$/)]);
    await dev.stop();
  });
});
