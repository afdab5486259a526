import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importKeys, readPublication, valueName } from "../../src/table/publication.ts";
import { PROJECT, runCli } from "../support/cli.ts";
import { type KvApi, startKvApi } from "../support/kv-api.ts";
import { directoryWith, documents, ingress } from "../support/manifests.ts";

const CLUSTER = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { endpoint: "https://eu.example.com" }
`;

let api: KvApi;
let cwd = "";
let publicKey = "";
let env: Readonly<Record<string, string>> = {};

const key = ["--signing-key", "edge.pem"];
const input = (name: string) => [
  "publish",
  "-f",
  name,
  "--zone",
  "example.com",
  "--remote",
  "--namespace-id",
  "tables",
];

beforeAll(async () => {
  api = await startKvApi("tables");
  env = { ...api.env, PATH: `${join(PROJECT, "node_modules/.bin")}:${process.env.PATH}` };
  const route = (path: string) => documents(CLUSTER, ingress({ name: "shop", host: "shop.example.com", path }));
  cwd = directoryWith({ "one.yaml": route("/"), "two.yaml": route("/cart") });
  publicKey = (await runCli(["publish", "--new-key", "edge.pem"], { cwd })).stdout;
});

afterAll(() => api.close());

test("the real wrangler takes a table to Cloudflare's API as it is, and reads it back", async () => {
  const first = await runCli([...input("one.yaml"), ...key, "--allow", "unknown", "--settle", "0s"], { cwd, env });
  expect(first).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("published in the KV namespace tables: version 1"),
  });
  const second = await runCli([...input("two.yaml"), ...key, "--dry-run"], { cwd, env });
  expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining("removed: GET") });
  expect(second.stderr).toContain("would be version 2");
  const read = await readPublication(`${api.values.get("active")}`, await importKeys(publicKey));
  if (!read.ok) throw new Error(read.reason);
  const piece = valueName(read.publication, null);
  const table = api.values.get(piece) ?? Buffer.alloc(0);
  expect(createHash("sha256").update(table).digest("hex")).toBe(read.publication.hash);
  const written = api.requests.filter((request) => request.startsWith("PUT"));
  expect(written.map((request) => decodeURIComponent(request))).toEqual([
    `PUT values/${piece}`,
    "PUT bulk",
    "PUT bulk",
  ]);
});

test("and a table in shards, all at once and after what tells of them, and reads that back", async () => {
  api.requests.splice(0);
  const third = await runCli([...input("two.yaml"), ...key, "--shard-bytes", "300", "--settle", "0s"], { cwd, env });
  expect(third).toMatchObject({ code: 0, stderr: expect.stringMatching(/version 2, .* bytes in \d+ shards/) });
  expect(api.requests.filter((request) => request.startsWith("PUT"))).toEqual(["PUT bulk", "PUT bulk", "PUT bulk"]);
  const sharded = await readPublication(`${api.values.get("active")}`, await importKeys(publicKey));
  const publication = sharded.ok ? sharded.publication : null;
  for (const part of publication?.parts?.shards ?? [null]) {
    const value = api.values.get(publication === null ? "" : valueName(publication, part)) ?? Buffer.alloc(0);
    expect(createHash("sha256").update(value).digest("hex")).toBe(part?.hash);
  }
  const back = await runCli([...input("one.yaml"), ...key, "--dry-run"], { cwd, env });
  expect([back.code, back.stdout]).toEqual([0, expect.stringMatching(/added: GET|re-targeted|removed: GET/)]);
});
