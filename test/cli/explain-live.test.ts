import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DevProcess, runCli, startDev } from "../support/cli.ts";
import { closeServer, listen } from "../support/echo.ts";
import { clusterAt, directoryWith, documents, ingress } from "../support/manifests.ts";

const TOKEN = "a-token-of-some-length";
const seen: string[] = [];
const cluster = createServer((request, response) => {
  seen.push(JSON.stringify(request.headers));
  response.end("ok");
});
let [cwd, dev]: [string, DevProcess | null] = ["", null];
let manifests = "";

beforeAll(async () => {
  manifests = documents(clusterAt("one", await listen(cluster)), ingress({ name: "first", host: "a.test" }));
  cwd = directoryWith({ "all.yaml": manifests, "other.yaml": manifests.replace("name: first", "name: second") });
  dev = await startDev(["-f", `${cwd}/all.yaml`], { env: { EDGE_INGRESS_STATUS_TOKEN: TOKEN } });
});

afterAll(async () => {
  await dev?.stop();
  await closeServer(cluster);
});

const live = (file: string, token: string, ...more: string[]) =>
  runCli(["explain", "-f", file, "--live", dev?.origin ?? "", "--token", token, ...more, "https://a.test/x?y=1"], {
    cwd,
  });

test("the same table, rule and endpoint: exit code 0; no cluster sees the token", async () => {
  const { code, stdout } = await live("all.yaml", TOKEN);
  expect({ code, stdout }).toMatchObject({
    stdout: expect.stringMatching(/\nlive {3}200, answered by ingress one .*\n.* the same rule\n$/),
  });
  expect(seen).toHaveLength(1);
  expect(seen.join()).not.toContain(TOKEN);
});

test("another rule: exit code 1, and what differs", async () => {
  const { code, stdout } = await live("other.yaml", TOKEN, "--format", "json");
  const { differences } = JSON.parse(stdout).live;
  expect({ code, differences }).toMatchObject({
    code: 1,
    differences: expect.arrayContaining([expect.stringMatching(/first, not by .*second/)]),
  });
});

test("another token: exit code 2, and a sentence that does not show it", async () => {
  const { code, stdout, stderr } = await live("all.yaml", "wrong-one");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/answered 200 and told nothing/);
  expect(stderr).not.toContain("wrong-one");
});
